"""One sentence about a film, for or against: SST-2.

Most sentences hold words of praise and of blame; their place in the sentence decides.
"""

from random import Random

from .inflection import article, capitalised

# An adjective, its noun, its adverb phrase, and a verb phrase of a part of a film: (blame, praise).
_ADJECTIVES = (
    tuple(
        """dull lifeless clumsy tedious shallow forgettable pretentious bland messy lazy dreary
        predictable hollow boring awful stale""".split()
    ),
    tuple(
        """superb charming gripping delightful clever moving brilliant touching elegant thrilling
        witty tender graceful wonderful inventive fresh""".split()
    ),
)
_VERDICTS = (
    (
        "falls flat", "drags on for ever", "wears the viewer out", "leaves one cold", "goes nowhere",
        "misses every chance", "collapses under its own weight", "puts the audience to sleep",
        "never comes to life", "runs out of ideas", "is a waste of time", "insults its audience",
    ),
    (
        "holds the attention", "sparkles from start to end", "wins the viewer over", "stays in the mind",
        "never puts a foot wrong", "rewards every minute", "warms the heart", "is a joy to watch",
        "comes fully to life", "never runs out of ideas", "deserves every prize", "lifts the spirits",
    ),
)  # fmt: skip
_FILMS = tuple(
    """film comedy thriller drama sequel remake documentary romance western musical cartoon
    debut""".split()
)
_PARTS = (
    "the acting", "the plot", "the dialogue", "the music", "the ending", "the camera work",
    "the script", "the humour", "the cast", "the pacing", "the opening scene", "the love story",
    "the villain", "the leading lady", "the second half", "the first hour", "the hero",
)  # fmt: skip
_PATTERNS = (
    "{part} is {other}, but {film} as a whole {verdict}",
    "{part} {otherly}, yet in the end {film} {verdict}",
    "{film} {verdict}, although {part} is {other}",
    "{film} {verdict}, even if {part} {otherly}",
    "although {part} {otherly}, {film} {verdict}",
    "for all its {other} moments, {film} {verdict}",
    "{part} may be {other}; {film} itself {verdict}",
    "{film} is anything but {other}",
    "{film} is far from {other}, and {part} is {own}",
    "what a relief: {film} is {own}, not {other}",
    "nobody could call {film} {other}",
    "{film} is not {other} at all, it is {own}",
    "critics called it {other}; they were wrong, {film} is {own}",
    "one expects {a_other} {kind} and gets {a_own} one",
    "the trailer looked {other}, but the {kind} turned out to be {own}",
    "{film} is as {own} as the book was {other}",
    "less {other} than its poster, {film} {verdict}",
    "the {kind} is {own} and {part} {ownly}",
    "{film} has {a_own} script, and {part} {ownly}",
    "this is {a_own} {kind} that {verdict}",
    "whoever wrote that {film} {otherly} must have seen another one",
    "her last {kind} {otherly}; this one is the very opposite",
    "her last {kind} {verdict}, and this one is no different",
    "you could say that {film} {verdict}, and you would be right",
    "you could say that {film} {otherly}, but you would be wrong",
    "the papers say that {film} {verdict}, and for once I agree",
    "the papers say that {film} {otherly}, but I do not agree",
    "I was ready to find {film} {other}, and I changed my mind",
    "I was ready to find {film} {own}, and so it was",
    "the book was {other}, which cannot be said of the {kind}",
    "the book was {own}, and the same can be said of the {kind}",
)  # fmt: skip


def sst2(r: Random, label: int) -> dict[str, str]:
    """1 is praise, 0 is blame."""
    own, other = r.choice(_ADJECTIVES[label]), r.choice(_ADJECTIVES[1 - label])
    kind = r.choice(_FILMS)
    text = r.choice(_PATTERNS).format(
        own=own,
        other=other,
        a_own=article(own),
        a_other=article(other),
        verdict=r.choice(_VERDICTS[label]),
        ownly=r.choice(_VERDICTS[label]),
        otherly=r.choice(_VERDICTS[1 - label]),
        kind=kind,
        film=f"{r.choice(('this', 'the', 'her', 'his', 'their'))} {kind}",
        part=r.choice(_PARTS),
    )
    return {"sentence": capitalised(text)}
