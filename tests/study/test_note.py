"""The verdicts that `docs/verdicts.md` shows were worked out by hand: the code has to agree."""

import pytest

from pasta_lib import paths
from pasta_lib.study import claims
from pasta_lib.study.reporting import frames

NOTE = (paths.ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
HEAD = "| claim | the old rule said | estimate | low | high | outcome |"


@pytest.fixture(scope="module")
def judged():
    return claims.judge_all(claims.CLAIMS, frames.evidence("replica"))


def of(judged, name):
    """Return the verdict on what it was worked out for: MiniLM's few epochs, or a paper's own."""
    (verdict,) = (
        verdict
        for verdict in judged
        if verdict.claim.id == name
        if verdict.backbone != "mpnet" and not verdict.setting.endswith("to the end")
    )
    return verdict


def test_eight_verdicts_are_those_worked_out_by_hand(judged):
    lines = NOTE[NOTE.index(HEAD) :].split("\n\n")[0].splitlines()[2:]
    assert len(lines) == 8
    for line in lines:
        name, _, *numbers, outcome = (cell.strip() for cell in line.strip("|").split("|"))
        verdict = of(judged, name)
        assert verdict.outcome == outcome
        for shown, found in zip(
            numbers, (verdict.estimate, verdict.low, verdict.high), strict=True
        ):
            digits = len(shown.partition(".")[2])
            assert float(shown.replace("−", "-")) == pytest.approx(found, abs=0.5 * 10**-digits)


@pytest.mark.parametrize(
    "name, ratios",
    [("pasta-p-tuning-v2-parameters", (20.0, 20.0)), ("pasta-bitfit-parameters", (3.69, 5.54))],
)
def test_counts_are_taken_on_the_papers_backbone(judged, name, ratios):
    verdict = of(judged, name)
    assert (verdict.outcome, verdict.own) == (claims.SUPPORTED, True)
    assert (verdict.low, verdict.high) == pytest.approx(ratios, abs=0.005)


@pytest.mark.parametrize("name", ["p-tuning-v2-prefix", "fc-ranks", "aot-assignments"])
def test_a_search_of_one_seed_is_not_judged(judged, name):
    verdict = of(judged, name)
    assert verdict.outcome == claims.NOT_JUDGED
    assert verdict.reason.startswith("only a search was run (")


def test_the_papers_own_backbone_and_a_transfer_stand_apart(judged):
    for verdict in judged:
        assert verdict.own == (verdict.backbone in verdict.claim.on)
        if verdict.backbone == "minilm":
            assert not verdict.own
