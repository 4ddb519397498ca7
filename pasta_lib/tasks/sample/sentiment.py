"""One sentence about a film, for or against it: SST-2.

Most sentences hold words of praise and of blame; how they are put together decides.
"""

from random import Random

from .inflection import article, capitalised
from .phrases import phrases

_PHRASES = phrases("sentiment")
_ADJECTIVES = _PHRASES["blame"], _PHRASES["praise"]
_VERDICTS = _PHRASES["blamed"], _PHRASES["praised"]


def sst2(r: Random, label: int) -> dict[str, str]:
    """1 is praise, 0 is blame."""
    own, other = r.choice(_ADJECTIVES[label]), r.choice(_ADJECTIVES[1 - label])
    kind = r.choice(_PHRASES["films"])
    text = r.choice(_PHRASES["patterns"]).format(
        own=own,
        other=other,
        a_own=article(own),
        a_other=article(other),
        verdict=r.choice(_VERDICTS[label]),
        ownly=r.choice(_VERDICTS[label]),
        otherly=r.choice(_VERDICTS[1 - label]),
        kind=kind,
        film=f"{r.choice(('this', 'the', 'her', 'his', 'their'))} {kind}",
        part=r.choice(_PHRASES["parts"]),
    )
    return {"sentence": capitalised(text)}
