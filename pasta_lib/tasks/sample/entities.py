"""Words and their entity tags: CoNLL-2003.

A town's name is also a surname and the name of the town's club, a surname also heads a company: only
the words around a name tell a person, an organisation and a place apart.
"""

from random import Random

from .lexicon import COUNTRIES, DAYS, MEN, SURNAMES, WOMEN

TAGS = ("O", *(f"{mark}-{kind}" for kind in ("PER", "ORG", "LOC", "MISC") for mark in "BI"))

_NATIONS = """Norwegian Brazilian Kenyan Polish Japanese Canadian Chilean Egyptian Danish Mexican
Turkish Jordanian Georgian Peruvian Spanish Irish Finnish Portuguese Dutch Swedish Greek""".split()
_EVENTS = "Cup Open Trophy Masters Derby Marathon Festival Prize Rally Championship".split()
_COMPANIES = "Bank Steel Airlines Motors Insurance Foods Press Shipping Energy Textiles".split()
_BODIES = "University Council Police Hospital Orchestra United Rovers City Museum Chamber".split()
_JOBS = "striker minister singer goalkeeper lawyer novelist captain cyclist manager banker".split()


def _person(r: Random) -> list[str]:
    first, last = r.choice(WOMEN + MEN), r.choice(SURNAMES)
    return r.choice(([first, last], [last], [last], [first, r.choice(SURNAMES), last]))


def _club(r: Random) -> list[str]:
    name = r.choice(SURNAMES)
    return r.choice(([name], [name], [name, r.choice(("United", "Rovers", "City", "Athletic"))]))


def _firm(r: Random) -> list[str]:
    one, other = r.sample(SURNAMES, 2)
    return r.choice(
        ([one], [one, r.choice(_COMPANIES)], [one, "and", other], [one, r.choice(_BODIES)],
         [r.choice(COUNTRIES), r.choice(_COMPANIES)])
    )  # fmt: skip


def _place(r: Random) -> list[str]:
    name = r.choice(SURNAMES)
    return r.choice(([name], [name], [r.choice(COUNTRIES)], ["Lake", name], ["Port", name]))


def _event(r: Random) -> list[str]:
    return [r.choice((r.choice(SURNAMES), r.choice(_NATIONS))), r.choice(_EVENTS)]


_SLOTS = {
    "person": ("PER", _person),
    "surname": ("PER", lambda r: [r.choice(SURNAMES)]),
    "club": ("ORG", _club),
    "firm": ("ORG", _firm),
    "place": ("LOC", _place),
    "country": ("LOC", lambda r: [r.choice(COUNTRIES)]),
    "nation": ("MISC", lambda r: [r.choice(_NATIONS)]),
    "event": ("MISC", _event),
    "day": (None, lambda r: [r.choice(DAYS)]),
    "job": (None, lambda r: [r.choice(_JOBS)]),
    "number": (None, lambda r: [str(r.randint(2, 60))]),
    "score": (None, lambda r: [str(r.randint(1, 5)), "-", "0"]),
}
_TEMPLATES = tuple(
    line.split()
    for line in """
    {club} beat {club} {score} in {place} on {day} .
    {surname} beat {surname} in straight sets at the {event} on {day} .
    {surname} beat {surname} by {number} votes in {place} .
    {surname} flew from {place} to {place} to meet {surname} .
    {firm} will close its office in {place} , the company said on {day} .
    {person} , the {nation} {job} , joined {club} for {number} million .
    {club} signed {nation} {job} {person} from {club} on {day} .
    the {nation} {job} {person} was born in {place} .
    shares of {firm} rose {number} percent after {surname} resigned .
    {firm} named {person} as its chairman .
    {surname} told reporters in {place} that he would leave {club} .
    heavy rain in {place} and {place} killed {number} people .
    {place} was calm on {day} , but {nation} troops stayed near {place} .
    {person} of {country} won the {event} on {day} .
    {person} scored twice for {club} , who lost to {club} .
    {club} fans from {place} were held by {nation} police .
    the wife of {surname} still lives in {place} .
    the train from {place} was late , said {surname} .
    {firm} sold its {nation} business to {firm} .
    {surname} , who leads {firm} , was not in {place} on {day} .
    the mayor of {place} thanked {surname} and {surname} .
    {nation} voters trust {surname} more than {surname} .
    {club} and {club} drew {score} in the {event} .
    {place} lies {number} miles north of {place} .
    {surname} said {firm} had lost {number} million .
    a court in {place} fined {firm} on {day} .
    {person} ( {country} ) beat {person} ( {country} ) 6 - 3 6 - 2 .
    workers at {firm} in {place} went on strike on {day} .
    {surname} was injured when {club} trained in {place} .
    the {event} opens in {place} on {day} without {surname} .
    tourists leave {place} because of the {nation} storm .
    {firm} hired {surname} , a former {nation} {job} .
    on {day} {surname} visited {place} , a small town on the coast .
    on {day} {surname} visited {surname} , an old friend of hers .
    on {day} {surname} visited {firm} , a maker of engines .
    {surname} left {club} after {number} goals in two seasons .
    {surname} left {place} by car at noon .
    {surname} left {surname} and took the children .
    {surname} left {firm} , where he had been a director .
    {place} has {number} thousand inhabitants .
    {firm} has {number} thousand employees .
    {club} has {number} points and leads the league .
    {surname} has {number} grandchildren .
    {place} was hit by a flood on {day} .
    {surname} was hit by a taxi on {day} .
    {firm} was hit by rising costs in {country} .
    {club} was knocked out of the {event} by {club} .
    he admires {surname} , who wrote {number} novels .
    he supports {club} , who play in {place} .
    he bought shares in {firm} , which makes {nation} tractors .
    he was buried in {place} , where his father had a farm .
    a spokesman for {surname} said the {job} was in good health .
    a spokesman for {firm} said sales in {country} fell .
    the bridge at {place} was closed on {day} .
    the strikers of {club} missed {number} chances .
    the lawyers of {surname} spoke {nation} in court .
    {nation} growth slowed , {firm} reported .
    {nation} tourists love {place} , said the owner of a hotel .
    """.strip().splitlines()
)


def conll2003(r: Random, label: None) -> dict[str, list]:
    """Return a sentence's words and the positions of their tags in `TAGS`; `label` is not used."""
    tokens, tags = [], []
    for word in r.choice(_TEMPLATES):
        kind, make = _SLOTS[word[1:-1]] if word.startswith("{") else (None, lambda _, w=word: [w])
        words = make(r)
        tokens += words
        tags += [f"B-{kind}", *[f"I-{kind}"] * (len(words) - 1)] if kind else ["O"] * len(words)
    tokens[0] = tokens[0].capitalize() if tags[0] == "O" else tokens[0]
    return {"tokens": tokens, "ner_tags": [TAGS.index(tag) for tag in tags]}
