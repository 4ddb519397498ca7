"""The README shows what the committed records say."""

import pytest

from pasta_lib import paths
from pasta_lib.study import reporting
from pasta_lib.study.reporting.exhibit import STALE

README = (paths.ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def aside(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "FIGURES", tmp_path)


def rows(text: str) -> list[list[str]]:
    lines = (line for line in text.splitlines() if line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def section(title: str) -> str:
    _, found, rest = README.partition(f"## {title}\n")
    assert found, f"the README has no section {title!r}"
    return rest.partition("\n## ")[0]


def test_the_replicas_scores_are_those_of_its_records():
    table = rows(reporting.overview("replica").markdown().replace(STALE, ""))
    shown = rows(section("What the replica shows"))
    assert shown[: len(table)] == table


def test_the_replicas_verdicts_are_those_of_its_records():
    table = rows(reporting.verdicts("replica").markdown())
    shown = rows(section("What the replica shows"))
    start = shown.index(["claim", *table[0][1:4]])
    quoted = shown[start + 2 :]
    assert len(quoted) >= 5
    for row in quoted:
        assert row in [line[:4] for line in table]
