"""Reporting: a number of ours has its records, a printed one is as printed, the rest says so."""

import base64
import gzip
import html
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image
from records import GLUE, count, heads, heads_corpus, train, vocabulary
from refusing import full_disk

from pasta_lib import paths
from pasta_lib.changes import SCORES
from pasta_lib.errors import DiskError
from pasta_lib.study import origin, published, reporting, words
from pasta_lib.study.reporting import frames, legend

TOKENS = [[["her", 2.0], ["##ed", 1.5]], [["him", 1.0], [",", 0.5]]]
SHARES = [1, 1, 0.95, 0.9, 0.6, 0.5, 0.49, 0]
EPOCHS = [{"epoch": e, "loss": 1 / e, "gradient_norm": 1.0, "metrics": {}} for e in (1, 2)]
NORMS = [[0.1, 0.2, 0.3], [0.2, 0.3, 0.4]]


@pytest.fixture
def study(quick_store):
    """Two seeds of two methods on RTE, one of NER, and a count of heads."""
    for seed, score in enumerate((0.70, 0.80)):
        train(quick_store, "rte", "pasta", score, seed, norms=NORMS)
        train(quick_store, "rte", "full", score + 0.1, seed)
    train(quick_store, "rte", "aot-fc", 0.75, top_tokens=TOKENS)
    train(quick_store, "conll2003", "pasta", 0.9, norms=NORMS)
    heads(quick_store, vertical=5)
    heads_corpus(quick_store, SHARES, counts=(2, 3, 4, 3))
    vocabulary(quick_store, {"pronouns": 1, "verbs": 3}, words.edition())
    vocabulary(quick_store, {"pronouns": 4}, "another way of counting")
    return quick_store


