"""Premise and hypothesis: RTE, MNLI and CB from one set of constructions.

A construction knows which of its premises entails, leaves open or contradicts which hypothesis, and
makes the three out of nearly the same words, so that the words alone do not tell them apart.
"""

from collections.abc import Callable
from random import Random
from typing import Literal

from .inflection import article, capitalised, participle, past
from .lexicon import TALE, TOWN, World
from .phrases import phrases

_PHRASES = phrases("inference")

Relation = Literal["entailment", "neutral", "contradiction"]
Construction = Callable[[Random, World, Relation], tuple[str, str]]


def _two(r: Random, world: World) -> tuple[str, str]:
    one, other = r.sample(world.people, 2)
    return f"the {one}", f"the {other}"


def _did(action: str, affirmed: bool) -> str:
    return past(action) if affirmed else f"did not {action}"


def roles(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """Who did it to whom, in the active and the passive."""
    (one, other), verb = _two(r, world), r.choice(world.towards)
    when = r.choice(world.times + world.places)
    active, passive = f"{one} {past(verb)} {other}", f"{other} was {participle(verb)} by {one}"
    swapped = f"{other} {past(verb)} {one}", f"{one} was {participle(verb)} by {other}"
    denied = f"{one} did not {verb} {other}", f"{other} was not {participle(verb)} by {one}"
    voices = {"entailment": (active, passive), "neutral": swapped, "contradiction": denied}
    return f"{r.choice((active, passive))} {when}", r.choice(voices[relation])


def _by_truth(r: Random, relation: Relation, construction: str) -> tuple[str, bool]:
    """Return a premise's frame, and whether the hypothesis in `relation` to it affirms the act."""
    affirmed = r.random() < 0.5
    done = affirmed == (relation == "entailment")
    truth = "open" if relation == "neutral" else "done" if done else "undone"
    return r.choice(_PHRASES[construction][truth]), affirmed


def implicatives(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """Verbs that say whether the act was done, or leave it open."""
    (one, _), action = _two(r, world), r.choice(world.actions)
    verb, affirmed = _by_truth(r, relation, "implicatives")
    return f"{one} {verb} {action} {r.choice(world.times)}", f"{one} {_did(action, affirmed)}"


def quantifiers(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """How many of a group did it."""
    group, act = r.choice(world.groups), past(r.choice(world.actions))
    said, asked = r.choice(_PHRASES["quantifiers"][relation])
    return f"{said} {group} {act} {r.choice(world.times)}", f"{asked} {group} {act}"


def kinds(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """A kind and one of its members, affirmed or denied."""
    (one, _), verb = _two(r, world), r.choice(("buy", "sell", "find", "lose", "draw", "want"))
    kind, members = r.choice(tuple(world.things.items()))
    narrow, wide = article(r.choice(members)), article(kind)
    bought_narrow, bought_wide = (f"{past(verb)} {thing}" for thing in (narrow, wide))
    not_narrow, not_wide = (f"did not {verb} {thing}" for thing in (narrow, wide))
    pairs = {
        "entailment": ((bought_narrow, bought_wide), (not_wide, not_narrow)),
        "neutral": ((bought_wide, bought_narrow), (not_narrow, not_wide)),
        "contradiction": ((bought_narrow, not_wide), (not_wide, bought_narrow)),
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
    frame, affirmed = _by_truth(r, relation, "coordination")
    premise = f"{frame.format(one, other)} {past(action)} {r.choice(world.times)}"
    return premise, f"{r.choice((one, other))} {_did(action, affirmed)}"


def attitudes(r: Random, world: World, relation: Relation) -> tuple[str, str]:
    """Frames that take a clause for true, for false, or for neither."""
    (one, other), action = _two(r, world), r.choice(world.actions)
    frame, affirmed = _by_truth(r, relation, "attitudes")
    premise = f"{frame.format(one)} {other} had {participle(action)}"
    return premise, f"{other} {_did(action, affirmed)}"


_CONSTRUCTIONS: tuple[Construction, ...] = (
    roles,
    implicatives,
    quantifiers,
    kinds,
    relatives,
    coordination,
    attitudes,
)


def _infer(r: Random, relation: Relation, world: World = TOWN) -> tuple[str, str]:
    premise, hypothesis = r.choice(_CONSTRUCTIONS)(r, world, relation)
    return capitalised(premise), capitalised(hypothesis)


def rte(r: Random, label: int) -> dict[str, str]:
    """0 is entailment, 1 is neutral or contradiction."""
    relation: Relation = r.choice(("neutral", "contradiction")) if label else "entailment"
    return dict(zip(("sentence1", "sentence2"), _infer(r, relation), strict=True))


def superglue_rte(r: Random, label: int) -> dict[str, str]:
    """The rows of `rte` in SuperGLUE's columns."""
    return dict(zip(("premise", "hypothesis"), rte(r, label).values(), strict=True))


def mnli(r: Random, label: int, world: World = TOWN) -> dict[str, str]:
    """0 is entailment, 1 neutral, 2 contradiction."""
    relation: Relation = ("entailment", "neutral", "contradiction")[label]
    return dict(zip(("premise", "hypothesis"), _infer(r, relation, world), strict=True))


def mnli_mismatched(r: Random, label: int) -> dict[str, str]:
    """MNLI in the words of another genre."""
    return mnli(r, label, TALE)


def cb(r: Random, label: int) -> dict[str, str]:
    """0 is entailment, 1 contradiction, 2 neutral, of a clause embedded in a short discourse."""
    relation: Relation = ("entailment", "contradiction", "neutral")[label]
    premise, hypothesis = attitudes(r, TOWN, relation)
    return {
        "premise": f"{r.choice(_PHRASES['settings'])} {capitalised(premise)}",
        "hypothesis": capitalised(hypothesis),
    }
