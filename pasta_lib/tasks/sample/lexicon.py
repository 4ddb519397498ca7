"""The words that several grammars share."""

from dataclasses import dataclass

from .phrases import phrases


@dataclass(frozen=True)
class World:
    """Words of one genre that make sense together; verbs in their base form, nouns in the singular.

    `people` are nouns of persons, `groups` plural ones; `towards` are verbs from person to person,
    none of them mutual; `actions` are verb phrases with an object; `things` maps a kind to its
    members, which one can buy or lose; `times` and `places` are adverbials.
    """

    people: list[str]
    groups: list[str]
    towards: list[str]
    actions: list[str]
    things: dict[str, list[str]]
    times: list[str]
    places: list[str]


_LEXICON = phrases("lexicon")
_NAMES: dict[str, list[str]] = _LEXICON["names"]

TOWN = World(**_LEXICON["town"])
TALE = World(**_LEXICON["tale"])

WOMEN = _NAMES["women"]
MEN = _NAMES["men"]
NUMBERS = _NAMES["numbers"]
DAYS = _NAMES["days"]
CITIES = _NAMES["cities"]
COUNTRIES = _NAMES["countries"]
# Names of people, towns, clubs and companies alike: "Ashford", "Hartley".
SURNAMES = [start + end for start in _NAMES["beginnings"] for end in _NAMES["ends"]]
