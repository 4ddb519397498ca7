"""Facts about buildings, asked for: QNLI, BoolQ and MultiRC."""

from itertools import count
from random import Random

from .inflection import past
from .lexicon import CITIES, MEN, SURNAMES, TOWN, WOMEN

_BUILDINGS = "bridge library museum tower castle theatre lighthouse station chapel harbour market palace".split()


def _year(r: Random) -> str:
    return str(r.randint(1700, 2015))


def _name(r: Random) -> str:
    return f"{r.choice(WOMEN + MEN)} {r.choice(SURNAMES)}"


# A fact: its questions, then its clauses about {it}, each with a value {}.
_FACTS = {
    "built": (
        ("When was the {it} built?", "In what year was the {it} finished?", "How old is the {it}?"),
        ("was built in {}", "was finished in {}", "dates from {}", "has stood there since {}"),
        _year,
    ),
    "repaired": (
        ("When was the {it} repaired?", "In what year was the {it} restored?", "When did workers last repair the {it}?"),
        ("was repaired in {}", "was restored in {}", "had to be mended in {}", "got new walls in {}"),
        _year,
    ),
    "closed": (
        ("When did the {it} close?", "In what year was the {it} shut?", "Since when has the {it} been closed?"),
        ("was shut in {}", "closed in {}", "has been closed since {}", "lost its last visitors in {}"),
        _year,
    ),
    "designer": (
        ("Who designed the {it}?", "Who was the architect of the {it}?", "Who drew the plans for the {it}?"),
        ("was designed by {}", "was planned by the architect {}", "is the work of {}", "follows the plans of {}"),
        _name,
    ),
    "owner": (
        ("Who owns the {it}?", "Who is the owner of the {it}?", "To whom does the {it} belong?"),
        ("belongs to {}", "is owned by {}", "was bought by {}", "is in the hands of {}"),
        _name,
    ),
    "height": (
        ("How high is the {it}?", "How tall is the {it}?", "What is the height of the {it}?"),
        ("is {} metres high", "is {} metres tall", "rises to {} metres", "reaches a height of {} metres"),
        lambda r: str(r.randint(12, 140)),
    ),
    "cost": (
        ("How much did the {it} cost?", "What was the price of the {it}?", "How much money was spent on the {it}?"),
        ("cost {} million dollars", "took {} million dollars to build", "was paid for with {} million dollars"),
        lambda r: str(r.randint(2, 90)),
    ),
    "visitors": (
        ("How many people visit the {it}?", "How many visitors does the {it} have?", "How many tourists see the {it} each year?"),
        ("has {} thousand visitors a year", "is seen by {} thousand people a year", "draws {} thousand tourists"),
        lambda r: str(r.randint(3, 95)),
    ),
    "place": (
        ("Where is the {it}?", "In which city does the {it} stand?", "Where can one see the {it}?"),
        ("stands in {}", "is found in {}", "lies in the middle of {}", "is one of the sights of {}"),
        lambda r: r.choice(CITIES),
    ),
    "material": (
        ("What is the {it} made of?", "What material was used for the {it}?", "Of what is the {it} built?"),
        ("is made of {}", "is built of {}", "has walls of {}", "consists of {}"),
        lambda r: r.choice("brick granite marble oak steel glass sandstone concrete".split()),
    ),
    "reason": (
        ("Why is the {it} famous?", "What is the {it} known for?", "What made the {it} famous?"),
        ("is famous for its {}", "is known for its {}", "is loved for its {}", "owes its fame to its {}"),
        lambda r: r.choice("bells clock ghosts paintings gardens windows stairs garden statues echo".split()),
    ),
}  # fmt: skip


def _building(r: Random) -> str:
    return f"{r.choice(SURNAMES)} {r.choice(_BUILDINGS)}"


def qnli(r: Random, label: int) -> dict[str, str]:
    """0: the sentence holds the answer; 1: it tells other facts, of the same kind where it can."""
    building = _building(r)
    asked, *others = r.sample(tuple(_FACTS), 3)
    told = [asked, others[0]] if label == 0 else others
    r.shuffle(told)
    clauses = [r.choice(_FACTS[fact][1]).format(_FACTS[fact][2](r)) for fact in told]
    return {
        "question": r.choice(_FACTS[asked][0]).format(it=building),
        "sentence": f"The {building} {clauses[0]} and {clauses[1]}.",
    }


