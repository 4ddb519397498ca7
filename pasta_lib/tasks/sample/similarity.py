"""Two sentences and how near they are in meaning, from 0 to 5: STS-B.

A scene has three parts: who, what they do, and where. A part of the second sentence says the same
(in these or in other words), something akin, or something else: all, half or none of its worth.
"""

from random import Random

from .inflection import capitalised
from .phrases import phrases

_FAMILIES = phrases("similarity")
_WORTH = {"who": 1.5, "what": 2.5, "where": 1.0}


def _two(r: Random, part: str) -> tuple[str, str, float]:
    """Return two phrases for one part of a scene, and what their nearness is worth."""
    family, another = r.sample(_FAMILIES[part], 2)
    said, akin = r.sample(family, 2)
    near, second = r.choice(((1, said), (1, said), (0.5, akin), (0, r.choice(another))))
    return r.choice(said), r.choice(second), near * _WORTH[part]


def stsb(r: Random, label: None) -> dict[str, object]:
    """Return the score with the sentences: the sum of what their parts are worth."""
    firsts, seconds, worths = zip(*(_two(r, part) for part in _WORTH), strict=True)
    return {
        "sentence1": capitalised("{} is {} {}".format(*firsts)),
        "sentence2": capitalised("{} is {} {}".format(*seconds)),
        "label": sum(worths),
    }
