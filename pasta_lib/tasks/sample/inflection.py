"""English inflection, as far as the lexicon needs it; of a phrase, the first word is inflected."""

from collections.abc import Callable

from .phrases import phrases

_IRREGULAR: dict[str, list[str]] = phrases("inflection")["irregular"]


def _on_head(phrase: str, inflect: Callable[[str], str]) -> str:
    head, *rest = phrase.split(" ")
    return " ".join([inflect(head), *rest])


def _ends_in_consonant_y(word: str) -> bool:
    return word.endswith("y") and word[-2] not in "aeiou"


def _with_ed(verb: str) -> str:
    if _ends_in_consonant_y(verb):
        return verb[:-1] + "ied"
    return verb + ("d" if verb.endswith("e") else "ed")


def past(phrase: str) -> str:
    """Return the past tense: "feed the hens" -> "fed the hens"."""
    return _on_head(phrase, lambda verb: _IRREGULAR.get(verb, [_with_ed(verb)])[0])


def participle(phrase: str) -> str:
    """Return the past participle: "write the letter" -> "written the letter"."""
    return _on_head(phrase, lambda verb: _IRREGULAR.get(verb, [_with_ed(verb)])[-1])


def _with_ing(verb: str) -> str:
    if verb == "shut":
        return "shutting"
    silent_e = verb.endswith("e") and not verb.endswith("ee")
    return (verb[:-1] if silent_e else verb) + "ing"


def gerund(phrase: str) -> str:
    """Return the -ing form: "shut the door" -> "shutting the door"."""
    return _on_head(phrase, _with_ing)


def plural(noun: str) -> str:
    """Return the plural of a regular noun: "canary" -> "canaries"."""
    if _ends_in_consonant_y(noun):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "sh", "ch", "x")) else "s")


def article(phrase: str) -> str:
    """Return `phrase` after "a" or "an", by its first letter."""
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def capitalised(text: str) -> str:
    """Return `text` as a sentence: with a capital, and a full stop where no mark ends it."""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".?" else ".")