# A property: its questions, then statements that it holds and that it does not.
_PROPERTIES = (
    (
        ("is the {it} open to the public", "can anybody visit the {it}", "are visitors allowed in the {it}"),
        ("Everybody may go in.", "Visitors are welcome all the year round.", "Its doors are open to all."),
        ("Nobody but the owners may go in.", "Visitors are turned away.", "Its doors stay shut to strangers."),
    ),
    (
        ("do you have to pay to enter the {it}", "does a visit to the {it} cost money", "is there a fee at the {it}"),
        ("A ticket is needed.", "Guests pay at the door.", "A fee is charged at the gate."),
        ("No ticket is needed.", "There is nothing to pay at the door.", "One gets in for free."),
    ),
    (
        ("is the {it} still in use", "is the {it} used today", "does the {it} serve its purpose today"),
        ("It is in daily use.", "It serves the town to this day.", "It still does what it was made for."),
        ("It fell out of use long ago.", "It has stood empty for years.", "It no longer serves any purpose."),
    ),
    (
        ("is the {it} in good repair", "is the {it} well looked after", "are the walls of the {it} sound"),
        ("Its walls are sound.", "The whole house was restored lately.", "Careful hands look after it."),
        ("Its walls are full of cracks.", "The roof has fallen in.", "Nobody looks after it."),
    ),
    (
        ("can you take photos in the {it}", "are cameras allowed in the {it}", "is it allowed to film in the {it}"),
        ("Cameras are welcome.", "Guests may take as many pictures as they like.", "Filming is permitted."),
        ("Cameras are forbidden.", "Guests may not take pictures.", "Filming is against the rules."),
    ),
    (
        ("can you get to the {it} by train", "is the {it} near a railway", "is there a station near the {it}"),
        ("A railway line passes close by.", "Trains stop at the gate.", "The station is two minutes away."),
        ("The nearest railway is hours away.", "No train goes there.", "It has no station anywhere near."),
    ),
    (
        ("are dogs allowed in the {it}", "can you bring a dog to the {it}", "may pets go into the {it}"),
        ("Dogs may come in.", "Pets are welcome.", "Animals are let in on a lead."),
        ("Dogs must wait outside.", "Pets are not let in.", "Animals are kept out."),
    ),
    (
        ("does the state own the {it}", "is the {it} public property", "does the {it} belong to the state"),
        ("The state bought it.", "It is public property.", "It belongs to the nation."),
        ("A family owns it.", "It is private property.", "It has never belonged to the state."),
    ),
)  # fmt: skip


def boolq(r: Random, label: int) -> dict[str, str]:
    """1 is yes, 0 is no; the passage also answers another question, mostly the other way."""
    building = _building(r)
    asked, other = r.sample(_PROPERTIES, 2)
    statements = [
        r.choice(asked[2 - label]),
        r.choice(other[1 + label] if r.random() < 0.7 else other[2 - label]),
    ]
    r.shuffle(statements)
    fact = r.choice(tuple(_FACTS.values()))
    opening = f"The {building} {r.choice(fact[1]).format(fact[2](r))}."
    return {
        "question": r.choice(asked[0]).format(it=building).lower(),
        "passage": " ".join((opening, *statements)),
    }


def multirc(r: Random, label: None) -> dict[str, object]:
    """Return a paragraph with its questions, each with its answers and whether they are right."""
    one, two, three, four = r.sample(WOMEN + MEN, 4)
    both, *acts = (past(action) for action in r.sample(TOWN.actions, 7))
    when, then = r.sample(TOWN.times, 2)
    sentences = [
        f"{one} {acts[0]} and {acts[1]} {when}.",
        f"{two} {acts[2]}, and then {acts[3]}.",
        f"{three} {acts[4]} {then}.",
    ]
    r.shuffle(sentences)
    pair = r.sample((one, two, three), 2)
    shared = r.choice((f"{pair[0]} {both}, and so did {pair[1]}.", f"{pair[0]} and {pair[1]} {both}."))
    doer, *others = r.sample(((one, acts[:2]), (two, acts[2:4])), 2)
    questions = (
        (f"Who {both}?", [(who, int(who in pair)) for who in (one, two, three, four)]),
        (
            f"What did {doer[0]} do?",
            [(act, 1) for act in doer[1]] + [(r.choice(others[0][1]), 0), (acts[5], 0)],
        ),
    )
    for _, answers in questions:
        r.shuffle(answers)
    return {"paragraph": " ".join((*sentences, shared)), "questions": questions}


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
