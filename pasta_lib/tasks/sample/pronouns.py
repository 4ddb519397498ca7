"""A pronoun and a noun it may stand for: WSC.

Each scene ends in one of two ways, and the end alone tells whom the pronoun means.
"""

from random import Random

from .lexicon import MEN, WOMEN

# {a} and {b} are two people of one sex; the pronoun means {a} before the first end, {b} before the second.
_SCENES = tuple(
    tuple(part.strip() for part in line.split("|"))
    for line in """
    {a} thanked {b} because {p} | had received help | had given help
    {a} lent money to {b} because {p} | was rich | was poor
    {a} asked {b} a question because {p} | wanted an answer | knew the answer
    {a} could not lift {b} because {p} | was too weak | was too heavy
    {a} could not hear {b} because {p} | was deaf | was whispering
    {a} paid {b} after {p} | had received the goods | had delivered the goods
    {a} ran away from {b} because {p} | was afraid | was holding a knife
    {a} beat {b} at chess because {p} | played well | played badly
    {a} visited {b} in hospital because {p} | had heard of the accident | had been hurt in the accident
    {a} apologised to {b} because {p} | had done wrong | had been treated badly
    {a} punished {b} because {p} | was strict | had stolen apples
    {a} taught {b} French because {p} | was a teacher | was a pupil
    {a} followed {b} because {p} | did not know the way | knew the way
    {a} hired {b} because {p} | needed a worker | needed a job
    {a} fed {b} because {p} | had cooked soup | was hungry
    {a} woke {b} up because {p} | had heard a noise | had slept too long
    {a} gave {b} a coat because {p} | had two coats | was cold
    {a} envied {b} because {p} | had failed | had succeeded
    {a} hid from {b} because {p} | did not want to be found | was searching the house
    {a} arrested {b} because {p} | was a police officer | was a thief
    {a} carried {b} home because {p} | was strong | had broken a leg
    {a} sold {b} the car because {p} | no longer needed it | had always wanted it
    {a} obeyed {b} because {p} | was a servant | was the master
    {a} comforted {b} because {p} | felt pity | was crying
    {a} treated {b} because {p} | was a doctor | was ill
    {a} searched for {b} because {p} | was worried | was missing
    {a} congratulated {b} because {p} | was polite | had won the prize
    {a} waited for {b} because {p} | had come early | was late
    {a} copied from {b} because {p} | had not learned anything | had learned everything
    {a} interviewed {b} because {p} | was a reporter | was famous
    {a} forgave {b} because {p} | had a kind heart | had said sorry
    {a} shouted at {b} because {p} | had lost patience | had broken the vase
    {a} cut the hair of {b} because {p} | was a barber | looked untidy
    {a} caught {b} because {p} | could run faster | could not run fast
    """.strip().splitlines()
)


def wsc(r: Random, label: int) -> dict[str, object]:
    """1: the pronoun (span 2) stands for the name (span 1), 0: for the other one."""
    names, pronoun = r.choice(((WOMEN, "she"), (MEN, "he")))
    frame, *ends = r.choice(_SCENES)
    one, other = r.sample(names, 2)
    meant = r.randrange(2)
    text = f"{frame.format(a=one, b=other, p=pronoun)} {ends[meant]}."
    name = (one, other)[meant if label else 1 - meant]
    words = text.split()
    return {
        "text": text,
        "span1_index": words.index(name),
        "span1_text": name,
        "span2_index": words.index(pronoun),
        "span2_text": pronoun,
    }
