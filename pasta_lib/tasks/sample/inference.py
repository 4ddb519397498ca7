"""Premise and hypothesis: RTE, MNLI and CB from one set of constructions.

A construction knows which of its premises entails, leaves open or contradicts which hypothesis, and
makes the three out of nearly the same words, so that the words alone do not tell them apart.
"""

from collections.abc import Callable
from random import Random
from typing import Literal

from .inflection import article, capitalised, participle, past
from .lexicon import TALE, TOWN, World

Relation = Literal["entailment", "neutral", "contradiction"]
Construction = Callable[[Random, World, Relation], tuple[str, str]]


def _two(r: Random, world: World) -> tuple[str, str]:
    one, other = r.sample(world.people, 2)
    return f"the {one}", f"the {other}"


def _did(action: str, *, done: bool) -> str:
    return past(action) if done else f"did not {action}"


def roles(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """Who did it to whom, in the active and the passive."""
    (one, other), verb = _two(r, world), r.choice(world.towards)
    when = r.choice(world.times + world.places)
    active, passive = f"{one} {past(verb)} {other}", f"{other} was {participle(verb)} by {one}"
    swapped = f"{other} {past(verb)} {one}", f"{one} was {participle(verb)} by {other}"
    denied = f"{one} did not {verb} {other}", f"{other} was not {participle(verb)} by {one}"
    voices = {"entailment": (active, passive), "neutral": swapped, "contradiction": denied}
    return f"{r.choice((active, passive))} {when}", r.choice(voices[relation])


_DONE = (
    "managed to", "remembered to", "bothered to", "did not forget to", "did not fail to",
    "took the time to", "did not hesitate to", "was able at last to",
)  # fmt: skip
_UNDONE = (
    "failed to", "forgot to", "refused to", "neglected to", "did not manage to", "was unable to",
    "did not remember to", "did not bother to", "was too tired to", "never got the chance to",
)  # fmt: skip
_OPEN = (
    "wanted to", "hoped to", "planned to", "promised to", "agreed to", "was asked to", "offered to",
    "intended to", "did not want to", "was expected to", "did not promise to", "was told not to",
)  # fmt: skip


def _by_polarity(r: Random, relation: Relation, done, undone, unsaid):
    """Return premises out of which the relation to a random polarity holds, and that polarity."""
    positive = r.random() < 0.5
    if relation == "neutral":
        return unsaid, positive
    return (done if positive == (relation == "entailment") else undone), positive


def implicatives(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """Verbs that say whether their complement came true, or leave it unsaid."""
    (one, _), action = _two(r, world), r.choice(world.actions)
    verbs, positive = _by_polarity(r, relation, _DONE, _UNDONE, _OPEN)
    return (
        f"{one} {r.choice(verbs)} {action} {r.choice(world.times)}",
        f"{one} {_did(action, done=positive)}",
    )


_QUANTIFIERS = {
    "entailment": (
        ("all of the", "some of the"), ("all of the", "most of the"), ("most of the", "some of the"),
        ("none of the", "not all of the"), ("only a few of the", "not all of the"),
        ("every one of the", "at least one of the"), ("few of the", "not all of the"),
    ),
    "neutral": (
        ("some of the", "all of the"), ("some of the", "most of the"), ("most of the", "all of the"),
        ("not all of the", "none of the"), ("not all of the", "only a few of the"),
        ("at least one of the", "every one of the"), ("not all of the", "few of the"),
    ),
    "contradiction": (
        ("all of the", "none of the"), ("all of the", "not all of the"), ("none of the", "some of the"),
        ("most of the", "none of the"), ("only a few of the", "all of the"),
        ("few of the", "most of the"), ("not all of the", "every one of the"),
    ),
}  # fmt: skip


def quantifiers(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """How many of a group did it."""
    group, act = r.choice(world.groups), past(r.choice(world.actions))
    said, asked = r.choice(_QUANTIFIERS[relation])
    return f"{said} {group} {act} {r.choice(world.times)}", f"{asked} {group} {act}"


def kinds(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """A kind and one of its members, affirmed or denied."""
    (one, _), verb = _two(r, world), r.choice(("buy", "sell", "find", "lose", "draw", "want"))
    kind, members = r.choice(tuple(world.things.items()))
    narrow, wide = article(r.choice(members)), article(kind)
    bought, denied = past(verb), f"did not {verb}"
    pairs = {
        "entailment": ((f"{bought} {narrow}", f"{bought} {wide}"), (f"{denied} {wide}", f"{denied} {narrow}")),
        "neutral": ((f"{bought} {wide}", f"{bought} {narrow}"), (f"{denied} {narrow}", f"{denied} {wide}")),
        "contradiction": ((f"{bought} {narrow}", f"{denied} {wide}"), (f"{denied} {wide}", f"{bought} {narrow}")),
    }
    said, asked = r.choice(pairs[relation])
    return f"{r.choice(world.times)} {one} {said}", f"{one} {asked}"


def relatives(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """A relative clause between the subject and its verb."""
    (one, other), verb, action = _two(r, world), r.choice(world.towards), r.choice(world.actions)
    act = past(action)
    premise, actor, bystander = r.choice(
        (
            (f"{one} who {past(verb)} {other} {act}", one, other),
            (f"{one} that {other} {past(verb)} {act}", one, other),
            (f"{one} {past(verb)} {other} who {act}", other, one),
        )
    )
    hypotheses = {
        "entailment": f"{actor} {act}",
        "neutral": f"{bystander} {act}",
        "contradiction": f"{actor} did not {action}",
    }
    return premise, hypotheses[relation]


def coordination(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """Both, neither, or one of the two."""
    (one, other), action = _two(r, world), r.choice(world.actions)
    frames, positive = _by_polarity(
        r,
        relation,
        ("both {} and {}", "{} as well as {}", "not only {} but also {}"),
        ("neither {} nor {}",),
        ("either {} or {}", "{} or else {}"),
    )
    premise = f"{r.choice(frames).format(one, other)} {past(action)} {r.choice(world.times)}"
    return premise, f"{r.choice((one, other))} {_did(action, done=positive)}"


_FACT = (
    "{} knew that", "{} was glad that", "{} found out that", "{} did not know that",
    "{} was surprised that", "{} forgot that", "{} noticed that", "nobody told {} that",
    "{} was not aware that", "{} never found out that", "it annoyed {} that",
)  # fmt: skip
_FICTION = (
    "{} pretended that", "{} wrongly believed that", "{} was wrong to think that",
    "{} told the lie that", "{} only dreamt that", "{} wished in vain that",
    "it was not true, as {} had said, that", "{} was mistaken in saying that",
)  # fmt: skip
_OPINION = (
    "{} thought that", "{} hoped that", "{} said that", "{} was told that", "{} doubted that",
    "{} did not think that", "{} was not sure that", "{} suspected that", "{} feared that",
    "{} denied that", "{} asked whether it was true that",
)  # fmt: skip


def attitudes(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """Verbs that take their complement for true, for false, or for neither."""
    (one, other), action = _two(r, world), r.choice(world.actions)
    frames, positive = _by_polarity(r, relation, _FACT, _FICTION, _OPINION)
    return (
        f"{r.choice(frames).format(one)} {other} had {participle(action)}",
        f"{other} {_did(action, done=positive)}",
    )


CONSTRUCTIONS: tuple[Construction, ...] = (
    roles, implicatives, quantifiers, kinds, relatives, coordination, attitudes,
)  # fmt: skip
NOT_ENTAILMENT: tuple[Relation, ...] = ("neutral", "contradiction")


def infer(r: Random, relation: Relation, world: World = TOWN) -> tuple[str, str]:
    """Return a premise and a hypothesis that stands in `relation` to it."""
    premise, hypothesis = r.choice(CONSTRUCTIONS)(r, world, relation)
    return capitalised(premise), capitalised(hypothesis)


def rte(r: Random, label: int) -> dict[str, str]:
    """0 is entailment, 1 is anything else."""
    premise, hypothesis = infer(r, r.choice(NOT_ENTAILMENT) if label else "entailment")
    return {"sentence1": premise, "sentence2": hypothesis}


def superglue_rte(r: Random, label: int) -> dict[str, str]:
    """The rows of `rte` in SuperGLUE's columns."""
    return dict(zip(("premise", "hypothesis"), rte(r, label).values()))


def mnli(r: Random, label: int, world: World = TOWN) -> dict[str, str]:
    """0 is entailment, 1 neutral, 2 contradiction."""
    relation: Relation = ("entailment", "neutral", "contradiction")[label]
    return dict(zip(("premise", "hypothesis"), infer(r, relation, world)))


def mnli_mismatched(r: Random, label: int) -> dict[str, str]:
    """MNLI in the words of another genre."""
    return mnli(r, label, TALE)


_SETTINGS = (
    "It was late and the shop was empty.", "There was a long silence.", "Rain fell on the roof.",
    "The meeting went on for hours.", "They sat down to eat.", "The news was all over town.",
    "It had been a hard week.", "The door opened again.", "Nobody said a word.", "The sun was out.",
)  # fmt: skip


def cb(r: Random, label: int) -> dict[str, str]:
    """0 is entailment, 1 contradiction, 2 neutral; the clause is embedded in a short discourse."""
    relation: Relation = ("entailment", "contradiction", "neutral")[label]
    premise, hypothesis = attitudes(r, TOWN, relation)
    return {
        "premise": f"{r.choice(_SETTINGS)} {capitalised(premise)}",
        "hypothesis": capitalised(hypothesis),
    }
