"""Two sentences and how near they are in meaning, from 0 to 5: STS-B.

A scene has three parts: who, what they do, and where. A part of the second sentence says the same (in
the same or in other words), something akin, or something else: worth all, half or none of the part.
"""

from random import Random


# A line is a family of akin phrases; "=" joins phrases that say the same.
def _families(text: str) -> list[list[list[str]]]:
    return [
        [same.strip().split(" = ") for same in line.split(",")]
        for line in text.strip().splitlines()
    ]


_WHO = _families(
    """
    a man = a guy, an old man = an elderly man, a boy = a lad
    a woman = a lady, an old woman = an elderly lady, a girl = a little girl
    a chef = a cook, a waiter = a server, a baker = a maker of bread
    a soldier = a man in uniform, a policeman = a police officer, a guard = a security man
    a band = a group of musicians, a choir = a group of singers, a singer = a vocalist
    a child = a kid, a baby = an infant, a teenager = an adolescent
    a student = a pupil, a teacher = a schoolmaster, a professor = a university lecturer
    a doctor = a physician, a nurse = a hospital nurse, a surgeon = a doctor who operates
    """
)
_WHAT = _families(
    """
    playing a guitar = strumming a guitar, playing a flute = blowing a flute, playing drums = drumming
    slicing an onion = cutting up an onion, peeling a potato = skinning a potato, frying an egg = cooking an egg
    riding a bicycle = riding a bike, riding a horse = sitting on a horse, driving a car = steering a car
    talking on the phone = making a call, writing a letter = penning a letter, reading a paper = looking through a paper
    feeding a dog = giving food to a dog, washing a dog = bathing a dog, chasing a cat = running after a cat
    running = jogging, dancing = moving to music, jumping = leaping into the air
    sleeping = taking a nap, resting = having a rest, yawning = giving a yawn
    painting a wall = putting paint on a wall, repairing a roof = fixing a roof, digging a hole = making a hole
    buying flowers = paying for flowers, selling fruit = offering fruit for sale, counting coins = adding up coins
    crying = weeping, laughing = giggling, shouting = yelling
    """
)
_WHERE = _families(
    """
    in the park = in a park, in the garden = in the yard, in the forest = in the woods
    on the beach = at the seaside, by the river = on the river bank, on a boat = aboard a boat
    in the kitchen = in a kitchen, in the bedroom = in a bedroom, in the lounge = in the living room
    in the street = on the road, on a bridge = upon a bridge, at the station = at the railway station
    in the snow = in snowy weather, in the rain = in wet weather, at night = after dark
    """
)
_PARTS = ((_WHO, 1.5), (_WHAT, 2.5), (_WHERE, 1.0))


def _two(r: Random, families: list) -> tuple[str, str, float]:
    """Return two phrases for one part of a scene, and how near they are from 0 to 1."""
    family, another = r.sample(families, 2)
    said, akin = r.sample(family, 2)
    near, phrases = r.choice(((1.0, said), (1.0, said), (0.5, akin), (0.0, r.choice(another))))
    return r.choice(said), r.choice(phrases), near


def stsb(r: Random, label: None) -> dict[str, object]:
    """Return the score too: it is what the parts that were drawn are worth."""
    parts = [(_two(r, families), weight) for families, weight in _PARTS]
    texts = [" ".join((who, "is", what, where)) for who, what, where in zip(*(two[:2] for two, _ in parts))]
    score = sum(near * weight for (_, _, near), weight in parts)
    return {f"sentence{i}": f"{text[0].upper()}{text[1:]}." for i, text in enumerate(texts, 1)} | {"label": score}
