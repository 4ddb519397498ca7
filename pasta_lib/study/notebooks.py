"""Notebooks run as strictly as programs, and the form in which git holds them.

papermill alone accepts an unknown parameter, a value of the wrong type and a notebook without a
`parameters` tag, and saves a notebook whose kernel was killed as a complete one. `execute` refuses
each of these, and its kernel never outlives the process that started it.
"""

import ast
import ctypes
import functools
import logging
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import nbformat
import papermill
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client import AsyncKernelManager
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from pydantic import TypeAdapter, ValidationError

from .. import disk
from ..errors import InputError, sentence, shown, unknown
from . import still

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
PR_SET_PDEATHSIG = 1
# looked up here because between fork and exec no library may be
PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

# papermill calls `x: int | None = None` an unknown parameter; `check` knows better
logging.getLogger("papermill").setLevel(logging.ERROR)


class NotebookError(RuntimeError):
    """A notebook did not run to its end: the message is one sentence naming the cause."""


def declared(path: Path) -> dict[str, Any]:
    """Return the type of each parameter of a notebook, in the order of its parameters cell.

    The type is the annotation where there is one (`data: str | None = None`), else the default's.
    Raises InputError without exactly one cell tagged `parameters`, or for a line of it that is not
    `name = literal`.
    """
    return _types(path, _cells(path)[0])


def check(path: Path, parameters: Mapping[str, object]) -> None:
    """Raise InputError unless the notebook declares each parameter, with its type, and keeps it."""
    tagged, later = _cells(path)
    types = _types(path, tagged)
    for name, value in parameters.items():
        if name not in types:
            raise unknown(f"parameter of {path.stem}", name, types)
        if not _fits(value, types[name]):
            raise InputError(
                f"{path.stem}: parameter {name!r} takes {_readable(types[name])}, not {value!r}."
            )
    for cell in later:
        if lost := sorted(_bound(path, cell) & types.keys()):
            raise InputError(
                f"{path.stem}: the cell {_first_line(cell)!r} reassigns parameter {lost[0]!r}."
            )


def execute(path: Path, output: Path, parameters: Mapping[str, object]) -> Path:
    """Run a notebook in a fresh kernel and return `output`, where the executed copy lies.

    What the cells print goes on to stdout and stderr, each line behind the notebook's name.
    `output` appears only when every cell ran to its end; what a failure leaves lies beside it as
    `.failed.ipynb`. Several threads may execute notebooks at the same time. Raises InputError as
    `check` does, NotebookError when a cell fails, is skipped, or the kernel dies, and DiskError
    where nothing can be written beside `output`.
    """
    check(path, parameters)
    partial, failed = (output.with_suffix(f".{state}.ipynb") for state in ("partial", "failed"))
    disk.try_out(output.parent)
    failed.unlink(missing_ok=True)
    out, err = _Lines(path.stem, sys.stdout), _Lines(path.stem, sys.stderr)
    try:
        executed = papermill.execute_notebook(
            path,
            partial,
            parameters,
            kernel_name=KERNEL["name"],
            language=KERNEL["language"],
            resources={"metadata": {"path": str(path.parent)}},  # `cwd` would move this process
            progress_bar=False,
            stdout_file=out,
            stderr_file=err,
            kernel_manager_class=_BoundKernelManager,
        )
        _require_complete(executed)
    # papermill, nbclient and jupyter_client share no exception class
    except Exception as error:
        partial.replace(failed)
        raise NotebookError(f"{path.stem} failed: {_cause(error)} (see {failed}).") from error
    finally:
        out.close()
        err.close()
    partial.replace(output)
    return output


def kill() -> None:
    """Kill the kernel of every notebook that is being executed: `execute` then fails."""
    for kernel in tuple(_KERNELS):
        kernel.kill()


def strip(path: Path) -> bool:
    """Rewrite a notebook without outputs, counts and metadata; return whether that changed it."""
    notebook = _read(path)
    notebook.metadata = {"kernelspec": KERNEL}
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata.tags} if cell.metadata.get("tags") else {}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    before, after = path.read_text(encoding="utf-8"), nbformat.writes(notebook) + "\n"
    if before != after:
        disk.replace_text(path, after)
    return before != after


