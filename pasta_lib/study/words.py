"""The class of a token by its form alone, from closed lists and a lexicon (lemminflect's).

The lexicon is the SPECIALIST lexicon's English forms with their parts of speech; without a
context a form may belong to several, so only a form that is nothing else counts as a name, a verb
or an adverb.
"""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import lemminflect

_FILE = Path(__file__).with_name("words.toml")
_LISTS = {
    name: frozenset(word for words in lists.values() for word in words.split())
    for name, lists in tomllib.loads(_FILE.read_text(encoding="utf-8")).items()
}
_ONLY = {"PROPN": "names", "VERB": "verbs", "ADV": "adverbs"}
_STARTS = "Ġ▁"  # how byte-level and SentencePiece vocabularies mark the start of a word

CLASSES = (
    "pronouns",
    "names",
    "verbs",
    "verbs or other",
    "adverbs",
    "function words",
    "other words",
    "digits, signs",
    "pieces, unknown",
)


def word_class(token: str) -> str:
    """Return which of `CLASSES` a token of a vocabulary belongs to.

    The first that holds: a token without letters or of a special form, our lists, a marked piece
    or a letter alone, and what the lexicon knows of the form.
    """
    word = token.lstrip(_STARTS).strip().lower()
    if not any(letter.isalpha() for letter in word) or word[0] + word[-1] in ("[]", "<>"):
        return "digits, signs"
    for name, words in _LISTS.items():
        if word in words:
            return name
    if word.startswith("##") or len(word) == 1:
        return "pieces, unknown"
    return _known(word)


def count(tokens: Iterable[str]) -> dict[str, int]:
    """Return how many of the tokens belong to each class."""
    found = Counter(map(word_class, tokens))
    return {name: found[name] for name in CLASSES}


@cache
def edition() -> str:
    """Return a name for this way of counting, another for any change of lists, lexicon or code."""
    digest = hashlib.sha256(lemminflect.__version__.encode())
    for file in (Path(__file__), _FILE):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _known(word: str) -> str:
    """Return the class of a word that is in none of our lists."""
    kinds = set(lemminflect.getAllLemmas(word))
    if lemminflect.getAllLemmas(word, upos="PROPN"):  # the lexicon has it with a capital
        kinds.add("PROPN")
    if not kinds:
        return "pieces, unknown"
    if len(kinds) == 1:
        return _ONLY.get(kinds.pop(), "other words")
    return "verbs or other" if "VERB" in kinds else "other words"
