"""The papers' numbers: true to themselves, and to a second reading of the papers' text."""

import re
import shutil
import unicodedata
from collections.abc import Iterator
from itertools import accumulate, pairwise

import pandas as pd
import pytest

from pasta_lib.errors import InputError
from pasta_lib.paths import ROOT
from pasta_lib.study import published
from pasta_lib.study.reporting import legend

PAPERS = ROOT.parent / "shared" / "papers"
needs_papers = pytest.mark.skipif(
    not PAPERS.is_dir(), reason="the papers' text is not in ../shared/papers"
)
SCORES = ["accuracy", "matthews", "f1", "entity_f1", "pearson", "spearman"]
SCORES += ["accuracy_f1", "accuracy_macro_f1", "pearson_spearman", "mean"]


@pytest.fixture(scope="module")
def numbers() -> pd.DataFrame:
    return published.load()


def of(frame: pd.DataFrame, paper: str, *tables: str) -> pd.DataFrame:
    return frame[(frame["paper"] == paper) & frame["table"].isin(tables)]


# The files against themselves


def test_every_number_has_one_place(numbers):
    place = ["paper", "table", "backbone", "row", "column", "part"]
    assert not numbers.duplicated(place).any()


def test_value_and_spread_are_the_numbers_printed(numbers):
    scale = {"": 1, "M": 1e6, "B": 1e9}
    cells = numbers.groupby(["paper", "table", "backbone", "row", "column", "printed"], sort=False)
    for (*_, printed), parts in cells:
        stated = parts[["value", "spread"]].stack().dropna().tolist()
        digits = printed.translate(str.maketrans("✓✗", "10"))
        found = re.findall(r"(\d+(?:\.\d+)?(?:e-\d)?)([MB]?)", digits)
        assert not stated or stated == [float(n) * scale[unit] for n, unit in found], printed


def test_names_are_the_librarys_own(numbers):
    for column, known in (("method", legend.METHODS), ("task", legend.TASKS)):
        assert set(" ".join(numbers[column]).split()) <= set(known)
    scored = numbers[numbers["table"].isin(["T2", "T3", "T4", "T5"]) & (numbers["split"] != "")]
    assert set(scored["metric"]) <= set(SCORES)


def test_metrics_are_those_the_papers_name(numbers):
    expected = {
        ("pasta", "T2"): {"mrpc": "f1", "qqp": "f1", "stsb": "spearman", "cola": "matthews"},
        ("pasta", "T3"): {"mrpc": "accuracy", "qqp": "accuracy", "stsb": "pearson"},
        ("aot", "T2"): {"mrpc": "accuracy_f1", "stsb": "pearson_spearman", "sst2": "accuracy"},
        ("aot", "T3"): {"cb": "accuracy_macro_f1", "multirc": "accuracy_f1", "wsc": "accuracy"},
    }
    for (paper, table), metrics in expected.items():
        scored = of(numbers, paper, table)
        for task, metric in metrics.items():
            assert set(scored[scored["task"] == task]["metric"]) == {metric}


def test_every_printed_mean_is_the_mean_of_its_row(numbers):
    scores = numbers[numbers["metric"].isin(SCORES) & (numbers["part"] != "mm")]
    means = 0
    for _, row in scores.groupby(["paper", "table", "backbone", "method"]):
        printed = row[(row["metric"] == "mean") & (row["table"] != "text")]["value"]
        for mean in printed:
            assert row[row["metric"] != "mean"]["value"].mean() == pytest.approx(mean, abs=0.0501)
            means += 1
    assert means == 6 + 3 + 4 + 16 + 16


def test_table_2_as_read_agrees_with_table_3_on_rte(numbers):
    large = published.as_read(numbers[numbers["backbone"] == "roberta-large"])
    scores = {
        table: of(large, "aot", table).query("task == @task").set_index("method")["printed"]
        for table, task in (("T2", "rte"), ("T3", "superglue-rte"))
    }
    assert scores["T2"].to_dict() == scores["T3"].to_dict()
    printed = {"backbone": "roberta-large", "method": "adapter"}
    assert published.cell(of(large, "aot", "T2"), task="cola", **printed)["value"] == 67.2
    assert published.cell(of(numbers, "aot", "T2"), task="cola", **printed)["value"] == 87.7


