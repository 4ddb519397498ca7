"""A premise and two alternatives, its cause or its effect: COPA.

The premise is an event inside a chain of which each brings about the next; the alternatives are its
neighbours there. So both belong to it, and only the question tells which is meant.
"""

from random import Random

from .inflection import capitalised
from .lexicon import MEN, WOMEN
from .phrases import phrases

_CHAINS = phrases("causes")["chains"]


def copa(r: Random, label: int) -> dict[str, str]:
    """0: `choice1` is the cause, or the effect, that the question asks for; 1: `choice2` is."""
    who = r.choice(WOMEN + MEN)
    question = r.choice(("cause", "effect"))
    chain, start = r.choice(_CHAINS), r.randrange(2)
    cause, premise, effect = (capitalised(e.format(who=who)) for e in chain[start : start + 3])
    right, wrong = (cause, effect) if question == "cause" else (effect, cause)
    first, second = (wrong, right) if label else (right, wrong)
    return {"premise": premise, "choice1": first, "choice2": second, "question": question}
