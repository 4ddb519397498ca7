"""The grids as data: which runs each notebook needs, by profile."""

from collections.abc import Iterable

from ..tasks import TASKS
from ..training import TrainConfig
from .grid import Grid as Grid
from .grid import Profile as Profile
from .paper import PAPER

ABLATIONS = ("pasta", "pasta-no-cls", "pasta-no-sep", "pasta-shared", "classifier")

# Learning rates found by hand on the sample tasks: the quick profile shows that everything works,
# it does not search. Two of them share a pack.
_PASTA_LRS = (1e-2, 3e-2)
_QUICK_LRS = {
    "full": (2e-4,),
    "classifier": (5e-3, 2e-2),
    "pasta": _PASTA_LRS,
    "pasta-no-cls": _PASTA_LRS,
    "pasta-no-sep": _PASTA_LRS,
    "pasta-shared": _PASTA_LRS,
    "pasta-random": _PASTA_LRS,
    "aot-naive": (5e-3,),
    "aot-kron": (2e-2,),
    "aot-fc": (5e-3,),
    "bitfit": (1e-3,),
    "lora": (2e-3,),
    "lora-fused": (2e-3,),
    "adapter": (1e-3,),
    "diff-prune": (3e-4,),
    "p-tuning-v1": (1e-2,),
    "p-tuning-v2": (1e-2,),
}
_QUICK_TRAIN = TrainConfig(epochs=4, batch_size=16, train_rows=400, eval_rows=300)


def _quick(tasks: tuple[str, ...], methods: Iterable[str]) -> tuple[Grid, ...]:
    return (Grid(tasks, tuple(methods), _QUICK_LRS, (42,), _QUICK_TRAIN),)


_GLUE = (
    *_quick(("rte",), _QUICK_LRS),
    *_quick(("cola",), ("full", *ABLATIONS, "aot-kron", "aot-fc")),
)
_NER = _quick(("conll2003",), ("full", *ABLATIONS, "aot-fc", "p-tuning-v2"))
_TASKS = ("cola", "rte", "conll2003")

QUICK = Profile(
    "quick",
    "sample",
    {
        "03_glue": _GLUE,
        "05_ner": _NER,
        "06_ablation": _quick(_TASKS, ABLATIONS),
        "07_norm_distribution": _quick(_TASKS, ("pasta",)),
        "08_top_norm_tokens": _quick(_TASKS, ("aot-fc",)),
        "13_report": (*_GLUE, *_NER),
    },
)
# Not a study: the two ends between which every method moves, on each sample task.
_ENDS = Grid(
    tuple(TASKS), ("classifier", "full"), _QUICK_LRS, (42,), TrainConfig(epochs=8, batch_size=16)
)
SAMPLE = Profile("sample", "sample", {"difficulty": (_ENDS,)})
PROFILES = {profile.name: profile for profile in (QUICK, PAPER, SAMPLE)}