class _Lines:
    """Text passed on in whole lines, each behind a name: other notebooks print there too."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name, self.stream, self.begun = name, stream, ""

    def write(self, text: str) -> None:
        """Pass on the lines that `text` ends."""
        *ended, self.begun = (self.begun + text).split("\n")
        self.stream.write("".join(f"{self.name}: {line}\n" for line in ended))

    def flush(self) -> None:
        """Flush what was passed on."""
        self.stream.flush()

    def close(self) -> None:
        """Pass on what is left as a line."""
        if self.begun:
            self.write("\n")


_KERNELS: list[subprocess.Popen] = []  # those that ended too: to kill them does nothing


class _BoundKernelManager(AsyncKernelManager):
    # The kernel's own watch on its parent starts seconds after the kernel, and where orphans go to
    # a subreaper instead of process 1 it would not notice a parent killed before that.
    async def start_kernel(self, **options: Any) -> None:
        # encrypted: on a shared machine others could read a plain local port, as the kernel warns
        environment = {**(options.pop("env", None) or os.environ), still.VARIABLE: "1"}
        await super().start_kernel(
            env=environment,
            preexec_fn=functools.partial(_die_with, os.getpid()),
            transport_encryption="auto",
            **options,
        )
        _KERNELS.append(self.provisioner.process)

    # jupyter_client interrupts a kernel before it asks it to end; one that is idle, as after its
    # last cell, may report that interrupt as an error of its own on stderr.
    async def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        await self.request_shutdown(restart=restart)
        await self.finish_shutdown(waittime=0.0 if now else None, restart=restart)
        await self.cleanup_resources(restart=restart)


def _die_with(parent: int) -> None:
    if PRCTL:
        PRCTL(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was killed between fork and here: no signal will come
            os._exit(1)


def _read(path: Path) -> NotebookNode:
    with disk.reading(path):
        content = path.read_bytes()
    try:
        notebook = nbformat.reads(content.decode(), as_version=4)
        nbformat.validate(notebook)
        nbformat.writes(notebook).encode()  # half a character cannot be written
    except nbformat.reader.NotJSONError as error:
        raise InputError(f"{path} is not a notebook: it is no valid JSON.") from error
    except Exception as error:  # of many kinds: nbformat trusts what it reads
        said = textwrap.shorten(sentence(error), 200, placeholder=" …")
        raise InputError(f"{path} is not a notebook ({type(error).__name__}): {said}") from error
    return notebook


def _cells(path: Path) -> tuple[NotebookNode, list[NotebookNode]]:
    """Return the parameters cell, and the code cells after it."""
    cells = [cell for cell in _read(path).cells if cell.cell_type == "code"]
    tagged = [n for n, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise InputError(
            f"{path.stem} has {len(tagged)} code cells tagged 'parameters': it needs exactly one."
        )
    return cells[tagged[0]], cells[tagged[0] + 1 :]


def _types(path: Path, cell: NotebookNode) -> dict[str, Any]:
    types = {}
    for statement in _parsed(path, cell).body:
        try:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    types[name] = type(ast.literal_eval(value))
                case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=ast.expr()):
                    ast.literal_eval(statement.value)
                    types[name] = eval(ast.unparse(kind))
                case _:
                    raise ValueError
        except (ValueError, NameError, TypeError) as error:
            raise InputError(
                f"{path.stem}: the parameters cell holds {ast.unparse(statement)!r}, "
                "which is not of the form `name = literal`."
            ) from error
    return types


def _fits(value: object, kind: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


def _readable(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)


def _bound(path: Path, cell: NotebookNode) -> set[str]:
    """Return the names that a cell assigns, deletes, imports or defines."""
    names = set()
    for node in ast.walk(_parsed(path, cell)):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names.add(name)
            case ast.alias(name=name, asname=alias):
                names.add(alias or name.split(".")[0])
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
    return names


def _parsed(path: Path, cell: NotebookNode) -> ast.Module:
    try:
        return ast.parse(TransformerManager().transform_cell(cell.source))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(
            f"{path.stem}: the cell {shown(_first_line(cell))} is not Python: "
            f"{getattr(error, 'msg', error)}."
        ) from error


def _first_line(cell: NotebookNode) -> str:
    return cell.source.strip().partition("\n")[0]


def _require_complete(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if any(output.output_type == "error" for output in cell.outputs):
            raise NotebookError(f"the cell {_first_line(cell)!r} ended the kernel")
        if cell.execution_count is None:
            raise NotebookError(f"the cell {_first_line(cell)!r} was skipped")


def _cause(error: Exception) -> str:
    match error:
        case NotebookError():
            return str(error)
        case PapermillExecutionError():
            return f"{error.ename}: {error.evalue}"
        case _:
            return f"{type(error).__name__}: {error}"
