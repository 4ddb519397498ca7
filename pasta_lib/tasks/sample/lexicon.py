"""The words that every grammar draws from.

A `World` is a small vocabulary that makes sense together. `TOWN` serves all tasks; `TALE` is another
genre with no content word of a phrase in common, for MNLI's mismatched split.
"""

from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.replace("\n", " ").split(",") if phrase.strip())


@dataclass(frozen=True)
class World:
    """Words of one genre; verbs and actions in their base form.

    `people` are nouns of persons, `groups` plural ones; `towards` are verbs from person to person;
    `actions` verb phrases with a definite object, `doings` ones without an object; `things` maps a
    kind to its members, all of which one can buy or lose; `times` and `places` are adverbials.
    """

    people: tuple[str, ...]
    groups: tuple[str, ...]
    towards: tuple[str, ...]
    actions: tuple[str, ...]
    doings: tuple[str, ...]
    things: dict[str, tuple[str, ...]]
    times: tuple[str, ...]
    places: tuple[str, ...]


TOWN = World(
    people=_words(
        """doctor nurse pilot farmer teacher lawyer sailor baker painter driver singer waiter judge
        soldier dancer engineer writer tailor banker barber butcher plumber gardener librarian guard
        chef clerk coach jeweller student poet actor mayor priest miner florist dentist carpenter
        tourist neighbour journalist architect violinist photographer surgeon cyclist detective
        referee translator chemist"""
    ),
    groups=_words(
        """students nurses sailors farmers drivers guests players teachers soldiers dancers visitors
        clerks miners tourists neighbours lawyers actors builders pupils volunteers"""
    ),
    towards=_words(
        """thank follow help blame call visit praise warn hire invite admire ignore trust greet
        interview scold avoid envy rescue photograph surprise phone annoy amuse comfort insult
        accuse question mock reward punish push feed teach forgive see hear meet pay beat"""
    ),
    actions=_phrases(
        """lock the gate, water the plants, pay the bill, feed the horses, close the window,
        answer the phone, finish the report, clean the kitchen, paint the fence, repair the roof,
        book the tickets, sign the contract, wash the car, return the keys, post the letter,
        read the manual, call the office, check the brakes, cook the dinner, empty the bins,
        charge the battery, pick the apples, sweep the yard, mend the net, order the flowers,
        renew the passport, bring the umbrella, deliver the parcel, open the shop, ring the bell,
        write the speech, buy the bread, catch the train, iron the shirts, pack the suitcase,
        sell the boat, shut the door, test the alarm, walk the dog, warm the soup, weigh the fish,
        fill the bath, count the money, build the wall, print the posters, tune the piano,
        polish the boots, plant the roses, fix the radio, take the medicine"""
    ),
    doings=_phrases(
        """sleep, laugh, arrive, leave, sneeze, swim, sing, complain, apologise, smile, travel, cough,
        resign, faint, pray, vanish, wait, shout, work, snore"""
    ),
    things={
        "instrument": _words("violin piano flute guitar trumpet cello harp banjo"),
        "vehicle": _words("car bus lorry van motorbike tractor taxi"),
        "dog": _words("poodle terrier spaniel greyhound collie"),
        "flower": _words("rose tulip daisy lily orchid"),
        "bird": _words("parrot goose canary duck falcon"),
        "tool": _words("hammer spanner saw screwdriver drill"),
        "fruit": _words("melon pear peach mango pineapple"),
        "weapon": _words("sword rifle pistol dagger"),
        "jewel": _words("diamond ruby emerald sapphire"),
        "garment": _words("coat jacket scarf skirt raincoat"),
    },
    times=_phrases(
        """on Monday, on Friday, last week, in the morning, after lunch, in the evening, at noon,
        before breakfast, on Sunday, last night, in March, at midnight, during the strike,
        after the concert, in the summer, two days ago"""
    ),
    places=_phrases(
        """at the market, near the river, in the garden, at the station, in the library, on the beach,
        at the hotel, in the kitchen, behind the church, at the museum, in the park, at the airport,
        outside the theatre, on the bridge, in the cafe, at the harbour"""
    ),
)

TALE = World(
    people=_words(
        """king queen knight wizard witch prince princess giant dwarf elf troll shepherd blacksmith
        squire monk jester hunter beggar duke pirate minstrel miller"""
    ),
    groups=_words("knights wizards witches giants dwarves elves trolls hunters pirates monks"),
    towards=_words("curse crown bewitch betray banish obey serve fight chase capture deceive kiss"),
    actions=_phrases(
        """polish the crown, saddle the mare, slay the dragon, guard the treasure, brew the potion,
        light the torch, sharpen the axe, cross the moat, lift the curse, tame the griffin,
        raise the drawbridge, bury the gold, burn the scroll, ring the great bell, climb the tower,
        steal the lantern, forge the shield, drink the poison, solve the riddle, free the prisoner"""
    ),
    doings=_phrases("weep, dance, march, kneel, ride away, wake, bow, whistle, tremble, return"),
    things={
        "beast": _words("dragon griffin unicorn bear wolf"),
        "treasure": _words("crown ring goblet chalice pearl"),
        "drink": _words("potion cider ale mead"),
        "ship": _words("galleon raft canoe barge"),
        "cloth": _words("cloak robe veil tunic"),
    },
    times=_phrases(
        """at dawn, at dusk, long ago, one winter, on the seventh day, before the battle, at moonrise,
        after the feast, in the old days, when the snow fell"""
    ),
    places=_phrases(
        """in the forest, by the well, in the castle, under the mountain, at the mill, in the cave,
        beyond the marsh, on the island, in the tower, at the crossroads"""
    ),
)

WOMEN = _words(
    """Anna Beth Clara Diana Emma Fiona Grace Helen Irene Julia Kate Laura Maria Nina Olivia Paula
    Rachel Sarah Tina Ursula Wendy Zoe Alice Bridget Carmen Doris Elena Greta"""
)
MEN = _words(
    """Adam Ben Carl David Eric Frank George Henry Ivan Jack Kevin Leo Mark Nigel Oscar Peter Ralph
    Simon Tom Victor Walter Hugo Bruno Colin Derek Felix Gavin Howard"""
)
NUMBERS = _words("two three four five six seven eight nine ten eleven twelve thirteen fourteen")
DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
CITIES = _words(
    """Leeds Cairo Oslo Boston Lima Dublin Madrid Prague Vienna Geneva Seoul Chicago Naples Athens
    Munich Lagos Delhi Havana Porto Lyon Bergen Dallas Kyoto Tunis"""
)
COUNTRIES = _words(
    """Norway Brazil Kenya Poland Japan Canada Chile Egypt Denmark Mexico Turkey Jordan Chad Georgia
    India Peru Spain Ireland Finland Portugal"""
)
# Names of people, towns and companies alike: "Ashford", "Hartley", "Milwick".
SURNAMES = tuple(
    first + last
    for first in _words(
        """Ash Brad Burn Carl Clif Dal Dun Fair Ham Har Hol Kel Lan Mar Mil Nor Oak Pres Red Roth Sel
        Staf Thorn Wake War Wel Whit Win"""
    )
    for last in _words("ton ford field ley wick bury by more stead well")
)
