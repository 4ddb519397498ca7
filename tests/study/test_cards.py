"""The claims as cards: outcome, number, dots that lead to records, and text that stays text."""

import re
from html.parser import HTMLParser

import pytest
from records import heads, train

from pasta_lib.study import reporting
from pasta_lib.study.claims import CLAIMS
from pasta_lib.study.reporting import cards, contents, page
from pasta_lib.study.reporting.exhibit import Cell, Table

NORMS = [[0.1, 0.2], [0.2, 0.3]]


@pytest.fixture
def study(quick_store):
    """PASTA 5 points under full fine-tuning on two tasks, level with it on a third."""
    gaps = {"rte": 0.05, "cola": 0.05, "sst2": 0.0}
    for task, gap in gaps.items():
        for seed, luck in enumerate((0, 0.01, 0.02)):
            train(quick_store, task, "full", 0.80 + luck, seed)
            train(quick_store, task, "pasta", 0.80 - gap + luck, seed, norms=NORMS)
    heads(quick_store, vertical=5)
    return quick_store


def card(claim: str) -> cards.Card:
    return next(card for card in cards.cards("quick") if card.claim.id == claim)


def test_every_claim_has_one_card_in_their_order():
    assert [card.claim.id for card in cards.cards("nothing")] == [claim.id for claim in CLAIMS]


def test_a_line_says_the_mean_over_its_tasks_with_its_interval(study):
    (line,) = card("pasta-full").ran
    assert re.match(r"−3\.3 points over 3 tasks \(95 %: −10\.5 to \+3\.8\)", line.number)
    assert line.outcome == line.kind == "inconclusive"


def test_dots_are_tasks_and_only_exact_ties_are_hollow(study):
    (line,) = card("pasta-full").ran
    dots = line.strip.dots
    assert [dot.tie for dot in dots] == [("SST-2" in dot.says) for dot in dots]
    assert sum(dot.tie for dot in dots) == 1
    keys = {f"r-{record['key'][:12]}" for record in study.records("train")}
    assert {dot.record for dot in dots} <= keys


def test_places_on_the_strip_keep_the_numbers_order(study):
    strip = card("pasta-full").ran[0].strip
    low, mean, high = strip.mean
    (bound,) = strip.bounds  # -1: between the mean, -3.3, and the upper end, +3.8
    assert 0 <= low < mean < bound < high <= cards.WIDTH


def test_a_count_has_no_interval_and_says_what_was_counted(study):
    (line,) = card("vertical-share").ran
    assert line.strip.mean is None and "5 of" in line.number


def test_a_claim_without_runs_says_so_on_its_card(drawn_report):
    folder, _ = drawn_report(False)
    text = (folder / "report.html").read_text(encoding="utf-8")
    found = re.search(r'id="claim-pasta-full".*?</article>', text, re.DOTALL).group()
    assert "not run" in found and "<svg" not in found


def test_every_section_and_headline_names_claims_that_exist():
    known = {claim.id for claim in CLAIMS}
    assert {claim for claim, _ in page.HEADLINES.values()} <= known
    assert {section.answer for section in contents.SECTIONS} <= known
    assert {claim.needs for claim in CLAIMS} <= {s.notebook for s in contents.SECTIONS}


class Scripts(HTMLParser):
    """How many scripts a page has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.count = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.count += tag == "script"


def test_text_of_users_and_data_stays_text(quick_store):
    evil = "<script>alert(1)</script>"
    for seed in range(2):
        train(quick_store, "rte", "pasta", 0.8, seed, source=evil, norms=NORMS)
        train(quick_store, "rte", "full", 0.9, seed, source=evil)
        train(
            quick_store, "rte", "aot-fc", 0.7, seed, fields={"rank": 8}, top_tokens=[[[evil, 2.0]]]
        )
    heads(quick_store, vertical=5, sentence=evil)
    text = reporting.report("quick").read_text(encoding="utf-8")
    assert Scripts(text).count == 0
    assert "&lt;script&gt;" in text
    table = Table.of(evil, evil, evil, [Cell(evil, evil, evil, note=evil).printed(evil)])
    assert Scripts(table.html()).count == 0
