"""A premise and two alternatives, its cause or its effect: COPA.

Each chain tells three events of which one brings about the next. The premise is the one in the
middle, so that both alternatives belong to it and only the question tells which is meant.
"""

from random import Random

from .inflection import capitalised
from .lexicon import MEN, TOWN, WOMEN

_CHAINS = tuple(
    tuple(event.strip() for event in line.split("|"))
    for line in """
    {who} dropped a burning match | the curtains caught fire | the room filled with smoke
    {who} kicked the ball too hard | the ball hit the window | glass lay all over the floor
    {who} forgot to set the alarm | {who} woke up late | {who} missed the first bus
    the rain did not stop for a week | the river burst its banks | families had to leave their homes
    {who} left the tap running | the bath overflowed | water dripped through the ceiling below
    {who} ate a plate of bad fish | {who} felt sick | {who} went to see a doctor
    {who} trained every day for a year | {who} won the race | {who} was given a gold medal
    {who} worked through the night | {who} was tired in the morning | {who} fell asleep in the meeting
    somebody cut the cable | the lights went out | {who} searched for a candle
    {who} told a funny story | everybody laughed | the noise woke the baby
    the road was covered with ice | the car slid off the road | {who} called a tow truck
    {who} left the gate open | the dog ran away | {who} put up posters with a picture of the dog
    {who} had studied hard | {who} passed the exam | {who} was offered a place at the university
    {who} did not pay the rent | {who} lost the flat | {who} moved in with a friend
    {who} stayed in the sun for hours | {who} got a sunburn | {who} put cream on the sore skin
    {who} poured water on the seeds | the seeds grew | {who} picked fresh vegetables
    {who} found a wallet | {who} took the wallet to the police | the owner got the money back
    {who} spoke rudely to the customers | {who} lost the job | {who} read the job adverts
    the wind tore the roof off | rain came into the house | the carpets were ruined
    {who} slipped on a wet step | {who} broke a leg | {who} walked on crutches
    {who} lied to the judge | the judge did not believe {who} | {who} was sent to prison
    the baker put in too much salt | the bread tasted awful | the customers asked for their money back
    {who} ran out of petrol | the car stopped on the motorway | {who} walked to the next garage
    {who} saved money for years | {who} bought a house | {who} planted roses in the new garden
    the factory poured waste into the lake | the fish died | the fishermen had nothing to sell
    {who} lost the map | {who} got lost in the forest | a search party went out
    the snow melted fast | the path turned to mud | {who} came home with dirty boots
    {who} heard a strange noise | {who} was frightened | {who} locked all the doors
    {who} sang out of tune | the neighbours complained | {who} stopped singing at night
    {who} left the milk in the sun | the milk went sour | {who} poured the milk away
    a truck blocked the tunnel | there was a long traffic jam | many people came late to work
    {who} bought a lottery ticket | {who} won a fortune | {who} bought a yacht
    the team scored in the last minute | the team won the cup | fans danced in the streets
    {who} did not wear a coat | {who} caught a cold | {who} drank hot tea in bed
    {who} hit a nail with all force | the hammer struck a thumb | {who} put a plaster on the thumb
    the shop cut its prices | people stood in line outside the shop | the shelves were soon empty
    {who} shook the bottle | the lemonade sprayed everywhere | {who} wiped the table
    {who} told the secret to a friend | the whole school knew the secret | {who} was ashamed
    the battery was flat | the phone was dead | {who} asked to use the phone of a stranger
    {who} rubbed the lamp with oil | the lamp shone | visitors admired the lamp
    thieves broke into the museum | a painting was gone | the museum hired more guards
    {who} drove too fast | the police stopped {who} | {who} paid a fine
    {who} put a worm on the hook | a fish bit | {who} had fish for dinner
    the bees were disturbed | the bees stung {who} | the arm of {who} swelled
    {who} wrote a touching novel | the novel sold a million copies | {who} became rich
    {who} fed the stray cat | the cat came back each evening | {who} gave the cat a name
    """.strip().splitlines()
)  # fmt: skip


def copa(r: Random, label: int) -> dict[str, str]:
    """Return the alternatives; the right one is `choice1` where the label is 0, else `choice2`."""
    who = r.choice((*WOMEN, *MEN, *(f"the {person}" for person in TOWN.people)))
    question = r.choice(("cause", "effect"))
    cause, premise, effect = (capitalised(event.format(who=who)) for event in r.choice(_CHAINS))
    right, wrong = (cause, effect) if question == "cause" else (effect, cause)
    first, second = (wrong, right) if label else (right, wrong)
    return {"premise": premise, "choice1": first, "choice2": second, "question": question}