def test_a_cell_is_found_by_our_names_or_refused_in_a_sentence(numbers):
    place = {"paper": "aot", "table": "T3", "backbone": "roberta-large", "method": "aot-fc"}
    found = published.cell(numbers, **place, task="wsc")
    assert (found["value"], found["spread"], found["mark"]) == (79.8, 4.1, "bold")
    with pytest.raises(InputError, match="unknown published task 'wcs': did you mean 'wsc'"):
        published.cell(numbers, **place, task="wcs")
    with pytest.raises(InputError, match="8 published numbers have paper 'aot'"):
        published.cell(numbers, **place)


def lines(change):
    return lambda text: "".join(change(text.splitlines(keepends=True)))


HARM = [
    (lambda text: text.replace(",value,", ",valu,", 1), "its columns are not paper table row"),
    (lambda text: text.replace("value,spread", "spread,value", 1), "its columns are not paper"),
    (lambda text: text.replace(",note", "", 1), "its columns are not paper"),
    (lambda text: text[:-40], "row 241 has 1"),
    (lines(lambda rows: rows[:-1]), "it has 240 rows, of 241."),
    (lines(lambda rows: [*rows[:9], rows[9][:20] + "\n", *rows[10:]]), "row 9 has 4 cells."),
    (lines(lambda rows: [*rows[:9], rows[9].rstrip() + ",z\n", *rows[10:]]), "row 9 has 18 cells."),
    (lines(lambda rows: [*rows, rows[-1]]), "it has 242 rows, of 241."),
    (lines(lambda rows: rows[:1]), "it has 0 rows, of 241."),
    (lambda text: "", "its columns are not paper"),
    (lambda text: text + '"a', "is not whole: unexpected end of data."),
    (lambda text: text.encode() + b"\xe9", "is not whole: 'utf-8' codec can't decode"),
    (lambda text: text.replace(",90.6,90.6,", ",90.6,9O.6,", 1), "value is '9O.6', not a number."),
    (lambda text: text.replace(",90.6,90.6,", ",90.6,nan,", 1), "value is 'nan', not a number."),
    (lambda text: text.replace(",90.6,90.6,", ",90.6,inf,", 1), "value is 'inf', not a number."),
    (
        lambda text: text.replace(",90.6,90.6,", ',90.6,"90,6",', 1),
        "value is '90,6', not a number.",
    ),
]


@pytest.mark.parametrize(("harm", "said"), HARM)
def test_a_file_that_is_not_whole_is_refused(harm, said, tmp_path, monkeypatch):
    shutil.copytree(published.PUBLISHED, tmp_path / "published")
    monkeypatch.setattr(published, "PUBLISHED", tmp_path / "published")
    file = tmp_path / "published" / "pasta.csv"
    before, harmed = file.read_text(), harm(file.read_text())
    assert harmed != before
    file.write_bytes(harmed if isinstance(harmed, bytes) else harmed.encode())
    with pytest.raises(InputError) as refused:
        published.load()
    assert str(refused.value).startswith(str(file)) and said in str(refused.value)


def test_tokens_that_are_not_whole_are_refused(tmp_path, monkeypatch):
    shutil.copytree(published.PUBLISHED, tmp_path / "published")
    monkeypatch.setattr(published, "PUBLISHED", tmp_path / "published")
    file = tmp_path / "published" / "tokens.csv"
    file.write_text(file.read_text().replace("aot,T7,wsc,0,1,", "aot,T7,wsc,0,I,", 1))
    with pytest.raises(InputError, match="tokens.csv, row 1: rank is 'I', not a number"):
        published.tokens()


def test_token_lists_are_ranked_from_one():
    lists = published.tokens().groupby(["table", "layer"], sort=False)
    assert len(lists) == 21
    for place, tokens in lists:
        length = 48 if place in {("T8", 10), ("T9", 37)} else 50
        assert tokens["rank"].tolist() == list(range(1, length + 1))


