"""IOB1 tags (B- only between neighbours of one type) become IOB2 (every entity starts with B-)."""

from collections import Counter
from collections.abc import Iterator, Sequence

from .values import shown


class ImpossibleTag(ValueError):
    """A tag that its scheme does not allow after the one before; `sentence`, `word` say where."""

    def __init__(self, sentence: int, word: int, tag: str, before: str) -> None:
        super().__init__(f"tag {shown(tag)} cannot follow {shown(before)} in IOB2")
        self.sentence, self.word = sentence, word


def to_iob2(sentences: Sequence[Sequence[str]]) -> tuple[list[list[str]], int]:
    """Return `sentences` in IOB2, keeping every entity, and how many B- tags were odd for IOB1.

    After O or another type an entity opens by I- in IOB1 and by B- in IOB2: the scheme is what most
    do. In IOB2 an I- that opens raises `ImpossibleTag`; in IOB1 a B- that opens is only counted, as
    the official training file has two.
    """
    openings = Counter(tag[0] for tags in sentences for tag, _, opens in _walk(tags) if opens)
    iob1 = openings["I"] > openings["B"]
    converted: list[list[str]] = []
    for i, tags in enumerate(sentences):
        converted.append([])
        for j, (tag, before, opens) in enumerate(_walk(tags)):
            if opens and tag[0] == "I":
                if not iob1:
                    raise ImpossibleTag(i, j, tag, before)
                tag = f"B-{tag[2:]}"
            converted[-1].append(tag)
    return converted, openings["B"] if iob1 else 0


def _walk(tags: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Yield each tag, the one before it, and whether it follows O or an entity of another type."""
    before = "O"
    for tag in tags:
        yield tag, before, tag != "O" and before[2:] != tag[2:]
        before = tag
