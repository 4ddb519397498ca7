"""How many rows a task has and how long they are, by source: what a run costs follows from it."""

from typing import NamedTuple

from ...tasks.sample import GRAMMARS, SIZES


class Extent(NamedTuple):
    """Rows of train, of validation and of what else is scored once, and the mean tokens of a row.

    Tokens are those of BERT's uncased vocabulary in the training split, specials included, cut at
    the task's longest input; of COPA's two inputs the longer one counts, for the other is padded.
    """

    train: int
    validation: int
    scored_once: int
    tokens: float


# The official splits. Their tokens were counted on public copies of the training files.
_REAL = {
    "cola": Extent(8_551, 1_043, 0, 11),
    "sst2": Extent(67_349, 872, 0, 13),
    "mrpc": Extent(3_668, 408, 1_725, 53),
    "stsb": Extent(5_749, 1_500, 0, 28),
    "qqp": Extent(363_846, 40_430, 0, 31),
    "mnli": Extent(392_702, 9_815, 9_832, 40),
    "qnli": Extent(104_743, 5_463, 0, 49),
    "rte": Extent(2_490, 277, 0, 67),
    "boolq": Extent(9_427, 3_270, 0, 140),
    "cb": Extent(250, 56, 0, 78),
    "copa": Extent(400, 100, 0, 18),
    "multirc": Extent(27_243, 4_848, 0, 330),
    "superglue-rte": Extent(2_490, 277, 0, 67),
    "wic": Extent(5_428, 638, 0, 25),
    "wsc": Extent(554, 104, 0, 34),
    "conll2003": Extent(14_041, 3_250, 3_453, 20),
}
_SAMPLE_TOKENS = {
    "cola": 11.7,
    "sst2": 16.0,
    "mrpc": 32.4,
    "stsb": 23.7,
    "qqp": 20.0,
    "mnli": 21.7,
    "qnli": 28.7,
    "rte": 21.6,
    "boolq": 34.5,
    "cb": 29.1,
    "copa": 15.5,
    "multirc": 48.5,
    "superglue-rte": 21.6,
    "wic": 23.7,
    "wsc": 16.4,
    "conll2003": 14.5,
}


def extent(task: str, source: str) -> Extent:
    """Return the extent of a task in the sample, or of the real one for "folder" and "hub"."""
    if source != "sample":
        return _REAL[task]
    grammar = GRAMMARS[task]
    scored_once = SIZES["test"] if grammar.hidden is None else 0
    scored_once += SIZES["validation"] if grammar.mismatched else 0
    return Extent(SIZES["train"], SIZES["validation"], scored_once, _SAMPLE_TOKENS[task])