def cell(table: reporting.exhibit.Table, row: str, column: str, block: str = "MiniLM") -> pd.Series:
    cells = table.cells
    found = cells[
        cells["block"].str.startswith(block) & (cells["row"] == row) & (cells["column"] == column)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_a_cell_is_the_median_and_deviation_over_seeds_with_their_records(study):
    shown = cell(reporting.comparison("quick", "pasta", "T2"), "PASTA", "RTE")
    assert shown["shown"] == "75.0 ± 7.1"  # the sample deviation of 70 and 80
    assert (shown["seeds"], shown["configurations"]) == (2, 1)
    keys = {r["key"] for r in study.records("train") if r["config"]["method"] == "pasta"}
    assert set(shown["records"].split()) < keys and len(shown["records"].split()) == 2


def test_the_paper_stands_beside_as_printed(study):
    table = reporting.comparison("quick", "aot", "T2")
    assert (
        cell(table, "Adapters", "CoLA", "AoT, as printed: RoBERTa-large")["shown"] == "87.7 ± 18.5"
    )
    assert table.notes, "the permuted cells carry a note"


@pytest.mark.parametrize("paper, table", [("pasta", "T2"), ("pasta", "T5"), ("aot", "T2")])
def test_every_printed_cell_is_shown(study, paper, table):
    shown = reporting.comparison("quick", paper, table).cells
    frame = published.load()
    frame = frame[(frame["paper"] == paper) & (frame["table"] == table)]
    assert sorted(shown.loc[shown["origin"] == "paper", "shown"]) == sorted(
        frame.drop_duplicates(["backbone", "row", "column"])["printed"]
    )


def test_difference_is_ours_minus_theirs(study):
    table = reporting.difference("quick", "pasta", "T2")
    assert cell(table, "PASTA", "RTE")["shown"] == "+4.2"  # 75.0 − 70.8
    assert cell(table, "BitFit", "RTE")["shown"] == "not run"


def test_a_mean_needs_every_task(study):
    assert cell(reporting.comparison("quick", "pasta", "T2"), "PASTA", "Avg.")["shown"] == "not run"


def test_ner_reports_both_splits_and_the_papers_three_bars(study):
    table = reporting.ner("quick")
    assert cell(table, "PASTA", "validation")["shown"] == "90.0"
    assert cell(table, "PASTA", "test")["shown"] == "80.0"
    paper = table.cells[table.cells["origin"] == "paper"].set_index("row")["shown"].to_dict()
    assert paper == {"Full fine-tuning": "92.8", "P-Tuning v2": "90.2", "PASTA": "90.8"}


def test_rows_read_stand_apart_from_rows_used(study):
    table = reporting.data("quick", "glue")
    shown = {c: cell(table, "RTE", c)["shown"] for c in table.cells["column"].unique()}
    assert list(shown.values()) == ["2,490", "400", "277", "200", "50.0", "accuracy"]


def test_lost_words_stand_with_the_rows_of_ner(study):
    column = "words without a token; cut off"
    assert cell(reporting.data("quick", "ner"), "CoNLL2003", column)["shown"] == "2; 5"
    train(study, "conll2003", "pasta", 0.9, source="folder", notes={"lost_words": 53})
    table = reporting.data("quick", "ner")
    shown = cell(table, "CoNLL2003", column, "MiniLM, real")["shown"]
    assert shown == "53 together, not scored"


def test_scores_of_two_sources_are_never_mixed(study):
    train(study, "rte", "pasta", 0.1, source="folder")
    table = reporting.comparison("quick", "pasta", "T2")
    assert cell(table, "PASTA", "RTE", "MiniLM, sample")["shown"] == "75.0 ± 7.1"
    assert cell(table, "PASTA", "RTE", "MiniLM, real")["shown"] == "10.0"


def test_vertical_heads_are_summed_by_layer(study):
    table = reporting.vertical_heads("quick")
    assert [cell(table, f"layer {i}", "vertical")["shown"] for i in (1, 2, 3)] == ["4", "1", "0"]
    assert cell(table, "all layers", "share")["shown"] == "41.7 %"
    assert cell(table, "all layers", "vertical", "PASTA")["shown"] == "112"


def test_heads_over_many_texts_stand_beside_the_papers_sentence(study):
    table = reporting.vertical_heads_corpus("quick")
    columns = ("texts", "heads", "on ≥ 50 %", "on ≥ 90 %", "on all", "vertical per text")
    shown = [cell(table, "RTE, sample tasks", column)["shown"] for column in columns]
    assert shown == ["4", "8", "6", "4", "2", "3.0"]
    assert cell(table, "RTE, sample tasks", "fewest to most")["shown"] == "2 to 4"
    sentence = "“Fred watered the plants flat.”"
    assert [cell(table, sentence, c)["shown"] for c in ("texts", columns[-1])] == ["1", "5"]


def test_a_measurement_that_failed_has_no_number(quick_store):
    where = {"backbone": "minilm", "task": "cola", "source": "sample"}
    quick_store.write("heads-corpus", where, status="failed", error="no", provenance={})
    assert "not run" in reporting.vertical_heads_corpus("quick").markdown()
    assert reporting.head_shares("quick").svg


def test_top_tokens_stand_over_the_papers(study):
    table = reporting.top_tokens("quick", "rte")
    assert cell(table, "layer 1", "tokens with the largest norm")["shown"] == "him, ,"
    printed = cell(table, "layer 0", "tokens with the largest norm", "AoT")["shown"]
    assert printed.startswith("gression, rium, History")


def test_kinds_of_tokens_are_counted_by_layer_and_against_chance(study):
    table = reporting.word_classes("quick", "rte")
    shown = {
        (row, column): cell(table, row, column, "MiniLM, sample")["shown"]
        for row in ("layer 0", "layer 1", "all layers")
        for column in ("pronouns", "digits, signs", "pieces, unknown")
    }
    layers = [["50 %", "0 %", "50 %"], ["50 %", "50 %", "0 %"], ["50 %", "25 %", "25 %"]]
    assert list(shown.values()) == sum(layers, [])
    chance = cell(table, "whole vocabulary", "pronouns", "MiniLM: what chance")
    assert chance["shown"] == "25.0 %"


@pytest.mark.parametrize("task", ["wsc", "copa", "rte"])
def test_every_printed_token_has_a_kind(study, task):
    cells = reporting.word_classes("quick", task).cells
    printed = cells[cells["origin"] == "paper"].astype({"value": float})
    assert printed["block"].str.startswith("AoT, its printed tokens counted").all()
    assert printed.groupby("row")["value"].sum().to_numpy() == pytest.approx(100)
    assert set(printed["column"]) == set(words.CLASSES)


def test_a_table_that_the_papers_text_lacks_says_so(study):
    lacking = "The text of the paper does not hold its table."
    assert lacking in reporting.top_tokens("quick", "cb").caption
    assert lacking not in reporting.top_tokens("quick", "rte").caption


def test_scores_along_a_rank_take_the_best_of_the_rest(quick_store):
    for rank, lr, score in ((8, 1e-3, 0.5), (8, 1e-2, 0.6), (64, 1e-3, 0.7)):
        train(quick_store, "rte", "aot-fc", score, lr=lr, fields={"rank": rank})
    table = reporting.along("quick", "size").cells
    assert dict(zip(table["column"], table["shown"], strict=True)) == {"8": "60.0", "64": "70.0"}
    table = reporting.along("quick", "lr").cells
    assert dict(zip(table["column"], table["shown"], strict=True)) == {
        "1e-3": "70.0",
        "1e-2": "60.0",
    }


def test_what_picking_on_the_reported_rows_gains_stands_under_the_other_half(study):
    cells = reporting.halves("quick").cells
    # the other half is 20 points under what the papers' way reports, in every record of the study
    half, gain = cells[(cells["row"] == "PASTA") & (cells["column"] == "RTE")].itertuples()
    assert (half.block, half.shown) == ("MiniLM, sample tasks", "55.0 ± 7.1")
    assert gain.block.startswith("MiniLM, sample tasks: picked and reported on all rows")
    assert (gain.shown, gain.records) == ("+20.0", half.records)


def test_mnli_stands_with_its_mismatched_rows_as_printed(quick_store):
    for seed, mismatched in enumerate((0.70, 0.72)):
        held = {"validation_mismatched": {"accuracy": mismatched}}
        train(quick_store, "mnli", "full", 0.80, seed, held_out=held)
    both = cell(reporting.comparison("quick", "pasta", "T2"), "Full fine-tuning", "MNLI(m/mm)")
    assert (both["shown"], both["value"]) == ("80.0 ± 0.0 / 71.0 ± 1.4", 80)
    overall = cell(
        reporting.comparison("quick", "pasta", "T3"), "Full fine-tuning", "MNLI(overall)"
    )
    assert overall["shown"] == "75.5 ± 0.7"  # of 75 and 76
    alone = cell(reporting.comparison("quick", "aot", "T2"), "Full fine-tuning", "MNLI")
    assert alone["shown"] == "80.0 ± 0.0"


def test_without_mismatched_rows_mnli_says_so(quick_store):
    train(quick_store, "mnli", "full", 0.8)
    for number, column in (("T2", "MNLI(m/mm)"), ("T3", "MNLI(overall)")):
        found = cell(reporting.comparison("quick", "pasta", number), "Full fine-tuning", column)
        assert (found["shown"], found["note"]) == ("80.0", "of the matched rows alone")


def test_the_best_dev_score_is_in_the_columns_metric(quick_store):
    """Runs that selected by the mean of two metrics; PASTA's Table 6 prints one of them."""
    scores = {"pearson_spearman": 0.85, "pearson": 0.9, "spearman": 0.8}
    train(quick_store, "stsb", "pasta", 0.85, metrics=scores, norms=NORMS)
    table = reporting.hyperparameters("quick")
    assert cell(table, "Best dev performance", "STS-B")["shown"] == "80.0"
    assert cell(table, "Learning rate", "STS-B")["shown"] == "1e-3"
    assert "STS-B: Spearman corr." in table.caption


def test_ner_bars_are_labelled_with_what_is_trained(quick_store, monkeypatch):
    train(quick_store, "conll2003", "pasta", 0.9, norms=NORMS)
    table = reporting.ner("quick")
    assert cell(table, "PASTA", "%Param")["shown"] == "1%"
    axes = axes_of(monkeypatch, lambda: reporting.dots("quick", table, sizes=True))
    labels = [label.get_text() for label in axes[0].get_yticklabels()]
    assert labels == ["Full fine-tuning", "P-Tuning v2", "PASTA (1%)", "Classifier only"]


def test_what_the_papers_count_stands_beside_our_counts(quick_store):
    count(quick_store, "pasta-shared", 0.0073, "bert-large")
    count(quick_store, "pasta-shared", 0.0084, "bert-base")
    count(quick_store, "aot-naive", 300, "roberta-large")
    cells = reporting.statements("quick", "pasta", "§1", "02_parameter_counts").cells
    (shared,) = cells[
        cells["row"].str.contains("one shared") & (cells["origin"] == "ours")
    ].itertuples()
    assert shared.shown == "BERT-base 0.0084 %; BERT-large 0.0073 %"
    cells = reporting.statements("quick", "aot", "§3.3", "02_parameter_counts").cells
    ours = cells[cells["origin"] == "ours"].set_index("row")["shown"]
    (number,) = (shown for row, shown in ours.items() if row.startswith("parameters of all biases"))
    (size,) = (shown for row, shown in ours.items() if "half precision" in row)
    assert size == f"{2e-9 * int(number.replace(',', '')):.2f} GB"


def test_rte_stands_under_either_of_its_names(quick_store):
    train(quick_store, "superglue-rte", "aot-fc", 0.7, top_tokens=TOKENS)
    column = "tokens with the largest norm"
    assert cell(reporting.top_tokens("quick", "rte"), "layer 1", column)["shown"] == "him, ,"
    other = [[["one", 1.0]], [["two", 1.0]]]
    train(quick_store, "rte", "aot-fc", 0.7, top_tokens=other)
    assert cell(reporting.top_tokens("quick", "rte"), "layer 1", column)["shown"] == "two"
    assert cell(reporting.word_classes("quick", "rte"), "layer 0", "pronouns")["shown"] == "0 %"


def test_scores_of_a_search_are_named_as_such_with_its_cap_and_seeds(quick_store):
    for lr, cap in ((1e-3, 100), (1e-2, 100)):
        train(quick_store, "rte", "aot-fc", 0.5, lr=lr, max_steps=cap, fields={"rank": 8})
        train(quick_store, "cola", "aot-fc", 0.5, lr=lr, max_steps=300, fields={"rank": 8})
    table, picture = reporting.along("quick", "lr"), reporting.score_lines("quick", "lr")
    for shown in (table, picture):
        assert shown.title.startswith("Scores by learning rate in a search")
        assert "1 seed, stopped after 100 to 300 steps." in shown.caption
    for seed in (0, 1):  # trained to their end, and more of them than the search tried
        for lr in (1e-4, 1e-3, 1e-2):
            for task in ("rte", "cola"):
                train(quick_store, task, "aot-fc", 0.5, seed, lr=lr, fields={"rank": 8})
    table = reporting.along("quick", "lr")
    assert table.heading == "Scores by learning rate (profile quick)"
    assert "2 seeds, none stopped early." in table.caption


def test_scores_by_size_stand_beside_full_fine_tunings(quick_store):
    for rank, score in ((8, 0.6), (64, 0.7)):
        train(quick_store, "rte", "aot-fc", score, fields={"rank": rank})
    for lr, score in ((1e-5, 0.8), (1e-4, 0.9)):
        train(quick_store, "rte", "full", score, lr=lr)
        train(quick_store, "cola", "full", score, lr=lr)  # where nothing has a size
    table = reporting.along("quick", "size")
    assert cell(table, "Full fine-tuning", "any", "RTE")["shown"] == "90.0"
    assert not table.cells["block"].str.startswith("CoLA").any()


@pytest.mark.parametrize(
    "method, count, names",
    [
        ("pasta", 2, ["[CLS]", "[SEP]"]),
        ("pasta", 4, ["[CLS]", "[SEP] 1", "[SEP] 2", "[SEP] 3"]),
        ("pasta-no-cls", 1, ["[SEP]"]),
        ("pasta-no-cls", 2, ["[SEP] 1", "[SEP] 2"]),
        ("pasta-no-sep", 1, ["[CLS]"]),
        ("pasta-shared", 1, ["all of them"]),
        ("pasta-random", 2, ["random 1", "random 2"]),
    ],
)
def test_vectors_stand_under_the_names_of_what_they_are_added_to(quick_store, method, count, names):
    norms = [[0.1 * (i + 1) for i in range(count)]] * 2
    train(quick_store, "rte", method, 0.7, norms=norms)
    assert list(reporting.norms("quick", method).cells["column"]) == names * 2
    assert reporting.norm_maps("quick", method).svg


def axes_of(monkeypatch, draw):
    """The axes that a figure was drawn with."""
    drawn = []
    made = reporting.figures.Picture.drawn

    def spy(name, title, caption, figure):
        drawn.extend(figure.axes)
        return made(name, title, caption, figure)

    monkeypatch.setattr(reporting.figures.Picture, "drawn", spy)
    draw()
    return drawn


def test_every_seed_is_a_dot_and_no_bar_leaves_a_metrics_range(quick_store, monkeypatch):
    for seed, score in enumerate((0.1, 0.98, 0.99)):
        train(quick_store, "rte", "aot-fc", score, seed)
    table = reporting.comparison("quick", "aot", "T2")
    axes = axes_of(monkeypatch, lambda: reporting.dots("quick", table))
    (rte,) = (ax for ax in axes if ax.get_title(loc="left") == "RTE")
    ours = [sorted(line.get_xdata()) for line in rte.lines if len(line.get_xdata()) == 3]
    assert ours == [pytest.approx([10, 98, 99])]
    # as printed, LoRA on RoBERTa-large has 87.2 ± 18.7 here, and P-Tuning v1 on base 60.3 ± 2.4
    bars = [x for bar in rte.collections for part in bar.get_segments() for x, _ in part]
    assert max(bars) == 100 and min(bars) == pytest.approx(60.3 - 2.4)


@pytest.mark.parametrize("backbones", [5, 9])
def test_more_backbones_than_shapes_are_all_drawn(backbones, quick_store, monkeypatch):
    train(quick_store, "rte", "aot-fc", 0.7)
    table = reporting.comparison("quick", "aot", "T2")
    ours = table.cells["origin"].eq("ours") & table.cells["value"].notna()
    blocks = [table.cells[ours].assign(block=f"encoder {i}") for i in range(backbones)]
    many = replace(table, cells=pd.concat([table.cells[~ours], *blocks]))
    alone, all_of_them = (
        len(bars_of_rte(axes_of(monkeypatch, lambda shown=shown: reporting.dots("quick", shown))))
        for shown in (table, many)
    )
    assert alone > 0 and all_of_them == alone + backbones - 1


def bars_of_rte(axes):
    (rte,) = (ax for ax in axes if ax.get_title(loc="left") == "RTE")
    return rte.containers


def test_each_map_of_norms_has_its_own_scale(quick_store, monkeypatch):
    for task, norms in (("rte", [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]), ("stsb", [[5, 6, 7]] * 2)):
        train(quick_store, task, "pasta", 0.7, norms=norms)
    axes = axes_of(monkeypatch, lambda: reporting.norm_maps("quick"))
    maps = {ax.get_title(loc="left"): ax.collections[0] for ax in axes if ax.get_title(loc="left")}
    assert maps["RTE"].get_clim() == (0.1, 0.6) and maps["STS-B"].get_clim() == (5, 7)


def test_a_figure_of_stale_numbers_says_so(quick_store):
    train(quick_store, "rte", "pasta", 0.7, norms=NORMS, made={"scores": SCORES - 1})
    stale = "† Some numbers are stale: "
    table = reporting.comparison("quick", "pasta", "T2")
    pictures = [reporting.dots("quick", table), reporting.norm_maps("quick")]
    pictures.append(reporting.training_lines("quick", "loss"))
    assert all(stale in picture.caption for picture in pictures)


def test_expected_validation_counts_assignments_not_seeds(quick_store):
    for lr, scores in ((1e-3, (0.2, 0.4)), (1e-2, (0.5, 0.5))):
        for seed, score in enumerate(scores):
            train(quick_store, "rte", "aot-fc", score, seed, lr=lr)
    table = reporting.expected_validation("quick").cells
    # two assignments, 0.3 and 0.5: one draw gives 0.4, the better of two draws 0.45
    assert dict(zip(table["column"], table["shown"], strict=True)) == {
        "n = 1": "40.0",
        "n = 2": "45.0",
    }


def test_a_chosen_task_or_method_is_shown_alone(study):
    assert set(reporting.norms("quick").cells["block"].str.partition(":")[0]) == {
        "RTE",
        "CoNLL2003",
    }
    chosen = reporting.norms("quick", tasks=["rte"]).cells
    assert set(chosen["block"]) == {"RTE: MiniLM, sample tasks"}
    for method in ("aot-fc", "lora"):
        for lr in (1e-3, 1e-2):
            train(study, "rte", method, lr, lr=lr)
    chosen = reporting.expected_validation("quick", ["rte", "cola"], ["lora"]).cells
    assert set(chosen["row"]) == {"LoRA"}


def test_records_of_other_data_are_marked_stale(study):
    for seed in (0, 1):
        train(study, "cola", "full", 0.5, seed, made={"data": f"v{seed}", "ended": str(seed)})
    table = reporting.overview("quick")
    assert cell(table, "Full fine-tuning", "RTE")["shown"] == "85.0 ± 7.1"
    assert cell(table, "Full fine-tuning", "CoLA")["shown"] == "50.0 ± 0.0†"
    assert "† stale" in table.caption
    assert "†" not in reporting.ner("quick").markdown()


def stale(profile: str = "quick") -> dict[str, bool]:
    return {record["key"]: record["stale"] for record in frames.records(profile)}


def test_what_was_trained_before_scores_moved_is_stale_and_no_other_kind(study, monkeypatch):
    assert not any(stale().values())
    monkeypatch.setattr(frames, "SCORES", SCORES + 1)
    new = train(study, "rte", "full", 0.5, 7, made={"scores": SCORES + 1})["key"]
    trained = {record["key"] for record in study.records("train")}
    assert {key for key, old in stale().items() if old} == trained - {new}


@pytest.mark.parametrize(("today", "old"), [(1, False), (2, True)])
def test_a_record_that_names_no_scores_is_of_the_first(quick_store, monkeypatch, today, old):
    monkeypatch.setattr(frames, "SCORES", today)
    record = train(quick_store, "rte", "full", 0.5)
    made = {name: value for name, value in record["provenance"].items() if name != "scores"}
    quick_store.write("train", record["config"], result=record["result"], provenance=made)
    assert stale() == {record["key"]: old}


@pytest.mark.parametrize("profile", ["replica", "sample", "speed"])
def test_nothing_that_the_repository_holds_is_of_other_data_or_weights(profile, monkeypatch):
    monkeypatch.setattr(frames, "SCORES", 1)
    frames._read.cache_clear()
    assert len(stale(profile)) > 10 and not any(stale(profile).values())
    frames._read.cache_clear()


def test_another_stream_or_text_of_the_code_makes_nothing_stale(quick_store):
    for seed, made in enumerate(({"bits": 7}, {"code": "older"}, {"commit": "older"})):
        train(quick_store, "rte", "full", 0.5, seed, made=made)
    assert not any(stale().values())


@pytest.mark.parametrize("name", ["data", "weights"])
def test_a_new_form_of_a_fingerprint_keeps_the_old_one_as_an_alias(quick_store, name):
    keys = [
        train(quick_store, "rte", "full", 0.5, seed, made={name: forms, "ended": str(seed)})["key"]
        for seed, forms in enumerate(("old", ["new", "old"], "other", ["newer", "new", "old"]))
    ]
    assert stale() == dict(zip(keys, (False, False, True, False), strict=True))


def test_a_failure_says_nothing_of_todays_data(quick_store):
    sound = train(quick_store, "rte", "full", 0.5)
    later = dict.fromkeys(("data", "weights")) | {"ended": "2"}
    failed = train(quick_store, "rte", "full", 0, seed=1, status="failed", made=later)
    made = {name: value for name, value in failed["provenance"].items() if value is not None}
    quick_store.write("train", failed["config"], status="failed", error="no", provenance=made)
    assert not stale()[sound["key"]]


def test_a_mark_follows_its_number_into_differences_halves_and_claims(quick_store):
    methods = {"pasta": {"norms": NORMS}, "classifier": {}, "full": {}}
    for seed in range(3):  # as many as a claim needs
        for method, found in methods.items():
            train(quick_store, "rte", method, 0.7 + seed / 100, seed, **found)
    other = {"data": "other", "ended": "0"}
    old = {
        train(quick_store, "cola", method, 0.5 + seed / 100, seed, made=other, **methods[method])[
            "key"
        ]
        for method in ("pasta", "classifier")
        for seed in range(3)
    }
    for seed in range(3):
        train(quick_store, "cola", "full", 0.6 + seed / 100, seed)
    table = reporting.difference("quick", "pasta", "T2")
    shown = [cell(table, "PASTA", task)["shown"] for task in ("RTE", "CoLA")]
    assert [text.endswith("†") for text in shown] == [False, True]
    for table in (reporting.halves("quick"), reporting.verdicts("quick")):
        ours = table.cells[table.cells["origin"] == "ours"]
        of_old = ours["records"].map(lambda keys: bool(old & set(keys.split())))
        assert set(of_old) == {True, False}
        assert list(ours["shown"].str.endswith("†")) == list(of_old)
        assert "† stale" in table.caption


def test_a_table_that_mixes_precisions_marks_what_fp32_computed(quick_store):
    half = {"precision": "bf16", "source": "folder"}
    for seed in (0, 1):
        train(quick_store, "rte", "full", 0.8, seed, **half)  # of before: it says not in what
        train(quick_store, "rte", "pasta", 0.7, seed, **half, made={"precision": "bf16"})
    assert "‡" not in reporting.overview("quick").markdown()
    fp32 = {"precision": "fp32"}
    train(quick_store, "rte", "bitfit", 0.6, **half, made=fp32)
    train(quick_store, "cola", "bitfit", 0.6, **half, made=fp32)
    train(quick_store, "cola", "pasta", 0.6, 0, **half, made={"precision": "bf16"})
    train(quick_store, "cola", "pasta", 0.6, 1, **half, made=fp32)
    table = reporting.overview("quick")
    shown = {row: cell(table, row, "RTE")["shown"] for row in ("PASTA", "BitFit", "Majority class")}
    assert shown == {"PASTA": "70.0 ± 0.0", "BitFit": "60.0‡", "Majority class": "50.0"}
    assert cell(table, "PASTA", "CoLA")["shown"] == "60.0 ± 0.0‡"  # one of its seeds
    assert "‡ computed in fp32, wholly or in part; all else in bf16." in table.caption
    gaps = reporting.difference("quick", "pasta", "T2")
    assert cell(gaps, "PASTA", "RTE")["shown"] == "−0.8"  # of 70.8
    assert cell(gaps, "BitFit", "RTE")["shown"].endswith("‡")
    used = cell(reporting.environment("quick"), "precision", "these records", "Made with")
    assert set(used["shown"].split("; ")) == {"bf16 (5)", "fp32 (3)"}


def test_a_table_all_in_fp32_marks_nothing(study):
    train(study, "rte", "bitfit", 0.6, precision="bf16", made={"precision": "fp32"})
    assert "‡" not in reporting.overview("quick").markdown()


def test_files_say_what_the_table_says(study):
    table = reporting.comparison("quick", "pasta", "T4", "06_ablation")
    folder = paths.figures("quick")
    written = pd.read_csv(folder / "pasta_table4.csv", keep_default_na=False)
    assert list(written["shown"]) == list(table.cells["shown"])
    text = (folder / "pasta_table4.md").read_text()
    assert text == table.markdown()
    assert "not run" in text and "./run_all.sh replica --data DIR --only 06_ablation" in text


def test_the_peak_of_a_step_is_what_it_keeps_its_gradients_and_its_state(quick_store):
    step = {"kept": 50e6, "gradients": 4e6, "state": 8e6, "adapter": 4e6}
    costs = {"full": step | {"seconds": 0.4}, "lora": step | {"seconds": 0.1}}
    config = {"backbone": "minilm", "precision": "fp32", "batch_size": 16, "length": 64}
    quick_store.write(
        "training-cost",
        config | {"machine": "some processor"},
        result={"costs": costs},
        provenance=origin.provenance(),
    )
    table = reporting.costs("quick")
    assert {c: cell(table, "LoRA", c)["shown"] for c in table.cells["column"].unique()} == {
        "ms per step": "100",
        "over full": "0.25",
        "peak, MB": "62.00",
        "kept for backward, MB": "50.00",
        "gradients, MB": "4.00",
        "optimiser state, MB": "8.00",
        "adapter, MB": "4.00",
    }


def test_counts_stand_in_the_order_of_methods_whatever_their_keys(quick_store):
    for backbone in ("roberta-large", "bert-large"):
        for method in ("lora", "pasta", "full"):
            count(quick_store, method, 0.5, backbone)
    cells = reporting.parameter_counts("quick").cells
    ours = cells[cells["origin"] == "ours"].drop_duplicates(["block", "row"])
    assert list(ours["row"]) == 2 * ["Full fine-tuning", "PASTA", "LoRA"]
    assert list(ours["block"].unique()) == ["BERT-large", "RoBERTa-large"]


def test_a_macro_score_along_ranks_needs_every_task_of_its_benchmark(quick_store):
    for task in GLUE:
        for rank, score in ((8, 0.5), (64, 0.7)):
            train(quick_store, task, "aot-fc", score, fields={"rank": rank})
    table = reporting.macro_along("quick")
    assert set(table.cells["block"]) == {"GLUE: MiniLM, sample tasks"}
    assert list(table.cells["shown"]) == ["50.0", "70.0"]
    assert all(len(keys.split()) == len(GLUE) for keys in table.cells["records"])
    train(quick_store, "rte", "aot-fc", 0.9, fields={"rank": 512})
    assert reporting.macro_along("quick").cells.equals(table.cells)


def test_every_method_has_its_own_colour_and_label():
    labels, colours = legend.METHODS.values(), legend.COLOURS.values()
    assert len(set(labels)) == len(set(colours)) == len(legend.METHODS) == len(legend.COLOURS)


def test_a_learning_rate_is_written_as_the_papers_write_it():
    assert [legend.rate(lr) for lr in (4.5e-3, 0.005, 1e-4)] == ["4.5e-3", "5e-3", "1e-4"]


def test_the_map_marks_the_vertical_heads_in_orange_and_keeps_its_caption(quick_store):
    maps = np.full((3, 4, 5, 5), 0.2)
    frame = pd.DataFrame(heads(quick_store, vertical=5)["result"]["heads"])
    picture = reporting.head_map("quick", "minilm", "A sentence.", maps, frame)
    vertical, other = (
        re.findall(f"stroke: {c}", picture.svg.decode()) for c in ("#d55e00", "#b0b0b0")
    )
    assert (len(vertical), len(other)) == (5, 7)
    assert "5 of 12 heads" in picture.caption
    assert reporting.exhibit.Picture.saved("quick", "pasta_figure5") == picture


def test_a_figure_drawn_twice_is_the_same_file(study):
    table = reporting.comparison("quick", "pasta", "T4", "06_ablation")
    assert reporting.dots("quick", table) == reporting.dots("quick", table)


def test_a_figure_is_the_file_that_matplotlib_alone_would_save(study, monkeypatch):
    table = reporting.comparison("quick", "pasta", "T4", "06_ablation")
    draw = (lambda: reporting.dots("quick", table), lambda: reporting.norm_maps("quick"))
    ours = [one() for one in draw]
    monkeypatch.setattr(reporting.figures, "_Figure", Figure)
    assert [one() for one in draw] == ours


def test_records_are_read_again_as_soon_as_one_changes(quick_store):
    train(quick_store, "rte", "pasta", 0.5)
    assert list(frames.training("quick")["method"]) == ["pasta"]
    train(quick_store, "rte", "full", 0.5)
    assert sorted(frames.training("quick")["method"]) == ["full", "pasta"]
    train(quick_store, "rte", "full", 0.0, status="failed")
    assert sorted(frames.training("quick")["status"]) == ["done", "failed"]


@pytest.mark.parametrize("draw", [reporting.norm_maps, reporting.macro_lines])
def test_a_figure_of_nothing_says_so(quick_store, draw):
    assert b"<!-- not run -->" in draw("quick").svg


def drawn_width(name: str) -> float:
    with Image.open(paths.figures("quick") / f"{name}.png") as image:
        return image.width / image.info["dpi"][0]


def test_a_figure_is_one_column_wide(study):
    reporting.norm_maps("quick")
    assert drawn_width("pasta_figure4") == pytest.approx(3.3, abs=0.01)


@pytest.mark.parametrize(
    "tasks, inches",
    [(("rte", "cola", "mrpc"), 3.3), (("rte", "cola", "stsb", "mrpc", "sst2"), 6.6)],
)
def test_many_panels_take_the_page_in_the_order_of_the_papers(quick_store, tasks, inches):
    for task in reversed(tasks):
        train(quick_store, task, "pasta", 0.7, curve=EPOCHS)
        train(quick_store, task, "full", 0.7, curve=EPOCHS)
    picture = reporting.training_lines("quick", "loss")
    assert drawn_width("training_loss") == pytest.approx(inches, abs=0.01)
    assert f"--inches: {inches}" in picture.html()
    shown = re.findall("<!-- (.+?) -->", picture.svg.decode())
    names = [legend.TASKS[task] for task in tasks]
    assert [text for text in shown if text in names] == names
    assert shown.index("Full fine-tuning") < shown.index("PASTA")
    # one setting is named once where the heading has room, by each panel where it has not
    assert sum("MiniLM, sample tasks" in text for text in shown) == (3 if inches == 3.3 else 1)


def test_an_attention_view_stands_alone(quick_store):
    tokens = ["[CLS]", "</script>", "[SEP]"]
    view = reporting.attention_view("quick", tokens, np.full((2, 3, 3, 3), 1 / 3), "model")
    page = (paths.figures("quick") / "attention_model_view.html").read_text()
    assert page == view.page
    assert not re.search(r"<(script|link)[^>]*(src|href)=", page)
    assert "require.config" not in page and "cdnjs" not in page
    assert page.count("</script>") == 4
    assert f'srcdoc="{html.escape(page)}"' in view.html()


def test_an_attention_view_of_a_long_text_keeps_both_ends_and_says_so(quick_store):
    tokens, most = [f"t{i}" for i in range(140)], 100
    view = reporting.attention_view("quick", tokens, np.full((1, 2, 140, 140), 1 / 140), "head")
    assert "40 tokens in the middle are left out" in view.title
    packed = re.search(r'atob\("([^"]*)"', view.page).group(1)
    grades = np.frombuffer(gzip.decompress(base64.b64decode(packed)), np.uint8)
    assert grades.reshape(1, 2, most, most).max() == round(255 / 140)
    named = json.loads(re.search(r"const parameters = (.*);", view.page).group(1))["attention"][0]
    assert named["left_text"] == [*tokens[:50], *tokens[90:]]


def test_training_curves_are_means_over_the_seeds_that_still_trained(quick_store):
    for seed, losses in enumerate(([0.7, 0.5], [0.5])):
        curve = [
            {"epoch": epoch, "loss": loss, "gradient_norm": 2 * loss, "metrics": {}}
            for epoch, loss in enumerate(losses, 1)
        ]
        train(quick_store, "rte", "pasta", 0.7, seed, curve=curve)
    frame = frames.curves("quick").set_index("epoch")
    assert frame["loss"].to_dict() == pytest.approx({1: 0.6, 2: 0.5})
    assert frame["gradient_norm"].to_dict() == pytest.approx({1: 1.2, 2: 1.0})


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_a_damaged_picture_counts_as_none(study, share):
    picture = reporting.head_shares("quick")
    saved = reporting.exhibit.Picture.saved
    assert saved("quick", picture.name) == picture
    png = paths.figures("quick") / f"{picture.name}.png"
    png.write_bytes(picture.png[: int(share * len(picture.png))])
    assert saved("quick", picture.name) is None
    (paths.figures("quick") / f"{picture.name}.svg").unlink()
    assert saved("quick", picture.name) is None


def test_on_a_full_disk_the_earlier_table_and_picture_stay(study):
    table, picture = reporting.overview("quick"), reporting.head_shares("quick")
    folder = paths.figures("quick")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    for shown in (table, picture):
        with full_disk(100), pytest.raises(DiskError, match=f"cannot write {folder}/{shown.name}"):
            shown.write("quick")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