# The files against the papers' text


def pasta_text() -> str:
    # The text is UTF-8 that was once read as Mac Roman; undone, ligatures become plain letters.
    text = (PAPERS / "pasta_2210.04382.txt").read_text(encoding="utf-8")
    return unicodedata.normalize("NFKC", text.encode("mac_roman").decode("utf-8"))


def aot_text() -> str:
    return (PAPERS / "aot_p_tuning.txt").read_text(encoding="utf-8")


def pasta_lines(number: int) -> tuple[str, list[str]]:
    """Return the heading and the lines of a table, which stand above its caption."""
    lines = pasta_text().splitlines()
    end = next(i for i, line in enumerate(lines) if line.startswith(f"Table {number}:"))
    headings = ("# Param", "%Param", "CoLA RTE", "RTE CoLA")
    start = max(i for i in range(end) if lines[i].startswith(headings))
    return lines[start], lines[start + 1 : end]


def pasta_cells(number: int) -> Iterator[tuple[str, str, str]]:
    """Yield (row, column, printed) for each cell of PASTA's Tables 2 to 6."""
    heading, lines = pasta_lines(number)
    columns = heading.split()
    cell = r"\d[\d.]*(?:e-\d|×\d)?%?(?:-[\d.]+%|/ ?[\d.-]+)?"
    for line in lines:
        line = re.sub(r"(?<=[a-z])[yz](?= ?[\d.]+%)", "", line, flags=re.I)  # † and ‡
        if line.startswith("Batch size"):
            line = re.sub(r"(16|32|64) ?(\d)\b", r"\1×\2", line)
        row = re.fullmatch(rf"(.+?) ?({cell}(?: {cell}){{{len(columns) - 1}}})", line)
        if row:
            cells = re.findall(cell, row[2])
            yield from ((row[1], *pair) for pair in zip(columns, cells, strict=True))


def aot_lines(number: int) -> list[list[str]]:
    """Return the lines of a table, cut at tabs: the block above its caption."""
    block = next(
        above
        for above, caption in pairwise(aot_text().split("\n\n"))
        if caption.startswith(f"Table {number}:")
    )
    return [line.split("\t") for line in block.splitlines()]


