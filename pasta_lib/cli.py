"""The command line: what `run_all.sh` and `python -m pasta_lib` do.

Only the standard library is imported before the words of the command are understood, so that
`run_all.sh` can refuse a wrong one on a machine where nothing is installed yet.
"""

import argparse
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from . import paths
from .errors import InputError, unknown

PROFILES = {
    "quick": "the embedded backbone on the embedded sample tasks; minutes on 2 CPU cores",
    "replica": "the embedded backbone on the real tasks; one GPU or a patient CPU",
    "paper": "the papers' backbones and grids; a GPU box or a cluster",
}


def main(words: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code: 1 where something failed, 2 for bad input."""
    try:
        request = _parse(words)
        return request.command(request)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: the same command goes on from here.", file=sys.stderr)
        return 130


def run(request: Namespace) -> int:
    """Do the runs that the notebooks need and lack, then execute each notebook."""
    if request.install:
        print(sys.executable)
        return 0
    from . import notebooks

    given = {
        name: getattr(request, name)
        for name in ("profile", "data", "seeds", "workers", "device")
        if getattr(request, name) is not None
    }
    plan = {}
    for stem in request.only:
        path = paths.NOTEBOOKS / f"{stem}.ipynb"
        types = notebooks.declared(path)
        plan[path] = {name: value for name, value in given.items() if name in types}
        notebooks.check(path, plan[path])

    from . import runs

    summary = runs.complete(
        request.profile,
        notebooks=request.only,
        data=request.data,
        seeds=request.seeds,
        workers=request.workers,
        device=request.device,
    )
    print(summary)
    records, figures = paths.runs(request.profile), paths.figures(request.profile)
    failures = [f"run {key} failed: its record in {records} says why." for key in summary.failed]
    for number, (path, parameters) in enumerate(plan.items(), 1):
        print(f"[{number}/{len(plan)}] {path.stem}", flush=True)
        try:
            notebooks.execute(path, figures / "notebooks" / path.name, parameters)
        except notebooks.NotebookError as error:
            failures.append(str(error))
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    report = figures / "report.html"
    print(f"Report: {report}" if report.exists() else f"Tables and figures: {figures}")
    return 1 if failures else 0


def check(request: Namespace) -> int:
    """Accept the words: all that can be said against them was said while they were parsed."""
    return 0


def strip(request: Namespace) -> int:
    """Bring every notebook to the form that git holds, and name those that change."""
    from . import notebooks

    for stem in _known_notebooks():
        path = paths.NOTEBOOKS / f"{stem}.ipynb"
        if notebooks.strip(path):
            print(f"stripped {path}")
    return 0


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (--help shows what is allowed).")


def _parse(words: Sequence[str] | None) -> Namespace:
    parser = _Parser(prog="python -m pasta_lib", allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command, about in (
        (run, "do the runs and the notebooks, as run_all.sh does"),
        (check, "say whether run would accept the same words"),
        (strip, "empty the notebooks' outputs"),
    ):
        own = commands.add_parser(
            command.__name__,
            prog="./run_all.sh" if command in (run, check) else None,
            help=about,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        options = _describe_run(own) if command in (run, check) else []
        own.set_defaults(command=command, options=["--help", *options])

    request, extra = parser.parse_known_args(words)
    for word in extra:
        if word.startswith("-"):
            raise unknown("option", word.partition("=")[0], request.options)
        raise InputError(
            f"{word!r} is one word too many: there is one PROFILE, each notebook needs its --only."
        )
    if request.command in (run, check):
        _complete(request)
    return request


def _describe_run(parser: ArgumentParser) -> list[str]:
    """Add what `run` understands, and return its options."""
    parser.description = (
        "Make the environment once, do the runs that are missing, then every table, figure and\n"
        "the report. The same command again goes on from where it was stopped."
    )
    profiles = (f"  {name:<8} {about}" for name, about in PROFILES.items())
    notebooks = (f"  {stem}" for stem in _known_notebooks())
    parser.epilog = "\n".join(["profiles:", *profiles, "", "notebooks:", *notebooks])
    parser.add_argument(
        "profile", nargs="?", default="quick", metavar="PROFILE", help="default: quick"
    )
    options = {
        "--only": {
            "action": "append",
            "default": [],
            "metavar": "NOTEBOOK",
            "help": "one notebook and the runs it needs, such as 03_glue; may be repeated",
        },
        "--data": {
            "metavar": "DIR",
            "help": "folder of the tasks in their official layouts (default: the profile's source)",
        },
        "--seeds": {
            "type": _positive,
            "metavar": "N",
            "help": "seeds per setting (default: the profile's number)",
        },
        "--workers": {
            "type": _positive,
            "default": 1,
            "metavar": "N",
            "help": "runs at a time (default: 1)",
        },
        "--device": {
            "type": _device,
            "metavar": "DEVICE",
            "help": "cpu, cuda, cuda:1 or mps (default: a GPU where there is one)",
        },
        "--install": {
            "action": "store_true",
            "help": "make the environment, print its interpreter and stop",
        },
    }
    for option, described in options.items():
        parser.add_argument(option, **described)
    return list(options)


def _complete(request: Namespace) -> None:
    """Refuse unknown names, and put the notebooks in their order and the folder from its root."""
    if request.profile not in PROFILES:
        raise unknown("profile", request.profile, PROFILES)
    known = _known_notebooks()
    for stem in request.only:
        if stem not in known:
            raise unknown("notebook", stem, known)
    request.only = [stem for stem in known if not request.only or stem in request.only]
    if request.data is not None:
        if not Path(request.data).is_dir():
            raise InputError(f"--data takes a folder, and {request.data!r} is none.")
        request.data = str(Path(request.data).resolve())


def _known_notebooks() -> list[str]:
    return sorted(path.stem for path in paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def _positive(word: str) -> int:
    if not re.fullmatch("[1-9][0-9]*", word):
        raise ArgumentTypeError(f"takes a whole number from 1 on, not {word!r}")
    return int(word)


def _device(word: str) -> str:
    if not re.fullmatch(r"cpu|mps|cuda(:\d+)?", word):
        raise ArgumentTypeError(f"takes cpu, cuda, cuda:1 or mps, not {word!r}")
    return word
