"""The grids as data: which runs each notebook needs, by profile."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ... import paths
from ...tasks import TASKS
from ...tasks.sample import GRAMMARS
from ...training import TrainConfig
from .end import ToTheEnd
from .grid import Grid as Grid
from .grid import Profile as Profile
from .paper import PAPER
from .rehearsed import thinned

ABLATIONS = ("pasta", "pasta-no-cls", "pasta-no-sep", "pasta-shared", "classifier")

# The quick profile shows that everything works: it does not search, and all of it takes at most
# 8 TFLOP (`operations`), for seconds depend on the machine. Rates were found by hand.
_QUICK_LRS = {
    "full": (5e-4,),
    "classifier": (5e-2,),
    **dict.fromkeys((*ABLATIONS[:-1], "pasta-random"), (3e-2,)),
    "aot-naive": (5e-3,),
    "aot-kron": (2e-2,),
    "aot-fc": (5e-3,),
    "bitfit": (1e-3,),
    "lora": (2e-3,),
    "lora-fused": (2e-3,),
    "adapter": (1e-3,),
    "diff-prune": (3e-4,),
    "p-tuning-v1": (1e-2,),
    "p-tuning-v2": (3e-2,),
}
# CoLA's sentences are the shortest: every method meets them. CoNLL2003 tells methods apart after so
# few steps; PASTA has two rates there, so that a curve along them and over assignments is drawn.
_QUICK_ROWS = {"cola": 96, "rte": 64, "conll2003": 208}
_QUICK_TRIED = {"conll2003": {"pasta": (1e-2, 3e-2)}}


def _quick(task: str, methods: Iterable[str]) -> Grid:
    return Grid(
        (task,),
        tuple(methods),
        _QUICK_LRS | _QUICK_TRIED.get(task, {}),
        (42,),
        TrainConfig(epochs=2, batch_size=8, train_rows=_QUICK_ROWS[task], eval_rows=100),
        fields={"p-tuning-v1": ({"prefix": 5},)},  # each prompt costs as much as a word
    )


_QUICK_GLUE = (
    _quick("cola", _QUICK_LRS),
    _quick("rte", ("full", "classifier", "pasta", "aot-fc")),
)
_QUICK_NER = (_quick("conll2003", ("full", *ABLATIONS, "p-tuning-v2")),)

QUICK = Profile(
    "quick",
    "sample",
    {
        "03_glue": _QUICK_GLUE,
        "05_ner": _QUICK_NER,
        "06_ablation": (
            _quick("cola", ABLATIONS),
            _quick("rte", ("pasta", "classifier")),
            _quick("conll2003", ABLATIONS),
        ),
        "07_norm_distribution": tuple(_quick(task, ("pasta",)) for task in _QUICK_ROWS),
        "08_top_norm_tokens": (_quick("cola", ("aot-fc",)), _quick("rte", ("aot-fc",))),
        "13_report": (*_QUICK_GLUE, *_QUICK_NER),
    },
)
# MiniLM on the real tasks in stages: each of five or six learning rates (and two sizes, where a
# method has one) with one seed and few steps, the best two again with more, then the best with
# three seeds. `--plan` says what it takes.
_STEEP = (1e-3, 3e-3, 5e-3, 1e-2, 3e-2)
_STEEPER = (*_STEEP, 1e-1)  # 3e-2, the end of a first grid, was these methods' best on SST-2
_FLAT = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
_REPLICA_LRS = {
    **dict.fromkeys((*ABLATIONS, "pasta-random", "p-tuning-v1", "p-tuning-v2"), _STEEPER),
    **dict.fromkeys(("aot-naive", "aot-kron", "aot-fc"), _STEEP),
    **dict.fromkeys(("bitfit", "lora", "adapter"), _FLAT),
    # not diff-prune, which needs two epochs: a search of so few steps has no second one
    "full": (2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3),
}
_REPLICA_SIZES = {
    "lora": ({"rank": 4}, {"rank": 16}),
    "aot-kron": ({"rank": 5}, {"rank": 20}),
    "aot-fc": ({"rank": 32}, {"rank": 128}),
    "p-tuning-v1": ({"prefix": 5}, {"prefix": 20}),
    "p-tuning-v2": ({"prefix": 5}, {"prefix": 20}),
    "adapter": ({"size": 16}, {"size": 64}),
}
# Where the files hold more than this, a run sees only so many of their rows; the report says so.
_REPLICA_TRAIN = TrainConfig(
    batch_size=16, precision="bf16", epochs=4, train_rows=9_000, eval_rows=2_000
)
_REPLICA_TASKS = {
    "wsc": {"epochs": 10},  # 554 rows
    "copa": {"epochs": 10},  # 400
    "cb": {"epochs": 12},  # 250
    "cola": {"epochs": 10},
    "sst2": {"train_rows": 3_000},  # of 67,349
    "conll2003": {"train_rows": 4_000},  # of 14,041
}
# Of 100 steps alone the steepest rates profit: on SST-2 the random positions led at 1e-1 then, and
# stood near the majority class after 300.
_REPLICA_RUNGS = {
    **dict.fromkeys(("wsc", "copa", "cb"), (100,)),  # all their steps are 192 to 350
    # eight of ten epochs: in trials outside the grid PASTA named one class at every rate after
    # three, and at 1e-2, which ended above 5e-3, still after seven
    "cola": (4_280,),
    # on STS-B full fine-tuning's best rates are noise after 100, on MRPC half of PASTA's name one
    # class even after 300; WiC was taken to be like MRPC before it was run
    **dict.fromkeys(("mrpc", "wic", "stsb"), (300,)),
    # after 100 steps almost every method names one class, and what led after 300, full
    # fine-tuning's 2e-4, fell back to that by the end
    **dict.fromkeys(("rte", "superglue-rte"), (300, 600)),
}
_SEEDS = (42, 43, 44, 45, 46)
_GLUE_TASKS = ("rte", "cola", "stsb", "mrpc", "sst2", "qnli", "mnli", "qqp")
_SUPERGLUE_TASKS = ("superglue-rte", "copa", "wsc", "wic", "multirc", "cb", "boolq")


def _replica(tasks: Iterable[str], methods: Iterable[str]) -> tuple[Grid, ...]:
    return tuple(
        Grid(
            (task,),
            tuple(methods),
            _REPLICA_LRS,
            (42, 43, 44),
            replace(_REPLICA_TRAIN, **_REPLICA_TASKS.get(task, {})),
            fields=_REPLICA_SIZES,
            rungs=_REPLICA_RUNGS.get(task, (100, 300)),
        )
        for task in tasks
    )


_MPNET_METHODS = ("classifier", "full", "pasta", "aot-fc", "lora")
# MiniLM's best rate for each of them, by the median of its finished runs; where it has none, what
# the other tasks' mostly are.
_MINILM_BEST = {
    "cola": (1e-2, 2e-5, 3e-3, 1e-3, 1e-3),
    "sst2": (1e-1, 1e-4, 3e-2, 5e-3, 3e-3),
    "mrpc": (1e-2, 1e-4, 1e-2, 3e-3, 1e-3),
    "stsb": (1e-1, 1e-4, 3e-2, 3e-3, 3e-4),
    "rte": (1e-1, 2e-5, 3e-3, 1e-3, 1e-3),
    "wic": (5e-3, 5e-5, 5e-3, 3e-3, 1e-3),
    "cb": (1e-2, 5e-4, 3e-3, 3e-3, 1e-3),
    "copa": (5e-3, 5e-5, 1e-1, 5e-3, 3e-3),
    "wsc": (1e-3, 2e-5, 1e-3, 1e-3, 3e-4),
    "conll2003": (1e-1, 2e-4, 3e-2, 3e-3, 1e-3),
}
_MOSTLY = (1e-2, 1e-4, 1e-2, 3e-3, 1e-3)
# MiniLM's rates, and one more at either end: its best has a neighbour on each side.
_MPNET_LADDERS = {
    **dict.fromkeys(("classifier", "pasta"), (3e-4, *_STEEPER, 3e-1)),
    "aot-fc": (3e-4, *_STEEP, 1e-1),
    "lora": (3e-5, *_FLAT, 3e-2),
    "full": (1e-5, *_REPLICA_LRS["full"], 2e-3),
}
_MPNET_SIZES = {"lora": ({"rank": 16},), "aot-fc": ({"rank": 128},)}
_MPNET_TRAIN = replace(_REPLICA_TRAIN, precision="fp32", epochs=12, patience=3)


def _beside(best: float, ladder: tuple[float, ...]) -> tuple[float, ...]:
    place = ladder.index(best)
    return ladder[place - 1 : place + 2]


def _rows(task: str) -> dict[str, int]:
    return {name: n for name, n in _REPLICA_TASKS.get(task, {}).items() if name == "train_rows"}


def _mpnet(tasks: Iterable[str]) -> tuple[Grid, ...]:
    """MPNet, five times MiniLM's size: its rates are MiniLM's best and their neighbours."""
    return tuple(
        Grid(
            (task,),
            _MPNET_METHODS,
            {
                method: _beside(best, _MPNET_LADDERS[method])
                for method, best in zip(
                    _MPNET_METHODS, _MINILM_BEST.get(task, _MOSTLY), strict=True
                )
            },
            (42, 43, 44),
            replace(_MPNET_TRAIN, **_rows(task)),
            backbone="mpnet",
            fields=_MPNET_SIZES,
            rungs=_REPLICA_RUNGS.get(task, (300,))[-1:],
            named=True,
        )
        for task in tasks
    )


def _to_the_end(searches: Iterable[Grid]) -> Iterator[Grid]:
    """What the searches found by one rule for all; and PASTA as its paper has it, its rate falling.

    That shows which part of a difference is the schedule's.
    """
    for search in searches:
        yield ToTheEnd.of(search, _SEEDS)
        if "pasta" in search.methods:
            yield ToTheEnd.of(search, _SEEDS, ("pasta",), falls=True)


_REPLICA_SEARCHES = {
    "03_glue": _replica(_GLUE_TASKS, _REPLICA_LRS),
    "04_superglue": _replica(_SUPERGLUE_TASKS, _REPLICA_LRS),
    "05_ner": _replica(("conll2003",), _REPLICA_LRS),
    "06_ablation": _replica(("cola", "rte", "mrpc", "stsb", "conll2003"), ABLATIONS),
    "07_norm_distribution": _replica(("mrpc", "rte", "stsb"), ("pasta",)),
    "08_top_norm_tokens": _replica(("wsc", "copa", "cb", "superglue-rte"), ("aot-fc",)),
}
_MPNET_STUDY = {
    "03_glue": _mpnet(_GLUE_TASKS),
    "04_superglue": _mpnet(_SUPERGLUE_TASKS),
    "05_ner": _mpnet(("conll2003",)),
}
# What a search found is trained twice: for the few epochs of its own, and to the end.
_REPLICA_STUDY = {
    notebook: (*searches, *_to_the_end(searches), *_MPNET_STUDY.get(notebook, ()))
    for notebook, searches in _REPLICA_SEARCHES.items()
}
REPLICA = Profile(
    "replica",
    "folder",
    _REPLICA_STUDY | {"13_report": tuple(g for grids in _REPLICA_STUDY.values() for g in grids)},
    keeps_adapters=True,
)

# Not a study: the two ends between which every method moves, on each sample task.
_ENDS = Grid(
    tuple(task for task in TASKS if task in GRAMMARS),
    ("classifier", "full"),
    {"classifier": (5e-3, 2e-2), "full": (2e-4,)},
    (42,),
    TrainConfig(epochs=8, batch_size=16),
)
SAMPLE = Profile("sample", "sample", {"difficulty": (_ENDS,)})
PROFILES = {profile.name: profile for profile in (QUICK, REPLICA, PAPER, SAMPLE)}
if paths.REHEARSAL:
    PROFILES = {name: thinned(profile) for name, profile in PROFILES.items()}
