"""Notebooks: the strict run, the stripped form, and the form that every notebook here has."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from pasta_lib import paths
from pasta_lib.errors import DiskError, InputError
from pasta_lib.study import notebooks
from pasta_lib.study.notebooks import NotebookError

DECLARED = """\
profile = "quick"
data: str | None = None
seed = 0
rate = 1e-3
smoke = False
tasks = ["rte"]
sizes: list[int] = [1]"""


def cell(source: str, *tags: str) -> nbformat.NotebookNode:
    return new_code_cell(source, metadata={"tags": list(tags)} if tags else {})


@pytest.fixture
def write(tmp_path):
    """Write a notebook of one parameters cell and these cells, and return its path."""

    def write(*sources: str, parameters: str = DECLARED) -> Path:
        path = tmp_path / "03_glue.ipynb"
        cells = [new_markdown_cell("# Title"), cell(parameters, "parameters"), *map(cell, sources)]
        nbformat.write(new_notebook(cells=cells), path)
        return path

    return write


def test_types_come_from_annotations_and_defaults(write):
    assert notebooks.declared(write()) == {
        "profile": str,
        "data": str | None,
        "seed": int,
        "rate": float,
        "smoke": bool,
        "tasks": list,
        "sizes": list[int],
    }


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"profile": "paper", "seed": 7, "smoke": True, "tasks": ["cola"]},
        {"data": "folder", "sizes": [1, 2]},
        {"data": None},
        {"rate": 1},
    ],
)
def test_values_of_the_declared_type_are_accepted(write, given):
    notebooks.check(write("print(profile, [seed for row in tasks])"), given)


@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"seeed": 1}, "unknown parameter of 03_glue 'seeed': did you mean 'seed'?"),
        ({"seed": "007"}, "'seed' takes int, not '007'"),
        ({"seed": 3.0}, "'seed' takes int, not 3.0"),
        ({"seed": True}, "'seed' takes int, not True"),
        ({"seed": None}, "'seed' takes int, not None"),
        ({"smoke": "false"}, "'smoke' takes bool, not 'false'"),
        ({"smoke": 1}, "'smoke' takes bool, not 1"),
        ({"rate": "1e-4"}, "'rate' takes float, not '1e-4'"),
        ({"tasks": "[1, 2]"}, r"'tasks' takes list, not '\[1, 2\]'"),
        ({"sizes": ["1"]}, r"'sizes' takes list\[int\], not \['1'\]"),
        ({"profile": 1}, "'profile' takes str, not 1"),
        ({"data": 1}, r"'data' takes str \| None, not 1"),
    ],
)
def test_an_unknown_or_mistyped_parameter_is_refused(write, given, sentence):
    with pytest.raises(InputError, match=sentence):
        notebooks.check(write(), given)


@pytest.mark.parametrize("tagged", [0, 2])
def test_a_notebook_needs_exactly_one_parameters_cell(tmp_path, tagged):
    path = tmp_path / "x.ipynb"
    cells = [cell("seed = 0", "parameters") for _ in range(tagged)]
    nbformat.write(new_notebook(cells=[*cells, cell("seed = 1")]), path)
    with pytest.raises(InputError, match=f"x has {tagged} code cells tagged 'parameters'"):
        notebooks.execute(path, tmp_path / "out.ipynb", {"seed": 2})
    assert not (tmp_path / "out.ipynb").exists()


@pytest.mark.parametrize(
    "line", ["seed = int('1')", "a = b = 1", "import os", "seed: int", "seed: number = 1", "1"]
)
def test_the_parameters_cell_holds_only_literals(write, line):
    with pytest.raises(InputError, match="not of the form `name = literal`"):
        notebooks.declared(write(parameters=line))


@pytest.mark.parametrize(
    "source",
    [
        "seed = 9",
        "seed += 1",
        "a, seed = 1, 2",
        "del seed",
        "for seed in range(3): pass",
        "import os as seed",
        "from os import path as seed",
        "print(seed := 1)",
        "def seed(): pass",
        "%matplotlib inline\nseed = 9",
    ],
)
def test_a_later_cell_must_keep_the_parameters(write, source):
    with pytest.raises(InputError, match="reassigns parameter 'seed'"):
        notebooks.check(write("other = seed", source), {})


def test_what_is_no_notebook_is_refused(tmp_path, write):
    (tmp_path / "x.ipynb").write_text("<<<<<<< ours")
    with pytest.raises(InputError, match="is not a notebook"):
        notebooks.check(tmp_path / "x.ipynb", {})
    with pytest.raises(InputError, match="'print.1' is not Python"):
        notebooks.check(write("print(1"), {})


@pytest.mark.parametrize(
    "content",
    [
        *("", "{}", "[]", "null", "3", '"a"', "[" * 10**5, b'{"a": "\xe9"}'),
        *('{"nbformat": 9}', '{"nbformat": "4"}', '{"nbformat": 4, "nbformat_minor": 5}'),
        {"cells": 3},
        {"cells": [None]},
        {"cells": [{"cell_type": "code"}]},
        {"cells": [{"cell_type": "odd", "id": "a", "metadata": {}, "source": ""}]},
        {"cells": [cell("x = 1") | {"source": None}]},
        {"cells": [cell("x = 1") | {"metadata": {"tags": 3}}]},
        {"cells": [cell("x = '\ud83d'")]},
    ],
)
def test_json_that_is_no_notebook_is_refused_and_left_alone(content, tmp_path):
    path = tmp_path / "03_glue.ipynb"
    if isinstance(content, dict):
        content = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}} | content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = path.read_bytes()
    for call in (lambda: notebooks.check(path, {}), lambda: notebooks.strip(path)):
        with pytest.raises(InputError) as refused:
            call()
        assert str(refused.value).startswith(f"{path} is not a notebook")
        assert "\n" not in str(refused.value) and len(str(refused.value)) < 400
    assert path.read_bytes() == before


def test_a_notebook_that_is_not_there_is_one_sentence(tmp_path):
    for path in (tmp_path, tmp_path / "none.ipynb"):
        with pytest.raises(DiskError, match=f"^cannot read {path}: "):
            notebooks.check(path, {})


@pytest.mark.parametrize("source", ["x = " + "(" * 3000 + ")" * 3000, "x = " + "9" * 5000, "\0"])
def test_a_cell_that_python_does_not_read_is_refused_briefly(source, write):
    with pytest.raises(InputError, match="is not Python: ") as refused:
        notebooks.check(write(source), {})
    assert len(str(refused.value)) < 400


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_given_values_arrive_and_prints_pass_through(tmp_path, write, capfd):
    path = write("", "print(seed, data, rate, smoke, sizes)", "import pathlib; pathlib.Path.cwd()")
    source = path.read_bytes()
    given = {"seed": 7, "data": "007", "rate": 2.0, "smoke": True, "sizes": [3]}
    output = notebooks.execute(path, tmp_path / "out" / "03_glue.ipynb", given)
    captured = capfd.readouterr()
    assert captured.out == "03_glue: 7 007 2.0 True [3]\n"
    assert captured.err == ""
    executed = nbformat.read(output, as_version=4)
    assert str(tmp_path) in executed.cells[-1].outputs[0].data["text/plain"]
    assert files(output.parent) == {"03_glue.ipynb"}
    assert path.read_bytes() == source


def test_two_notebooks_at_a_time_print_whole_lines(tmp_path, write, capfd):
    lines = "for i in range(200): print('a', end='', flush=True); print('b', i, flush=True)"
    first = write(lines, "import pathlib; pathlib.Path.cwd()")
    second = first.with_name("05_ner.ipynb")
    second.write_bytes(first.read_bytes())
    here = Path.cwd()
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(notebooks.execute, p, tmp_path / p.stem, {}) for p in (first, second)]
        [job.result() for job in jobs]
    said = capfd.readouterr().out.splitlines()
    for stem in ("03_glue", "05_ner"):
        assert [line for line in said if line.startswith(stem)] == [
            f"{stem}: ab {i}" for i in range(200)
        ]
    assert len(said) == 400
    assert Path.cwd() == here


def test_a_killed_kernel_fails_its_notebook(tmp_path, write):
    path = write("import pathlib, time\npathlib.Path('here').touch()\ntime.sleep(60)")
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(notebooks.execute, path, tmp_path / "out" / "03_glue.ipynb", {})
        wait_for((tmp_path / "here").exists)
        notebooks.kill()
        with pytest.raises(NotebookError, match="DeadKernelError"):
            job.result(timeout=40)


@pytest.mark.parametrize(
    "source, cause",
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "DeadKernelError"),
        ("import sys; sys.exit(0)", "the cell 'import sys; sys.exit.0.' ended the kernel"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
    ],
)
def test_a_failure_leaves_only_a_failed_notebook(tmp_path, write, source, cause):
    path = write(source, "print('not reached')")
    output = tmp_path / "out" / "03_glue.ipynb"
    with pytest.raises(NotebookError, match=f"03_glue failed: {cause}.*03_glue.failed.ipynb"):
        notebooks.execute(path, output, {})
    assert files(output.parent) == {"03_glue.failed.ipynb"}


def test_a_skipped_cell_is_a_failure_and_success_removes_its_trace(tmp_path, write):
    path = write("print(1)")
    output = tmp_path / "out" / "03_glue.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].metadata.tags = ["skip-execution"]
    nbformat.write(notebook, path)
    with pytest.raises(NotebookError, match="'print.1.' was skipped"):
        notebooks.execute(path, output, {})
    notebooks.execute(write("print(1)"), output, {})
    assert files(output.parent) == {"03_glue.ipynb"}


DRIVER = """
import ctypes, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans come here, not to process 1
code = "import sys; from pathlib import Path; from pasta_lib.study.notebooks import execute; "
code += "from concurrent.futures import ThreadPoolExecutor as Pool; "  # as a start does
code += "Pool(2).submit(execute, Path(sys.argv[1]), Path(sys.argv[2]), {}).result()"
driver = subprocess.Popen([sys.executable, "-c", code, *sys.argv[1:]])
print(driver.pid, flush=True)
time.sleep(3600)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="subreapers are a Linux feature")
@pytest.mark.parametrize("moment", ["starting", "working"])
def test_a_killed_driver_takes_its_kernel_along(tmp_path, write, moment):
    path = write("import pathlib, time\npathlib.Path('here').touch()\ntime.sleep(3600)")
    output = tmp_path / "out" / "03_glue.ipynb"
    reaper = subprocess.Popen(
        [sys.executable, "-c", DRIVER, path, output],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(paths.ROOT)},
    )
    try:
        driver = psutil.Process(int(reaper.stdout.readline()))
        kernel = wait_for(lambda: next(iter(driver.children()), None))
        if moment == "working":
            wait_for((tmp_path / "here").exists)
        driver.send_signal(signal.SIGKILL)
        wait_for(lambda: not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE)
        assert "03_glue.ipynb" not in files(output.parent)
    finally:
        for process in (*psutil.Process(reaper.pid).children(recursive=True), reaper):
            process.kill()
        reaper.wait()


