"""How often the rule is wrong, and how often it decides, where the truth is known."""

import pytest
import simulation
from scipy.stats import beta

from pasta_lib import paths

pytestmark = pytest.mark.slow
BEST = (5, 0.4, 1_500)  # seeds, spread over them, rows: where the rule should be able to decide


@pytest.fixture(scope="module")
def one():
    return dict(simulation.scores())


@pytest.fixture(scope="module")
def most():
    return dict(simulation.most_tasks())


def limit(share: float) -> float:
    """The upper end of the 95 % interval of a share of the draws (Clopper & Pearson, 1934)."""
    hits = round(share * simulation.DRAWS)
    return beta.ppf(0.975, hits + 1, simulation.DRAWS - hits)


def test_a_false_decision_on_one_task_is_rare(one):
    tried = 0
    for (name, truth, *setting), shares in one.items():
        line = -simulation.MARGIN if name == "at least as good" else 0.0
        if truth <= line:
            tried += 1
            assert limit(shares.supported) <= 0.05, (name, truth, setting)
        if truth >= line:
            tried += 1
            assert limit(shares.contradicted) <= 0.05, (name, truth, setting)
    assert tried > 100


@pytest.mark.parametrize("name", simulation.RULES)
def test_four_points_are_seen_where_seeds_and_rows_allow_it(one, name):
    assert one[name, 4 * simulation.MARGIN, *BEST].supported >= 0.8


def test_most_tasks_are_falsely_decided_seldom_even_if_some_truly_are(most):
    for (truth, seeds), shares in most.items():
        wins = sum(points > 0 for points in simulation.MOST[truth][1])
        losses = sum(points < 0 for points in simulation.MOST[truth][1])
        if wins <= 2:
            assert limit(shares.supported) <= 0.05, (truth, seeds)
        if losses <= 2:
            assert limit(shares.contradicted) <= 0.05, (truth, seeds)


@pytest.mark.parametrize("seeds", simulation.SEEDS)
def test_most_tasks_are_seen_to_be_won_where_seeds_and_rows_allow_it(most, seeds):
    assert most["+4 on all, each of 1,500 rows, spread 0.4", seeds].supported >= 0.8


def test_the_rule_before_decided_ties_like_a_coin(one, most):
    ties = [s for (name, truth, *_), s in one.items() if name == "outperforms" and truth == 0]
    assert min(shares.old for shares in ties) > 0.4
    assert most["0 on three, +20 on two", 3].old > 0.8


def test_the_note_shows_these_shares(one, most):
    note = (paths.ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8").splitlines()
    first, *lines = simulation.table(one, most)
    start = note.index(first)
    shown = note[start + 1 : start + 1 + len(lines)]
    for ours, theirs in zip(lines, shown, strict=True):
        assert _words(ours) == _words(theirs)
        # another processor adds in another order: a draw on the edge may fall the other way
        assert _numbers(ours) == pytest.approx(_numbers(theirs), abs=0.5)


def _words(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")][1:3]


def _numbers(line: str) -> list[float]:
    """The ends of each span; one without a width is written once."""
    found = []
    for cell in line.split("|")[3:]:
        ends = [float(word) for word in cell.split() if word[0].isdigit()]
        found += ends * 2 if len(ends) == 1 else ends
    return found
