"""A word in two sentences, in one sense or in two: WiC."""

import re
from random import Random

from .inflection import capitalised
from .lexicon import MEN, TOWN, WOMEN
from .phrases import phrases

_SENSES = phrases("senses")


def _use(r: Random, word: str, use: str, number: int) -> dict[str, object]:
    who = r.choice((*WOMEN, *MEN, *(f"the {person}" for person in TOWN.people)))
    text = capitalised(use.format(who=who, when=r.choice(TOWN.times)))
    start, end = next(re.finditer(rf"\b{word}\b", text, re.IGNORECASE)).span()
    return {f"sentence{number}": text, f"start{number}": start, f"end{number}": end}


def wic(r: Random, label: int) -> dict[str, object]:
    """1 is the same sense, 0 another."""
    word = r.choice(tuple(_SENSES))
    sense, other = r.sample(_SENSES[word], 2)
    first, second = r.sample(sense, 2)
    if not label:
        second = r.choice(other)
    return {"word": word} | _use(r, word, first, 1) | _use(r, word, second, 2)
