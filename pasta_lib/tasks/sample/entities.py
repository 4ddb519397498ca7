"""Words and their entity tags: CoNLL-2003.

Persons, towns, clubs and companies share their names: only the words around one tell which it is.
"""

from collections.abc import Callable
from random import Random

from .lexicon import COUNTRIES, DAYS, MEN, SURNAMES, WOMEN
from .phrases import phrases

TAGS = ("O", *(f"{mark}-{kind}" for kind in ("PER", "ORG", "LOC", "MISC") for mark in "BI"))

_PHRASES = phrases("entities")


def _person(r: Random) -> list[str]:
    first, last = r.choice(WOMEN + MEN), r.choice(SURNAMES)
    return r.choice(([first, last], [last], [last], [first, r.choice(SURNAMES), last]))


def _club(r: Random) -> list[str]:
    name = r.choice(SURNAMES)
    return r.choice(([name], [name], [name, r.choice(("United", "Rovers", "City", "Athletic"))]))


def _firm(r: Random) -> list[str]:
    one, other = r.sample(SURNAMES, 2)
    trade, body = r.choice(_PHRASES["companies"]), r.choice(_PHRASES["bodies"])
    return r.choice(
        ([one], [one, trade], [one, "and", other], [one, body], [r.choice(COUNTRIES), trade])
    )


def _place(r: Random) -> list[str]:
    name = r.choice(SURNAMES)
    return r.choice(([name], [name], [r.choice(COUNTRIES)], ["Lake", name], ["Port", name]))


def _event(r: Random) -> list[str]:
    return [
        r.choice((r.choice(SURNAMES), r.choice(_PHRASES["nations"]))),
        r.choice(_PHRASES["events"]),
    ]


# What a template's slot stands for: the kind of entity, None where it is none, and its words.
_SLOTS: dict[str, tuple[str | None, Callable[[Random], list[str]]]] = {
    "{person}": ("PER", _person),
    "{surname}": ("PER", lambda r: [r.choice(SURNAMES)]),
    "{club}": ("ORG", _club),
    "{firm}": ("ORG", _firm),
    "{place}": ("LOC", _place),
    "{country}": ("LOC", lambda r: [r.choice(COUNTRIES)]),
    "{nation}": ("MISC", lambda r: [r.choice(_PHRASES["nations"])]),
    "{event}": ("MISC", _event),
    "{day}": (None, lambda r: [r.choice(DAYS)]),
    "{job}": (None, lambda r: [r.choice(_PHRASES["jobs"])]),
    "{number}": (None, lambda r: [str(r.randint(2, 60))]),
    "{score}": (None, lambda r: [str(r.randint(1, 5)), "-", "0"]),
}


def conll2003(r: Random, label: None) -> dict[str, list]:
    """Return a sentence's words and their tags, as positions in `TAGS`."""
    tokens, tags = [], []
    for part in r.choice(_PHRASES["templates"]).split():
        kind, words = None, [part]
        if part in _SLOTS:
            kind, draw = _SLOTS[part]
            words = draw(r)
        inside = ["O" if kind is None else f"I-{kind}"] * len(words)
        tags += inside if kind is None else [f"B-{kind}", *inside[1:]]
        tokens += words
    return {"tokens": tokens, "ner_tags": [TAGS.index(tag) for tag in tags]}