def aot_scores(number: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield (backbone, row, column, marked up cell) for each cell of AoT's Tables 1 to 3."""
    backbone = ""
    for name, *cells in aot_lines(number):
        if not any(cells):
            backbone = name.lower()
        elif name in ("", "Model", "Method"):
            columns = cells
        else:
            filled = [pair for pair in zip(columns, cells, strict=True) if pair[0]]
            yield from ((backbone, name, *pair) for pair in filled)


def aot_ranges() -> Iterator[tuple[str, str, str]]:
    """Yield (section and row, side, list) for each range of AoT's Table 5, two tables abreast."""
    sections = ["", ""]
    for left, left_range, right, right_range in aot_lines(5)[1:]:
        sides = ((left, left_range, "RoBERTa (left)"), (right, right_range, "DeBERTa (right)"))
        for i, (name, listed, side) in enumerate(sides):
            if listed:
                yield f"{sections[i]}: {name.replace('$', '')}", side, listed
            else:
                sections[i] = name


def printed(frame: pd.DataFrame, *columns: str) -> list[tuple[str, ...]]:
    """Return the cells as printed, in a settled order; a cell of two numbers once."""
    return sorted(frame[list(columns)].drop_duplicates().itertuples(index=False, name=None))


@needs_papers
def test_pasta_table_1_is_what_the_text_says(numbers):
    rows = [re.fullmatch(r"(.+?) ?(O\(.+\)|-) ([37])", line) for line in pasta_lines(1)[1]]
    read = [(row[1], "# Param", row[2]) for row in rows]
    read += [(r[1], "Parameter Consistency", {"3": "✓", "7": "✗"}[r[3]]) for r in rows]
    assert printed(of(numbers, "pasta", "T1"), "row", "column", "printed") == sorted(read)


@needs_papers
@pytest.mark.parametrize(("table", "cells"), [(2, 60), (3, 30), (4, 25), (5, 40), (6, 54)])
def test_pasta_tables_are_what_the_text_says(numbers, table, cells):
    read = sorted(pasta_cells(table))
    assert printed(of(numbers, "pasta", f"T{table}"), "row", "column", "printed") == read
    assert len(read) == cells


@needs_papers
@pytest.mark.parametrize("table", [2, 3])
def test_pasta_metrics_are_those_under_the_heading(numbers, table):
    known = {"acc.": "accuracy", "mcc.": "matthews"}
    heading, (names, *_) = pasta_lines(table)
    metrics = [known.get(name, name.lower()) for name in names.split()]
    read = dict(zip(heading.split()[1:-1], metrics, strict=True))
    scored = of(numbers, "pasta", f"T{table}").query("task != ''")
    assert dict(printed(scored, "column", "metric")) == read


@needs_papers
@pytest.mark.parametrize(("table", "cells"), [(1, 21), (2, 144), (3, 128)])
def test_aot_scores_and_their_marks_are_what_the_text_says(numbers, table, cells):
    marks = {"<b>": "bold", "<u>": "underline"}
    read = sorted(
        (*place, re.sub(r"</?[bu]>", "", shown), marks.get(shown[:3], ""))
        for *place, shown in aot_scores(table)
    )
    columns = ("backbone", "row", "column", "printed", "mark")
    assert printed(of(numbers, "aot", f"T{table}"), *columns) == read
    assert len(read) == cells


@needs_papers
def test_aot_metrics_are_what_the_text_says(numbers):
    fraction = r"\$\\frac\{\\text\{(\w+)\}\+\\text\{(\w+)\}\}\{2\}\$"
    sides = ("Metric (left)", "Metric (right)")
    read = [
        (line[2 * i], side, re.sub(fraction, r"(\1+\2)/2", line[2 * i + 1]))
        for line in aot_lines(4)[1:]
        for i, side in enumerate(sides)
        if line[2 * i]
    ]
    assert printed(of(numbers, "aot", "T4"), "row", "column", "printed") == sorted(read)


@needs_papers
def test_aot_ranges_are_what_the_text_says(numbers):
    read = sorted(aot_ranges())
    assert printed(of(numbers, "aot", "T5"), "row", "column", "printed") == read


@needs_papers
def test_aot_epochs_and_patience_are_what_the_text_says(numbers):
    (_, *suites), (_, *columns), *rows = aot_lines(6)
    suites = accumulate(suites, lambda left, name: name or left)
    places = [f"{suite}: {column}" for suite, column in zip(suites, columns, strict=True)]
    read = [(name, *pair) for name, *cells in rows for pair in zip(places, cells, strict=True)]
    assert printed(of(numbers, "aot", "T6"), "row", "column", "printed") == sorted(read)


@needs_papers
@pytest.mark.parametrize("table", [7, 8, 9])
def test_token_lists_are_what_the_text_says(table):
    ours = published.tokens().query(f"table == 'T{table}'").groupby("layer")["token"].agg(list)
    read = {
        int(layer): [token.strip() for token in listed.split(", ")]
        for layer, listed in aot_lines(table)[1:]
    }
    assert ours.to_dict() == read


@needs_papers
def test_numbers_in_the_text_stand_in_their_sentences(numbers):
    aot = re.sub(r"\$|\\mathbf\{(\w)\}", r"\1", aot_text())
    pasta = re.sub(r"(?<=[a-z])-\n", "", pasta_text()).replace("-\n", "-")
    flat = {
        name: re.sub(r"\s+", " ", text).replace(" ,", ",").replace(" .", ".")
        for name, text in (("aot", aot), ("pasta", pasta))
    }
    for number in numbers[numbers["table"] == "text"].itertuples():
        assert number.quote in flat[number.paper], number.quote
        shown, said = (set(re.findall(r"\d[\d.]*", t)) for t in (number.printed, number.quote))
        assert shown <= said, number.quote
