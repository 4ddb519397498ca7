"""Two sentences of news that report the same fact, or not: MRPC.

The two share nearly all their words also where they differ: in one detail, or in who did it to whom.
"""

from random import Random

from .lexicon import CITIES, COUNTRIES, DAYS, MEN, NUMBERS, SURNAMES, WOMEN

# A paragraph is one event, a line one wording of it; {a} and {b} exchanged make another event.
_EVENTS = [
    [line.strip() for line in event.splitlines()]
    for event in """
    {a} bought {b} for {n} million dollars on {day}.
    {b} was sold to {a} on {day} for {n} million dollars.
    On {day} {a} paid {n} million dollars for {b}.
    {a} took over {b} on {day} at a price of {n} million dollars.

    {a} lent {b} {n} million dollars for a new plant in {city}.
    {b} borrowed {n} million dollars from {a} for a new plant in {city}.
    For its new plant in {city}, {b} got a loan of {n} million dollars from {a}.

    {a} beat {b} by {n} goals to one in {city} on {day}.
    {b} lost to {a} by one goal to {n} in {city} on {day}.
    On {day} in {city} {b} was beaten by {a}, who scored {n} goals and let in one.

    {a} sued {b} in {city} for {n} million dollars.
    {b} was taken to court in {city} by {a}, who wants {n} million dollars.
    A {city} court will hear the claim of {a} against {b} for {n} million dollars.

    {person} became head of {a} on {day} after {n} years at {b}.
    After {n} years with {b}, {person} was named head of {a} on {day}.
    {a} said on {day} that {person}, who spent {n} years at {b}, would lead it.

    {a} accused {b} on {day} of stealing the plans for a bridge in {city}.
    On {day} {b} was accused by {a} of having stolen plans for a bridge in {city}.
    {b} stole the plans for a {city} bridge, {a} claimed on {day}.

    Shares of {a} rose by {n} percent on {day}.
    {a} stock gained {n} percent on {day}.
    On {day} the share price of {a} went up by {n} percent.
    Investors saw {a} shares climb {n} percent on {day}.

    A judge in {city} sent {person} to prison for {n} years on {day}.
    {person} was sentenced to {n} years in jail by a {city} judge on {day}.
    On {day} a court in {city} jailed {person} for {n} years.

    A storm killed {n} people in {country} on {day}.
    {n} people in {country} died in a storm on {day}.
    On {day} {n} people lost their lives when a storm struck {country}.

    {person} flew from {city} to {country} on {day}.
    {person} took a plane to {country} on {day}, leaving from {city}.
    On {day} {person} left {city} by air for {country}.

    {n} workers at {a} in {city} lost their jobs on {day}.
    {a} dismissed {n} workers in {city} on {day}.
    On {day} {n} employees of {a} were laid off in {city}.

    {person} won {n} medals for {country} in {city}.
    In {city} {person} took {n} medals for {country}.
    {country} owes {n} of its medals in {city} to {person}.

    Police in {city} arrested {n} fans of {a} on {day}.
    {n} {a} supporters were held by {city} police on {day}.
    On {day} {n} people who follow {a} were taken into custody in {city}.

    {country} will send {n} ships to {city}, {person} said on {day}.
    {person} said on {day} that {n} ships from {country} would go to {city}.
    According to what {person} said on {day}, {city} will see {n} ships from {country}.

    {person} will open a museum in {city} in {n} weeks.
    In {n} weeks a museum in {city} will be opened by {person}.
    {city} gets a museum in {n} weeks, and {person} will open it.

    The bridge in {city} will be closed for {n} months, {person} said.
    {person} said that nobody could cross the {city} bridge for {n} months.
    For {n} months there will be no way over the bridge in {city}, according to {person}.
    """.strip().split("\n\n")
]
_POOLS = {
    "a": SURNAMES,
    "b": SURNAMES,
    "n": NUMBERS,
    "day": DAYS,
    "city": CITIES,
    "country": COUNTRIES,
}


def _fill(r: Random, slot: str) -> str:
    if slot == "person":
        return f"{r.choice(WOMEN + MEN)} {r.choice(SURNAMES)}"
    return r.choice(_POOLS[slot])


def mrpc(r: Random, label: int) -> dict[str, str]:
    """1 is the same fact in other words, 0 is another fact."""
    one, other = r.sample(r.choice(_EVENTS), 2)
    slots = [slot for slot in (*_POOLS, "person") if f"{{{slot}}}" in one]
    fact = {slot: _fill(r, slot) for slot in slots}
    report = dict(fact)
    if not label and "b" in slots and r.random() < 0.3:
        report |= {"a": fact["b"], "b": fact["a"]}
    elif not label:
        changed = r.choice(slots)
        while report[changed] in fact.values():
            report[changed] = _fill(r, changed)
    texts = [wording.format(**values) for wording, values in ((one, fact), (other, report))]
    return {f"sentence{i}": text[0].upper() + text[1:] for i, text in enumerate(texts, 1)}
