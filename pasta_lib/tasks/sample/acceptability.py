"""One sentence, acceptable or not: CoLA.

Each contrast makes a sentence of English and one that breaks a single rule of its grammar.
"""

from collections.abc import Callable
from random import Random

from .inflection import article, capitalised, gerund, participle, past, plural
from .lexicon import CITIES, MEN, TOWN, WOMEN

Contrast = Callable[[Random], tuple[str, str]]

_COMPARATIVES = (
    ("older", "old"), ("taller", "tall"), ("faster", "fast"), ("richer", "rich"),
    ("stronger", "strong"), ("happier", "happy"), ("louder", "loud"), ("younger", "young"),
)  # fmt: skip
_ADJECTIVES = "old young tall rich happy famous clever tired lazy honest polite nervous".split()


def _person(r: Random) -> str:
    return f"the {r.choice(TOWN.people)}"


def _end(r: Random) -> str:
    return r.choice(TOWN.times + TOWN.places)


def _thing(r: Random) -> str:
    return r.choice(r.choice(tuple(TOWN.things.values())))


def agreement(r: Random) -> tuple[str, str]:
    """The verb agrees with its subject, also with another noun in between."""
    one, other = r.sample(TOWN.people, 2)
    between = r.choice(("", "", f" near the {other}", f" behind the {other}", f" from {r.choice(CITIES)}"))
    one_does, many_do = r.choice(
        (("is tired", "are tired"), ("was late", "were late"), ("has left", "have left"),
         ("likes tea", "like tea"), ("sings well", "sing well"), ("never smiles", "never smile"))
    )  # fmt: skip
    end = _end(r)
    if r.random() < 0.5:
        return f"the {one}{between} {one_does} {end}", f"the {one}{between} {many_do} {end}"
    many = plural(one)
    return f"the {many}{between} {many_do} {end}", f"the {many}{between} {one_does} {end}"


def reflexives(r: Random) -> tuple[str, str]:
    """A reflexive agrees with its subject."""
    who, own = r.choice(((r.choice(WOMEN), "herself"), (r.choice(MEN), "himself")))
    wrong = r.choice([word for word in ("himself", "herself", "themselves", "myself") if word != own])
    act = past(r.choice(TOWN.towards))
    frame = r.choice((f"{who} {act} {{}}", f"everybody says that {who} {act} {{}}"))
    end = _end(r)
    return f"{frame.format(own)} {end}", f"{frame.format(wrong)} {end}"


def objects(r: Random) -> tuple[str, str]:
    """An intransitive verb takes no object, a transitive one needs one."""
    who, end = _person(r), _end(r)
    verb, thing = past(r.choice(TOWN.actions)).split(" ", 1)
    doing = past(r.choice(("sleep", "laugh", "arrive", "sneeze", "smile", "cough", "faint", "vanish")))
    needy = past(r.choice(("repair", "lock", "mend", "deliver", "fix", "hire", "find", "invite")))
    return r.choice(
        (
            (f"{who} {verb} {thing} {end}", f"{who} {doing} {thing} {end}"),
            (f"{who} {doing} {end}", f"{who} {doing} {_person(r)} {end}"),
            (f"{who} {doing} {end}", f"{who} {needy} {end}"),
        )
    )


def datives(r: Random) -> tuple[str, str]:
    """Some verbs of giving take two objects, others need "to"."""
    one, other = (f"the {noun}" for noun in r.sample(TOWN.people, 2))
    thing, end = f"the {_thing(r)}", _end(r)
    gave = past(r.choice(("give", "send", "lend", "sell", "offer", "bring", "show")))
    donated = past(r.choice(("explain", "describe", "donate", "mention", "return", "deliver")))
    good = r.choice((f"{one} {gave} {other} {thing}", f"{one} {donated} {thing} to {other}"))
    return f"{good} {end}", f"{one} {donated} {other} {thing} {end}"


def determiners(r: Random) -> tuple[str, str]:
    """A determiner agrees in number with its noun."""
    noun, who, verb = _thing(r), _person(r), past(r.choice(("buy", "sell", "find", "lose", "steal")))
    one = r.choice(("this", "that", "another", "every", "each"))
    many = r.choice(("these", "those", "several", "many", "both"))
    end = _end(r)
    if r.random() < 0.5:
        return f"{who} {verb} {one} {noun} {end}", f"{who} {verb} {many} {noun} {end}"
    return f"{who} {verb} {many} {plural(noun)} {end}", f"{who} {verb} {one} {plural(noun)} {end}"


def auxiliaries(r: Random) -> tuple[str, str]:
    """An auxiliary decides the form of the verb that follows it."""
    who, action, end = _person(r), r.choice(TOWN.actions), _end(r)
    forms = (action, past(action), participle(action), gerund(action))
    auxiliary, right = r.choice(
        (("did not", 0), ("will", 0), ("could not", 0), ("must", 0), ("has already", 2),
         ("had never", 2), ("was", 3), ("is still", 3), ("would never", 0), ("had just", 2))
    )  # fmt: skip
    wrong = r.choice([form for form in forms if form != forms[right] and (right != 2 or form != forms[1])])
    return f"{who} {auxiliary} {forms[right]} {end}", f"{who} {auxiliary} {wrong} {end}"


def word_order(r: Random) -> tuple[str, str]:
    """Adjective before noun, verb before object, preposition before its noun."""
    noun, adjective, end = r.choice(TOWN.people), r.choice(_ADJECTIVES), _end(r)
    verb, thing = past(r.choice(TOWN.actions)).split(" ", 1)
    good = f"the {adjective} {noun} {verb} {thing} {end}"
    bad = r.choice(
        (
            f"the {noun} {adjective} {verb} {thing} {end}",
            f"the {adjective} {noun} {thing} {verb} {end}",
            f"{adjective} the {noun} {verb} {thing} {end}",
            f"the {adjective} {noun} {verb} {end} {thing}",
            f"{verb} the {adjective} {noun} {thing} {end}",
        )
    )
    return good, bad


