"""Two sentences of news that report the same fact, or not: MRPC.

Also where they differ they share nearly all words: in one detail, or in who did it to whom.
"""

from random import Random

from .inflection import capitalised
from .lexicon import CITIES, COUNTRIES, DAYS, MEN, NUMBERS, SURNAMES, WOMEN
from .phrases import phrases

_EVENTS = phrases("paraphrase")["events"]
_POOLS = {
    "a": SURNAMES,
    "b": SURNAMES,
    "n": NUMBERS,
    "day": DAYS,
    "city": CITIES,
    "country": COUNTRIES,
    "person": [f"{first} {last}" for first in WOMEN + MEN for last in SURNAMES],
}


def mrpc(r: Random, label: int) -> dict[str, str]:
    """1 is the same fact in other words, 0 is another fact."""
    one, other = r.sample(r.choice(_EVENTS), 2)
    slots = [slot for slot in _POOLS if f"{{{slot}}}" in one]
    fact = {slot: r.choice(_POOLS[slot]) for slot in slots}
    report = dict(fact)
    if not label and "b" in slots and r.random() < 0.3:
        report |= {"a": fact["b"], "b": fact["a"]}
    elif not label:
        changed = r.choice(slots)
        while report[changed] in fact.values():
            report[changed] = r.choice(_POOLS[changed])
    return {
        "sentence1": capitalised(one.format(**fact)),
        "sentence2": capitalised(other.format(**report)),
    }
