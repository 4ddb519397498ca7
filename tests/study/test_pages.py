"""README and docs say what the records say; links lead somewhere, commands are understood."""

import re
import shlex

import pytest

import pasta_lib as pl
from pasta_lib import paths
from pasta_lib.study import cli
from pasta_lib.study.claims import NOT_JUDGED
from pasta_lib.study.claims.verdict import INCONCLUSIVE
from pasta_lib.study.reporting import cards, distance, prose

PAGES = prose.pages()
README = PAGES[0].read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def aside(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "FIGURES", tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_numbers_are_those_of_the_records(page):
    text = page.read_text(encoding="utf-8")
    assert prose.filled(text) == text, "run `make readme`"


def test_a_number_that_is_not_the_records_would_be_seen():
    changed = README.replace("59.2 ± 0.4", "59.3 ± 0.4")
    assert changed != README and prose.filled(changed) == README


def test_every_block_stands_on_a_page_and_has_rows():
    shown = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name, block in prose.BLOCKS.items():
        assert f"<!-- from the records: {name} -->" in shown
        assert len(block().splitlines()) >= 5


def test_what_the_readme_says_of_the_findings_holds():
    # "none is decided"; "surely stays below full fine-tuning", and the claim is open
    found = {card.claim.id: card for card in cards.cards(prose.PROFILE)}
    outcomes = {line.verdict.outcome for name in prose.FINDINGS for line in found[name].ran}
    assert outcomes == {INCONCLUSIVE, NOT_JUDGED}
    shares = [p for p in distance.points(prose.PROFILE) if p.method == "pasta" and p.records]
    assert shares and all(point.high < 1 for point in shares)


def test_the_readme_is_short_and_its_commands_come_first():
    lines = README.splitlines()
    assert len(lines) <= 150
    assert any(line.startswith("./run_all.sh") for line in lines[:30])
    prose_lines = [line for line in lines if not line.startswith(("|", "!["))]
    assert max(map(len, prose_lines)) <= 120


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def commands() -> list[str]:
    """Every command of the study in a shell block, without comments and what the shell sets."""
    blocks = [
        block
        for page in PAGES
        for block in re.findall("```bash\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ]
    lines = re.findall(
        r"^\s*(?:[A-Z_]+=\S+ )*((?:\./run_all\.sh|\.venv/bin/python -m pasta_lib)\b[^#\n]*)",
        "\n".join(blocks).replace("\\\n", " "),
        re.MULTILINE,
    )
    return sorted({line.strip() for line in lines})


@pytest.mark.parametrize("command", commands())
def test_commands_are_understood(command, tmp_path, capsys):
    (tmp_path / "glue").mkdir()
    words = shlex.split(command.replace("DIR", str(tmp_path)).replace("$SLURM_ARRAY_TASK_ID", "3"))
    if words[0] == "./run_all.sh":
        assert cli.main(["check", *words[1:]]) == 0, capsys.readouterr().err
    else:
        assert cli._parse(words[3:])


BLOCKS = [
    pytest.param(page, block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall("```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    )
]


@pytest.mark.slow
@pytest.mark.parametrize("page, block", BLOCKS)
def test_every_block_of_python_runs_as_it_stands(page, block, tmp_path, monkeypatch):
    monkeypatch.setattr("pasta_lib.methods.METHODS", dict(pl.METHODS))  # one of them registers
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(paths.ROOT / "data")
    for rows in re.findall("```csv\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for name in ("train.csv", "dev.csv"):
            (tmp_path / name).write_text(rows)
    block = block.replace("epochs=20", "epochs=1, max_steps=2, train_rows=16, eval_rows=16")
    exec(compile(block, page.name, "exec"), {"__name__": page.stem})


def test_there_are_commands_and_blocks():
    assert len(BLOCKS) > 7
    assert len(commands()) > 15
