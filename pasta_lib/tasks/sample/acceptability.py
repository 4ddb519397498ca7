"""One sentence, acceptable or not: CoLA.

Each contrast makes a sentence of English and one that breaks a single rule of its grammar.
"""

from collections.abc import Callable
from random import Random

from .inflection import article, capitalised, gerund, participle, past, plural
from .lexicon import CITIES, MEN, TOWN, WOMEN
from .phrases import phrases

Contrast = Callable[[Random], tuple[str, str]]

_PHRASES = phrases("acceptability")


def _person(r: Random) -> str:
    return f"the {r.choice(TOWN.people)}"


def _when_or_where(r: Random) -> str:
    return r.choice(TOWN.times + TOWN.places)


def _where(r: Random) -> str:
    """An adverbial for tenses that do not go with "last week"."""
    return r.choice(TOWN.places)


def _thing(r: Random) -> str:
    return r.choice(r.choice(list(TOWN.things.values())))


def _verb(r: Random, kind: str) -> str:
    return past(r.choice(_PHRASES[kind]))


def agreement(r: Random) -> tuple[str, str]:
    """The verb agrees with its subject, also with another noun in between."""
    one, other = r.sample(TOWN.people, 2)
    origin = f" from {r.choice(CITIES)}"
    between = r.choice(("", "", f" near the {other}", f" behind the {other}", origin))
    predicates, noun = r.choice(_PHRASES["predicates"]), one
    if r.random() < 0.5:
        predicates, noun = predicates[::-1], plural(one)
    right, wrong = predicates
    subject, end = f"the {noun}{between}", _where(r)
    return f"{subject} {right} {end}", f"{subject} {wrong} {end}"


def reflexives(r: Random) -> tuple[str, str]:
    """A reflexive agrees with its subject."""
    who, own = r.choice(((r.choice(WOMEN), "herself"), (r.choice(MEN), "himself")))
    pronouns = ("himself", "herself", "themselves", "myself")
    wrong = r.choice([pronoun for pronoun in pronouns if pronoun != own])
    clause = f"{who} {past(r.choice(TOWN.towards))}"
    clause = r.choice((clause, f"everybody says that {clause}"))
    end = _when_or_where(r)
    return f"{clause} {own} {end}", f"{clause} {wrong} {end}"


def objects(r: Random) -> tuple[str, str]:
    """An intransitive verb takes no object, a transitive one needs one."""
    who, end = _person(r), _when_or_where(r)
    act = past(r.choice(TOWN.actions))
    _, thing = act.split(" ", 1)
    doing, needy = _verb(r, "intransitive"), _verb(r, "transitive")
    good, bad = r.choice(
        (
            (act, f"{doing} {thing}"),
            (doing, f"{doing} {_person(r)}"),
            (doing, needy),
        )
    )
    return f"{who} {good} {end}", f"{who} {bad} {end}"


def datives(r: Random) -> tuple[str, str]:
    """Some verbs of giving take two objects, others need "to"."""
    one, other = (f"the {noun}" for noun in r.sample(TOWN.people, 2))
    thing, end = f"the {_thing(r)}", _when_or_where(r)
    gave, explained = _verb(r, "giving"), _verb(r, "giving_to")
    good = r.choice((f"{gave} {other} {thing}", f"{explained} {thing} to {other}"))
    return f"{one} {good} {end}", f"{one} {explained} {other} {thing} {end}"


def determiners(r: Random) -> tuple[str, str]:
    """A determiner agrees in number with its noun."""
    noun, buyer, end = _thing(r), f"{_person(r)} {_verb(r, 'trading')}", _when_or_where(r)
    one = r.choice(("this", "that", "another", "every", "each"))
    many = r.choice(("these", "those", "several", "many", "both"))
    right, wrong = one, many
    if r.random() < 0.5:
        right, wrong, noun = many, one, plural(noun)
    return f"{buyer} {right} {noun} {end}", f"{buyer} {wrong} {noun} {end}"


def auxiliaries(r: Random) -> tuple[str, str]:
    """An auxiliary decides the form of the verb that follows it."""
    who, action, end = _person(r), r.choice(TOWN.actions), _where(r)
    form = r.choice(("base", "base", "participle", "gerund"))
    auxiliary = r.choice(_PHRASES["auxiliaries"][form])
    base, done, doing = action, participle(action), gerund(action)
    right, wrong = {
        "base": (base, {past(action), done, doing} - {base}),
        "participle": (done, {base, past(action), doing} - {done}),
        # Not the participle: "the nurse was sold the boat" is a passive.
        "gerund": (doing, {base}),
    }[form]
    return f"{who} {auxiliary} {right} {end}", f"{who} {auxiliary} {r.choice(sorted(wrong))} {end}"


def word_order(r: Random) -> tuple[str, str]:
    """Determiner, adjective, noun; subject, verb, object, adverbial."""
    noun, adjective = r.choice(TOWN.people), r.choice(_PHRASES["adjectives"])
    verb, thing = past(r.choice(TOWN.actions)).split(" ", 1)
    end = _when_or_where(r)
    bad = r.choice(
        (
            f"the {noun} {adjective} {verb} {thing} {end}",
            f"the {adjective} {noun} {thing} {verb} {end}",
            f"{adjective} the {noun} {verb} {thing} {end}",
            f"the {adjective} {noun} {verb} {end} {thing}",
            f"{verb} the {adjective} {noun} {thing} {end}",
        )
    )
    return f"the {adjective} {noun} {verb} {thing} {end}", bad