def wait_for(condition, seconds: float = 600):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return found


def test_strip_keeps_sources_and_tags_alone(tmp_path, write):
    path = write("print(1)")
    notebooks.execute(path, path, {})
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [c for c in notebook.cells if "injected-parameters" not in c.metadata.tags]
    nbformat.write(notebook, path)

    assert notebooks.strip(path)
    stripped = nbformat.read(path, as_version=4)
    assert stripped.metadata == {"kernelspec": notebooks.KERNEL}
    assert [c.source for c in stripped.cells] == ["# Title", DECLARED, "print(1)"]
    assert [c.metadata for c in stripped.cells] == [{}, {"tags": ["parameters"]}, {}]
    assert all(c.execution_count is None and not c.outputs for c in stripped.cells[1:])
    assert not notebooks.strip(path)


NOTEBOOKS = sorted(paths.NOTEBOOKS.glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@each_notebook
def test_notebook_is_stripped(path):
    copy = nbformat.read(path, as_version=4)
    assert copy.metadata == {"kernelspec": notebooks.KERNEL}
    for each in copy.cells:
        assert set(each.metadata) <= {"tags"}
        assert not each.get("outputs")
        assert each.get("execution_count") is None


@each_notebook
def test_notebook_declares_typed_parameters_and_keeps_them(path):
    notebooks.check(path, {})
    shows_records = path.stem != "00_start"
    assert ("profile" in notebooks.declared(path)) is shows_records
    assert type(None) not in notebooks.declared(path).values(), "annotate what defaults to None"


@each_notebook
def test_notebook_is_a_title_then_prose_before_each_small_cell(path):
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    for before, each in zip(cells, cells[1:], strict=False):
        if each.cell_type == "code":
            assert before.cell_type == "markdown", each.source
            assert len(each.source.splitlines()) <= 15, each.source


@each_notebook
def test_notebook_holds_no_logic(path):
    logic = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.While, ast.Try)
    for each in nbformat.read(path, as_version=4).cells:
        if each.cell_type == "code":
            tree = ast.parse(each.source)
            assert not [node for node in ast.walk(tree) if isinstance(node, logic)], each.source


@each_notebook
def test_notebook_makes_records_only_where_it_is_asked_to_train(path):
    """So that a start, which has done the runs, loads no PyTorch for a notebook that shows them."""
    trains = path.stem != "00_start"
    assert notebooks.declared(path).get("train") is (bool if trains else None)
    calls, asked = 0, 0
    for each in nbformat.read(path, as_version=4).cells:
        if each.cell_type == "code":
            tree = ast.parse(each.source)
            calls += ast.unparse(tree).count("study.complete(")
            for node in tree.body:
                if isinstance(node, ast.If) and ast.unparse(node.test) == "train":
                    asked += ast.unparse(node).count("study.complete(")
    assert calls == asked == int(trains)


@pytest.mark.slow
@each_notebook
def test_notebook_runs_alone(tmp_path, path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)  # it trains what it needs, by itself
    given = {"profile": "quick"} if "profile" in notebooks.declared(path) else {}
    notebooks.execute(path, tmp_path / path.name, given)
