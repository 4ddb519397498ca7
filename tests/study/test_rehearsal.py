"""A rehearsal: fewer points, two steps, the same keys; what it finds is said with its place."""

import hashlib
import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import torch

from pasta_lib import paths
from pasta_lib.study.rehearsal import files, found
from pasta_lib.study.runs import PROFILES
from pasta_lib.study.runs.grid import Grid
from pasta_lib.study.runs.rehearsed import require_trained, shortened, thinned
from pasta_lib.training import TrainConfig


@pytest.mark.parametrize("name", ["quick", "replica", "paper"])
def test_its_runs_are_some_of_the_real_ones_for_each_notebook(name):
    real, few = PROFILES[name], thinned(PROFILES[name])
    assert real.grids.keys() == few.grids.keys()
    for notebook in real.grids:
        all_of_them, some = real.runs(notebook), few.runs(notebook)
        assert {run.key for run in some} <= {run.key for run in all_of_them}
        held = [{(r.backbone, r.task, r.method) for r in runs} for runs in (all_of_them, some)]
        assert held[0] == held[1], notebook


def test_of_each_curve_two_points_are_left():
    runs = thinned(PROFILES["paper"]).runs("10_expected_validation")
    lora = [r for r in runs if (r.backbone, r.task, r.method) == ("roberta-base", "cola", "lora")]
    assert {run.fields["rank"] for run in lora} == {2, 4}  # of 2, 4, 16, 32 and 64
    assert {run.train.lr for run in lora} == {1e-4, 5e-4}
    assert {run.train.seed for run in lora} == {1, 2} and len(lora) == 8


def test_a_gap_is_a_cell_of_the_grids_that_was_not_run():
    grid = Grid(("rte",), ("pasta",), {"pasta": (1e-3,)}, (1,), TrainConfig(), "bert-large", "hub")
    table = pd.DataFrame(
        [
            ("BERT-large, real tasks (hub)", "PASTA", "RTE", "pasta", "not run"),
            ("BERT-large, real tasks (hub)", "LoRA", "RTE", "lora", "not run"),  # in no grid
            ("BERT-large, real tasks (hub)", "PASTA", "CoLA", "pasta", "not run"),
            ("RoBERTa-large, real tasks (hub)", "PASTA", "RTE", "pasta", "not run"),
        ],
        columns=["block", "row", "column", "method", "origin"],
    )
    (said,) = found.gaps("scores", table, [grid])
    assert said.startswith("table scores says 'not run' in 1 cells to be filled: row 'PASTA'")
    table.loc[0, "origin"] = "ours"
    assert not [*found.gaps("scores", table, [grid])]


def test_a_reader_that_gives_other_rows_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "prepared")
    rows = files.rows("rte")
    files.write_official("rte", rows, tmp_path / "data")
    files.write_parquet("rte", rows, tmp_path / "hub")
    assert [*found.readers(["rte"], tmp_path / "data")] == []
    fewer = {split: own.select(range(3)) for split, own in rows.items()}
    files.write_official("rte", fewer, tmp_path / "data")
    (said,) = found.readers(["rte"], tmp_path / "data")
    assert "the folder's reader (pasta_lib/tasks/folder.py)" in said
    assert "the train split of rte" in said and said.endswith(": 3 rows, not 24.")


def test_two_steps_are_trained_whatever_was_asked():
    short = shortened(TrainConfig(epochs=200, batch_size=64, patience=20, lr=7e-3))
    assert (short.epochs, short.batch_size, short.train_rows) == (2, 4, 4)
    assert short.patience is None and short.max_steps is None and short.lr == 7e-3


def test_what_no_step_moved_is_named():
    before = {"head.weight": torch.zeros(2), "vectors": torch.zeros(2)}
    moved = {"head.weight": torch.ones(2), "vectors": torch.ones(2)}
    require_trained(before, moved, {"head.weight"}, "pasta")
    with pytest.raises(RuntimeError, match="all of pasta as it was"):
        require_trained(before, moved | {"vectors": torch.zeros(2)}, {"head.weight"}, "pasta")
    with pytest.raises(RuntimeError, match="all of the head as it was"):
        require_trained(before, moved | {"head.weight": torch.zeros(2)}, {"head.weight"}, "pasta")


def test_a_fault_is_one_sentence_with_the_last_place_of_ours():
    trace = """Traceback (most recent call last):
  File "/here/pasta_lib/study/runs/train.py", line 12, in run
    fit()
  File "/here/pasta_lib/training.py", line 34, in fit
    tensor.backward()
  File "/lib/site-packages/torch/autograd.py", line 56, in backward
    raise RuntimeError("no graph")
RuntimeError: no graph
"""
    said = "pasta_lib/training.py, line 34, in fit: RuntimeError: no graph"
    assert found.place(trace) == said


@pytest.mark.slow
def test_quick_is_rehearsed_to_its_end_and_touches_nothing_else(tmp_path):
    root, cache = tmp_path / "root", tmp_path / "cache"
    others = shutil.ignore_patterns("cache", "quick")  # what other tests write meanwhile
    for name in ("data", "notebooks"):
        shutil.copytree(paths.ROOT / name, root / name, ignore=others)

    def state():
        files = [file for file in root.rglob("*") if file.is_file()]
        return {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

    before = state()
    command = [sys.executable, "-m", "pasta_lib", "run", "quick", "--rehearse"]
    asked = os.environ | {"PASTA_ROOT": str(root), "PASTA_CACHE": str(cache)}
    done = subprocess.run(command, env=asked, cwd=paths.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "rehearsed, nothing failed" in done.stdout
    folder = cache / "rehearsals" / "quick" / "figures" / "quick"
    assert "Rehearsal, no result" in (folder / "report.html").read_text(encoding="utf-8")
    assert state() == before
    # what is missing alone is done again
    records = sorted((cache / "rehearsals" / "quick" / "runs").rglob("*.json"))
    kept = {file: file.stat().st_mtime_ns for file in records[1:]}
    records[0].unlink()
    shutil.rmtree(folder)
    command += ["--only", "13_report"]
    again = subprocess.run(command, env=asked, cwd=paths.ROOT, capture_output=True, text=True)
    assert again.returncode == 0 and records[0].exists() and (folder / "report.html").exists()
    redone = [file for file, at in kept.items() if file.stat().st_mtime_ns != at]
    assert len(redone) <= 8  # those that share its pack