def gaps(r: Random) -> tuple[str, str]:
    """A question word stands for exactly one missing phrase, and not for one in an island."""
    one, other = (f"the {noun}" for noun in r.sample(TOWN.people, 2))
    verb, thing, end = r.choice(_PHRASES["trading"]), f"the {_thing(r)}", _when_or_where(r)
    act = past(verb)
    good, bad = r.choice(
        (
            (f"what did {one} {verb}", f"what did {one} {verb} {thing}"),
            (f"who did {one} meet", f"who did {one} meet {other}"),
            (f"what did {one} say that {other} {act}", f"what did {one} meet {other} who {act}"),
            (f"what did {one} think {other} {act}", f"what did {one} smile because {other} {act}"),
            (f"who {act} {thing}", f"who {one} {act} {thing}"),
        )
    )
    return f"{good} {end}?", f"{bad} {end}?"


def relatives(r: Random) -> tuple[str, str]:
    """A relative clause leaves its gap empty."""
    one, other, thing, act = _person(r), _person(r), f"the {_thing(r)}", _verb(r, "trading")
    state = r.choice(("was expensive", "vanished", "was very old", "cost a fortune"))
    return r.choice(
        (
            (f"{thing} that {one} {act} {state}", f"{thing} that {one} {act} it {state}"),
            (f"{one} who {act} {thing} left", f"{one} who she {act} {thing} left"),
            (f"{one} hid {thing} that {other} {act}", f"{one} hid {thing} that {other} {act} it"),
        )
    )


def polarity(r: Random) -> tuple[str, str]:
    """Words like "ever" and "anybody" need a negative above them."""
    who, action, where = r.choice(TOWN.groups), r.choice(TOWN.actions), _where(r)
    done, act = participle(action), past(action)
    return r.choice(
        (
            (f"no {who} have ever {done} {where}", f"some {who} have ever {done} {where}"),
            (f"few {who} have ever {done} {where}", f"many {who} have ever {done} {where}"),
            (f"none of the {who} {act} at all", f"all of the {who} {act} at all"),
            (f"nobody has {done} yet", f"somebody has {done} yet"),
            (f"the {who} did not see anybody {where}", f"the {who} saw anybody {where}"),
        )
    )


def comparatives(r: Random) -> tuple[str, str]:
    """One mark of comparison, not two and not none."""
    one, other = r.sample(TOWN.people, 2)
    more, plain = r.choice(_PHRASES["comparatives"])
    wrong = r.choice((f"more {more} than", f"{plain} than", f"{more} as", f"as {more} as"))
    end = r.choice(("", ", I think", ", they say", ", as everybody knows"))
    return f"the {one} is {more} than the {other}{end}", f"the {one} is {wrong} the {other}{end}"


def complements(r: Random) -> tuple[str, str]:
    """A verb decides whether its complement is an infinitive, with or without "to", or a gerund."""
    who, action, end = _person(r), r.choice(TOWN.actions), _when_or_where(r)
    forms = {"infinitive": f"to {action}", "gerund": gerund(action), "base": action}
    right, wrong = r.sample(sorted(forms), 2)
    start = f"{who} {r.choice(_PHRASES['complements'][right])}"
    return f"{start} {forms[right]} {end}", f"{start} {forms[wrong]} {end}"


def pronoun_case(r: Random) -> tuple[str, str]:
    """Subject pronouns before the verb, object pronouns after it."""
    pronouns = (("he", "him"), ("she", "her"), ("they", "them"), ("I", "me"), ("we", "us"))
    subject, other_case = r.choice(pronouns)
    who, act, end = _person(r), past(r.choice(TOWN.actions)), _when_or_where(r)
    praised = f"{who} {past(r.choice(TOWN.towards))}"
    return r.choice(
        (
            (f"{praised} {other_case} {end}", f"{praised} {subject} {end}"),
            (f"{subject} {act} {end}", f"{other_case} {act} {end}"),
            (f"{who} says that {subject} {act}", f"{who} says that {other_case} {act}"),
        )
    )


def articles(r: Random) -> tuple[str, str]:
    """A count noun in the singular needs an article, a name takes none."""
    noun, name = r.choice(TOWN.things[r.choice(_PHRASES["counted"])]), r.choice(WOMEN + MEN)
    act, end = _verb(r, "trading"), _when_or_where(r)
    good, bad = r.choice(
        (
            (f"{name} {act} {article(noun)}", f"{name} {act} {noun}"),
            (f"{name} {act} {article(noun)}", f"a {name} {act} {article(noun)}"),
            (f"{name} {act} the {noun}", f"{name} {act} the a {noun}"),
        )
    )
    return f"{good} {end}", f"{bad} {end}"


_CONTRASTS: tuple[Contrast, ...] = (
    agreement,
    reflexives,
    objects,
    datives,
    determiners,
    auxiliaries,
    word_order,
    gaps,
    relatives,
    polarity,
    comparatives,
    complements,
    pronoun_case,
    articles,
)


def cola(r: Random, label: int) -> dict[str, str]:
    """1 is acceptable, 0 is not."""
    good, bad = r.choice(_CONTRASTS)(r)
    return {"sentence": capitalised(good if label else bad)}
