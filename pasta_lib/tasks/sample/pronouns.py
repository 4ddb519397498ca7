"""A pronoun and a name that it may stand for: WSC.

A scene has two ends, which tell whom the pronoun means; mostly "he" and "she" tell it too.
"""

from random import Random

from .lexicon import MEN, WOMEN
from .phrases import phrases

_SCENES = phrases("pronouns")["scenes"]


def wsc(r: Random, label: int) -> dict[str, object]:
    """1: the pronoun (span 2) stands for the name (span 1); 0: it stands for the other name."""
    frame, *ends = r.choice(_SCENES)
    people = r.sample((r.choice(WOMEN), r.choice(MEN)), 2)
    if r.random() < 0.3:
        people = r.sample(r.choice((WOMEN, MEN)), 2)
    meant = r.randrange(2)
    pronoun = "she" if people[meant] in WOMEN else "he"
    text = f"{frame.format(a=people[0], b=people[1], p=pronoun)} {ends[meant]}."
    name = people[meant if label else 1 - meant]
    words = text.split()
    return {
        "text": text,
        "span1_index": words.index(name),
        "span1_text": name,
        "span2_index": words.index(pronoun),
        "span2_text": pronoun,
    }
