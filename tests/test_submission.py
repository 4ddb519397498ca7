"""Submission files: names, headers, label words and indices as the benchmarks want them."""

import json
import zipfile

import pytest
from layouts import write
from refusing import blocked

from pasta_lib import paths
from pasta_lib.errors import DiskError
from pasta_lib.tasks import load_task, write_submission

MULTIRC = {"questions": [{"idx": 0, "answers": [{"idx": 0, "label": 1}, {"idx": 1, "label": 0}]}]}
EXPECTED = [
    ("cola", "test", ["unacceptable"], "CoLA.tsv", "0"),
    ("sst2", "test", ["positive"], "SST-2.tsv", "1"),
    ("mrpc", "test", ["equivalent"], "MRPC.tsv", "1"),
    ("stsb", "test", [2.34567], "STS-B.tsv", "2.346"),
    ("stsb", "test", [-0.2], "STS-B.tsv", "0.000"),
    ("stsb", "test", [5.4], "STS-B.tsv", "5.000"),
    ("qqp", "test", ["not_duplicate"], "QQP.tsv", "0"),
    ("mnli", "test", ["contradiction"], "MNLI-m.tsv", "contradiction"),
    ("mnli", "test_mismatched", ["neutral"], "MNLI-mm.tsv", "neutral"),
    ("qnli", "test", ["not_entailment"], "QNLI.tsv", "not_entailment"),
    ("rte", "test", ["entailment"], "RTE.tsv", "entailment"),
    ("boolq", "test", ["True"], "BoolQ.jsonl", {"idx": 0, "label": "true"}),
    ("cb", "test", ["neutral"], "CB.jsonl", {"idx": 0, "label": "neutral"}),
    ("copa", "test", ["choice2"], "COPA.jsonl", {"idx": 0, "label": 1}),
    ("multirc", "test", ["True", "False"], "MultiRC.jsonl", {"idx": 0, "passage": MULTIRC}),
    ("superglue-rte", "test", ["entailment"], "RTE.jsonl", {"idx": 0, "label": "entailment"}),
    ("wic", "test", ["False"], "WiC.jsonl", {"idx": 0, "label": "false"}),
    ("wsc", "test", ["True"], "WSC.jsonl", {"idx": 0, "label": "True"}),
]


@pytest.mark.parametrize(("name", "split", "predictions", "file", "row"), EXPECTED)
def test_each_task_has_its_official_file(name, split, predictions, file, row, tmp_path):
    write(name, tmp_path / "data")
    task = load_task(name, tmp_path / "data")
    path = write_submission(task, predictions, tmp_path / "out", split)
    assert path == tmp_path / "out" / file
    if file.endswith(".tsv"):
        assert path.read_text() == f"index\tprediction\n0\t{row}\n"
    else:
        assert [json.loads(line) for line in path.read_text().splitlines()] == [row]


def test_the_index_is_the_test_files_own(tmp_path):
    folder = write("sst2", tmp_path / "data")
    (folder / "test.tsv").write_text("index\tsentence\n7\tdull\n3\tbright\n")
    task = load_task("sst2", tmp_path / "data")
    path = write_submission(task, ["negative", "positive"], tmp_path)
    assert path.read_text() == "index\tprediction\n7\t0\n3\t1\n"


def test_a_zip_beside_holds_all_files_of_the_suite_and_no_other(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.tsv").write_text("mine")
    for name in ("rte", "sst2", "copa"):
        write(name, tmp_path / "data")
        task = load_task(name, tmp_path / "data")
        write_submission(task, [task.labels[0]], tmp_path / "out")
    for suite, files in {"glue": ["RTE.tsv", "SST-2.tsv"], "superglue": ["COPA.jsonl"]}.items():
        with zipfile.ZipFile(tmp_path / "out" / f"{suite}.zip") as archive:
            assert archive.namelist() == files
            for file in files:
                assert archive.read(file) == (tmp_path / "out" / file).read_bytes()
    assert not list((tmp_path / "out").glob("*.tmp"))


def test_predictions_that_are_refused_are_kept_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    write("mrpc", tmp_path / "data")
    task, out = load_task("mrpc", tmp_path / "data"), blocked(tmp_path / "out")
    with pytest.raises(
        DiskError, match=f"^cannot write {out}/MRPC.tsv: not a dir.*; it is kept as"
    ):
        write_submission(task, ["equivalent"], out)
    (kept,) = (tmp_path / "cache").rglob("MRPC.tsv")
    assert kept.read_text() == "index\tprediction\n0\t1\n"
