"""The papers' own grids, as they print them.

AoT's Table 5 lost its columns on the way into text: it is read as `data/published/aot.csv` marks
it. Its first block holds for every method but fine-tuning, and its last one, RTE, for all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...tasks import TASKS
from ...training import TrainConfig
from .grid import Grid, Profile

# PASTA, Appendix B: the search space, one seed, at most 128 tokens; the schedule is its code's.
_PASTA_LRS = (5e-4, 1e-3, 2e-3, 2.5e-3, 3e-3, 4.5e-3, 5e-3, 7e-3)
_PASTA_EPOCHS = (50, 80, 100, 150)
_PASTA_SEEDS = (42,)
_GLUE = ("cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte")
_ABLATIONS = ("pasta", "pasta-no-cls", "pasta-no-sep", "pasta-shared", "classifier")

# AoT, §4.1 and Tables 5 and 6: a constant rate, several seeds but for DeBERTa-XL.
_SUPERGLUE = ("superglue-rte", "copa", "wsc", "wic", "multirc", "cb", "boolq")
_RTE = ("rte", "superglue-rte")
_RTE_LRS = (1e-5, 5e-5, 1e-4, 5e-4, 5e-3, 1e-3, 2e-3, 1e-2)
_RTE_BATCHES = (16, 32, 64, 128)
_FULL_LRS = (1e-5, 5e-5, 1e-4, 5e-4, 5e-3)
_RANKS = {
    "full": ("", ()),
    "bitfit": ("", ()),
    "adapter": ("size", (16, 32, 64, 128, 256)),
    "lora": ("rank", (2, 4, 16, 32, 64)),
    "p-tuning-v1": ("prefix", (5, 10, 20, 50, 100)),
    "p-tuning-v2": ("prefix", (5, 10, 20, 50, 100)),
    "aot-kron": ("rank", (5, 10, 25, 30, 50)),
    "aot-fc": ("rank", (32, 64, 128, 256, 512)),
}


@dataclass(frozen=True)
class _Family:
    """One half of AoT's Table 5: what depends on the backbone."""

    lrs: tuple[float, ...]
    batches: tuple[int, ...]
    seeds: tuple[int, ...]
    kronecker: Mapping[str, int]


# Which five seeds is not said.
_ROBERTA = _Family((1e-4, 5e-4, 5e-3, 1e-3), (16, 64), (1, 2, 3, 4, 5), {"a": 256, "b": 200})
_DEBERTA = _Family(
    (5e-5, 1e-4, 3e-4, 5e-4, 1e-3, 2e-3, 5e-3), (16, 32, 64), (1,), {"a": 360, "b": 360}
)


def _pasta(backbone: str, tasks: tuple[str, ...], methods: tuple[str, ...]) -> Iterator[Grid]:
    """Yield the grids of one backbone in PASTA's tables."""
    for task in tasks:
        spec, recipe = TASKS[task], TASKS[task].pasta
        roberta = backbone.startswith("roberta")
        for epochs in _PASTA_EPOCHS:
            train = TrainConfig(
                epochs=epochs,
                batch_size=recipe.batch_size * recipe.gpus,  # a step's, over all GPUs (Table 6)
                max_length=128,
                metric=spec.pasta_roberta_metric if roberta else spec.pasta_metric,
            )
            lrs = dict.fromkeys(methods, _PASTA_LRS)
            yield Grid((task,), methods, lrs, _PASTA_SEEDS, train, backbone, "hub")


def _aot(
    backbone: str, family: _Family, tasks: tuple[str, ...], methods: tuple[str, ...] = (*_RANKS,)
) -> Iterator[Grid]:
    """Yield the grids of one backbone in AoT's tables."""
    for task in tasks:
        epochs, patience = TASKS[task].aot
        for method in methods:
            lrs = _FULL_LRS if method == "full" else family.lrs
            if task in _RTE:
                lrs = _RTE_LRS
            fixed = family.kronecker if method == "aot-kron" else {}
            name, ranks = _RANKS[method]
            fields = tuple(fixed | {name: rank} for rank in ranks) or (fixed,)
            for size in _RTE_BATCHES if task in _RTE else family.batches:
                train = TrainConfig(
                    epochs=epochs, patience=patience, batch_size=size, schedule="constant"
                )
                yield Grid(
                    (task,),
                    (method,),
                    {method: lrs},
                    family.seeds,
                    train,
                    backbone,
                    "hub",
                    {method: fields},
                )


_AOT_GLUE = tuple(
    grid
    for backbone in ("roberta-base", "roberta-large")
    for grid in _aot(backbone, _ROBERTA, _GLUE)
)
_AOT_SUPERGLUE = (
    *_aot("roberta-large", _ROBERTA, _SUPERGLUE),
    *_aot("deberta-xl", _DEBERTA, _SUPERGLUE),
)
_PASTA_GLUE = tuple(
    grid
    for backbone in ("bert-large", "roberta-large", "bert-base")  # Tables 2, 3 and 5
    for grid in _pasta(backbone, _GLUE, ("pasta",))
)
_PASTA_NER = tuple(_pasta("bert-large", ("conll2003",), ("pasta", "classifier")))
_PASTA_ABLATION = tuple(  # Table 4
    _pasta("bert-large", ("cola", "rte", "mrpc", "stsb", "conll2003"), _ABLATIONS)
)
_PASTA_NORMS = tuple(_pasta("bert-large", ("mrpc", "rte", "stsb"), ("pasta",)))  # Figure 4
_AOT_TOKENS = tuple(  # Tables 7 to 10
    _aot("deberta-xl", _DEBERTA, ("wsc", "copa", "superglue-rte", "cb"), ("aot-fc",))
)

_NOTEBOOKS = {
    "03_glue": (*_PASTA_GLUE, *_AOT_GLUE),
    "04_superglue": _AOT_SUPERGLUE,
    "05_ner": _PASTA_NER,
    "06_ablation": _PASTA_ABLATION,
    "07_norm_distribution": _PASTA_NORMS,
    "08_top_norm_tokens": _AOT_TOKENS,
    "09_prefix_and_rank": (*_AOT_GLUE, *_AOT_SUPERGLUE),  # Figures 1, 3, 5 and 7
    "10_expected_validation": (*_AOT_GLUE, *_AOT_SUPERGLUE),  # Figures 6 and 8
}
PAPER = Profile(
    "paper",
    "hub",
    _NOTEBOOKS | {"13_report": tuple(grid for grids in _NOTEBOOKS.values() for grid in grids)},
)