def gaps(r: Random) -> tuple[str, str]:
    """A question word stands for exactly one missing phrase, and not across an island."""
    one, other = (f"the {noun}" for noun in r.sample(TOWN.people, 2))
    verb, thing, end = r.choice(("buy", "sell", "find", "lose")), f"the {_thing(r)}", _end(r)
    act = past(verb)
    good, bad = r.choice(
        (
            (f"what did {one} {verb} {end}", f"what did {one} {verb} {thing} {end}"),
            (f"who did {one} meet {end}", f"who did {one} meet {other} {end}"),
            (
                f"what did {one} say that {other} {act} {end}",
                f"what did {one} meet {other} who {act} {end}",
            ),
            (
                f"what did {one} think that {other} {act} {end}",
                f"what did {one} smile because {other} {act} {end}",
            ),
            (f"who {act} {thing} {end}", f"who {one} {act} {thing} {end}"),
        )
    )
    return good + "?", bad + "?"


def relatives(r: Random) -> tuple[str, str]:
    """A relative clause leaves its gap empty."""
    one, other, noun, end = _person(r), _person(r), _thing(r), _end(r)
    act = past(r.choice(("buy", "sell", "find", "lose", "steal")))
    state = r.choice(("was expensive", "vanished", "was very old", "cost a fortune", "was a present"))
    good, bad = r.choice(
        (
            (f"the {noun} that {one} {act} {state}", f"the {noun} that {one} {act} it {state}"),
            (f"{one} who {act} the {noun} left", f"{one} who she {act} the {noun} left"),
            (f"{one} lost the {noun} that {other} {act}", f"{one} lost the {noun} that {other} {act} it"),
        )
    )
    return f"{good} {end}", f"{bad} {end}"


def polarity(r: Random) -> tuple[str, str]:
    """ "ever", "any" and "at all" need a negative above them."""
    who, action, end = r.choice(TOWN.groups), r.choice(TOWN.actions), _end(r)
    done = participle(action)
    return r.choice(
        (
            (f"no {who} have ever {done} {end}", f"some {who} have ever {done} {end}"),
            (f"none of the {who} {past(action)} at all", f"all of the {who} {past(action)} at all"),
            (f"nobody has {done} yet", f"somebody has {done} yet"),
            (f"few {who} have ever {done} {end}", f"many {who} have ever {done} {end}"),
            (f"the {who} did not see anybody {end}", f"the {who} saw anybody {end}"),
        )
    )


def comparatives(r: Random) -> tuple[str, str]:
    """One mark of comparison, not two and not none."""
    one, other = r.sample(TOWN.people, 2)
    more, plain = r.choice(_COMPARATIVES)
    right = f"{more} than"
    wrong = r.choice((f"more {more} than", f"{plain} than", f"{more} as", f"as {more} as"))
    frame = f"the {one} is {{}} the {other} {_end(r)}"
    return frame.format(right), frame.format(wrong)


def complements(r: Random) -> tuple[str, str]:
    """A verb decides whether its complement is an infinitive, bare or not, or a gerund."""
    who, action, end = _person(r), r.choice(TOWN.actions), _end(r)
    forms = (f"to {action}", gerund(action), action)
    verb, right = r.choice(
        (("wanted", 0), ("refused", 0), ("decided", 0), ("promised", 0), ("enjoyed", 1),
         ("avoided", 1), ("finished", 1), ("suggested", 1), ("made Emma", 2), ("let Peter", 2),
         ("asked Laura", 0), ("told Simon", 0))
    )  # fmt: skip
    wrong = r.choice([form for form in forms if form != forms[right]])
    return f"{who} {verb} {forms[right]} {end}", f"{who} {verb} {wrong} {end}"


def pronoun_case(r: Random) -> tuple[str, str]:
    """Subject pronouns before the verb, object pronouns after it."""
    pronouns = (("he", "him"), ("she", "her"), ("they", "them"), ("I", "me"), ("we", "us"))
    (subject, object_), who = r.choice(pronouns), _person(r)
    verb, end, action = past(r.choice(TOWN.towards)), _end(r), past(r.choice(TOWN.actions))
    return r.choice(
        (
            (f"{who} {verb} {object_} {end}", f"{who} {verb} {subject} {end}"),
            (f"{subject} {action} {end}", f"{object_} {action} {end}"),
            (f"{who} says that {subject} {action}", f"{who} says that {object_} {action}"),
        )
    )


def articles(r: Random) -> tuple[str, str]:
    """A count noun in the singular needs an article, a name takes none."""
    who, noun, end = _person(r), _thing(r), _end(r)
    act, name = past(r.choice(("buy", "sell", "find", "lose", "draw"))), r.choice(WOMEN + MEN)
    return r.choice(
        (
            (f"{who} {act} {article(noun)} {end}", f"{who} {act} {noun} {end}"),
            (f"{name} {act} {article(noun)} {end}", f"a {name} {act} the {noun} {end}"),
            (f"{who} {act} the {noun} {end}", f"{who} {act} the a {noun} {end}"),
        )
    )


CONTRASTS: tuple[Contrast, ...] = (
    agreement, reflexives, objects, datives, determiners, auxiliaries, word_order, gaps, relatives,
    polarity, comparatives, complements, pronoun_case, articles,
)  # fmt: skip


def cola(r: Random, label: int) -> dict[str, str]:
    """1 is acceptable, 0 is not."""
    good, bad = r.choice(CONTRASTS)(r)
    return {"sentence": capitalised(good if label else bad)}
