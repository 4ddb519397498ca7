"""English inflection, for the lexicon's own words: of verbs on a phrase's first word, of nouns."""

_IRREGULAR = {
    base: (past, participle)
    for base, past, participle in (
        line.split()
        for line in """
        be was been
        beat beat beaten
        become became become
        begin began begun
        break broke broken
        bring brought brought
        build built built
        buy bought bought
        catch caught caught
        choose chose chosen
        come came come
        cut cut cut
        draw drew drawn
        drink drank drunk
        drive drove driven
        eat ate eaten
        fall fell fallen
        feed fed fed
        find found found
        fly flew flown
        forget forgot forgotten
        forgive forgave forgiven
        get got got
        give gave given
        go went gone
        grow grew grown
        have had had
        hear heard heard
        hide hid hidden
        hold held held
        keep kept kept
        know knew known
        lead led led
        leave left left
        lend lent lent
        light lit lit
        lose lost lost
        make made made
        meet met met
        pay paid paid
        put put put
        read read read
        ring rang rung
        rise rose risen
        run ran run
        see saw seen
        sell sold sold
        send sent sent
        set set set
        shake shook shaken
        shut shut shut
        sing sang sung
        sit sat sat
        sleep slept slept
        speak spoke spoken
        steal stole stolen
        sweep swept swept
        swim swam swum
        take took taken
        teach taught taught
        tell told told
        think thought thought
        wake woke woken
        wear wore worn
        weep wept wept
        win won won
        write wrote written
        """.strip().splitlines()
    )
}
_DOUBLING = frozenset(
    "admit chop drag drop grab hug pat plan pop rob scrub ship slip stop travel trim".split()
)
_DOUBLING_GERUND = _DOUBLING | frozenset("cut get put run set shut sit swim win".split())
_PLURALS = {
    "child": "children",
    "knife": "knives",
    "loaf": "loaves",
    "thief": "thieves",
    "wife": "wives",
}
_SIBILANTS = ("s", "sh", "ch", "x", "z")


def _ends_in_consonant_y(word: str) -> bool:
    return word.endswith("y") and word[-2] not in "aeiou"


def _regular(verb: str) -> str:
    if verb in _DOUBLING:
        return verb + verb[-1] + "ed"
    if _ends_in_consonant_y(verb):
        return verb[:-1] + "ied"
    return verb + ("d" if verb.endswith("e") else "ed")


def _on_head(phrase: str, inflect) -> str:
    head, *rest = phrase.split(" ")
    return " ".join([inflect(head), *rest])


def past(phrase: str) -> str:
    """Return the past tense: "feed the hens" -> "fed the hens"."""
    return _on_head(
        phrase, lambda verb: _IRREGULAR[verb][0] if verb in _IRREGULAR else _regular(verb)
    )


def participle(phrase: str) -> str:
    """Return the past participle: "write the letter" -> "written the letter"."""
    return _on_head(
        phrase, lambda verb: _IRREGULAR[verb][1] if verb in _IRREGULAR else _regular(verb)
    )


def gerund(phrase: str) -> str:
    """Return the -ing form: "shut the door" -> "shutting the door"."""

    def inflect(verb: str) -> str:
        if verb in _DOUBLING_GERUND:
            return verb + verb[-1] + "ing"
        return (verb[:-1] if verb.endswith("e") and verb not in {"be", "see"} else verb) + "ing"

    return _on_head(phrase, inflect)


def plural(noun: str) -> str:
    """Return a noun's plural, with or without irregularity; also a verb's third person singular."""
    if noun in _PLURALS:
        return _PLURALS[noun]
    if _ends_in_consonant_y(noun):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(_SIBILANTS) else "s")


def article(phrase: str) -> str:
    """Return `phrase` after "a" or "an", by its first letter."""
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def capitalised(text: str) -> str:
    """Return `text` as a sentence: with a capital, and a full stop where no mark ends it."""
    return text[0].upper() + text[1:] + ("" if text.endswith("?") else ".")
