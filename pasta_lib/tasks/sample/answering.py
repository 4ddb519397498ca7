"""Facts about buildings, asked for: QNLI, BoolQ and MultiRC."""

from itertools import count
from random import Random

from .inflection import past
from .lexicon import CITIES, MEN, SURNAMES, TOWN, WOMEN
from .phrases import phrases

_PHRASES = phrases("answering")
_FACTS, _PROPERTIES = _PHRASES["facts"], _PHRASES["properties"]


def _year(r: Random) -> str:
    return str(r.randint(1700, 2015))


def _name(r: Random) -> str:
    return f"{r.choice(WOMEN + MEN)} {r.choice(SURNAMES)}"


_VALUES = {
    "built": _year,
    "repaired": _year,
    "sold": _year,
    "designer": _name,
    "owner": _name,
    "height": lambda r: str(r.randint(12, 140)),
    "cost": lambda r: str(r.randint(2, 90)),
    "visitors": lambda r: str(r.randint(3, 95)),
    "place": lambda r: r.choice(CITIES),
    "material": lambda r: r.choice(_PHRASES["materials"]),
    "reason": lambda r: r.choice(_PHRASES["sights"]),
}


def _building(r: Random) -> str:
    name = r.choice(SURNAMES)
    return f"{name} {r.choice(_PHRASES['buildings'])}"


def _clause(r: Random, fact: str) -> str:
    return r.choice(_FACTS[fact]["clauses"]).format(_VALUES[fact](r))


def qnli(r: Random, label: int) -> dict[str, str]:
    """0: the sentence answers the question; 1: it tells two other facts of the same building."""
    building = _building(r)
    asked, *others = r.sample(tuple(_FACTS), 3)
    told = others if label else [asked, others[0]]
    r.shuffle(told)
    one, other = (_clause(r, fact) for fact in told)
    return {
        "question": r.choice(_FACTS[asked]["questions"]).format(it=building),
        "sentence": f"The {building} {one} and {other}.",
    }


def boolq(r: Random, label: int) -> dict[str, str]:
    """1 is yes, 0 is no; of another property the passage mostly says the opposite."""
    building = _building(r)
    asked, other = r.sample(_PROPERTIES, 2)
    answer, opposite = ("yes", "no") if label else ("no", "yes")
    statements = [
        r.choice(asked[answer]),
        r.choice(other[opposite if r.random() < 0.7 else answer]),
    ]
    r.shuffle(statements)
    opening = f"The {building} {_clause(r, r.choice(_PHRASES['openings']))}."
    return {
        "question": r.choice(asked["questions"]).format(it=building).lower(),
        "passage": " ".join((opening, *statements)),
    }


def multirc(r: Random, label: None) -> dict[str, object]:
    """Return a paragraph with its questions, each with its answers and whether they are right."""
    one, two, three, absent = r.sample(WOMEN + MEN, 4)
    shared, *acts = (past(action) for action in r.sample(TOWN.actions, 8))
    when, then = r.sample(TOWN.times, 2)
    sentences = [
        f"{one} {acts[0]} and {acts[1]} {when}.",
        f"{two} {acts[2]}, and then {acts[3]}.",
        f"{three} {acts[4]} {then}.",
    ]
    r.shuffle(sentences)
    doers = r.sample((one, two, three), 2)
    joined = r.choice(("{0} {act}, and so did {1}.", "{0} and {1} {act}.")).format(
        *doers, act=shared
    )
    (who, done), (_, by_another) = r.sample(((one, acts[:2]), (two, acts[2:4])), 2)
    not_done = r.sample([r.choice(by_another), *acts[5:]], 2)
    questions = (
        (f"Who {shared}?", [(name, int(name in doers)) for name in (one, two, three, absent)]),
        (f"What did {who} do?", [(act, int(act in done)) for act in [*done, *not_done]]),
    )
    for _, answers in questions:
        r.shuffle(answers)
    return {"paragraph": " ".join((*sentences, joined)), "questions": questions}


def unfolded(passages: list[dict]) -> list[dict]:
    """Return a row for each answer to each question of each passage, all three numbered."""
    questions, answers, rows = count(), count(), []
    for number, passage in enumerate(passages):
        for question, choices in passage["questions"]:
            numbers = {"paragraph": number, "question": next(questions)}
            rows += [
                {
                    "paragraph": passage["paragraph"],
                    "question": question,
                    "answer": answer,
                    "idx": numbers | {"answer": next(answers)},
                    "label": label,
                }
                for answer, label in choices
            ]
    return rows
