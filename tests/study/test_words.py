"""Words by their form: the lists first, then the lexicon, and nothing from a form's context."""

import tomllib

import pytest

from pasta_lib.study import words

EXAMPLES = {
    "pronouns": "her Him THEY itself ĠWho ▁this",
    "names": "london Susan Tom ĠBrazil french wagner",
    "verbs": "happened likes destroy",
    "verbs or other": "set chase house bed",
    "adverbs": "quickly aloud",
    "function words": "of The under because was ĠShould not",
    "other words": "doorway thinner wide",
    "digits, signs": ", ... 1999 [SEP] <s> [unused3] ½",
    "pieces, unknown": "##ing ##her ##s gression b 阿",
}


@pytest.mark.parametrize(
    "token, expected",
    [(token, name) for name, tokens in EXAMPLES.items() for token in tokens.split()],
)
def test_a_form_has_one_class(token, expected):
    assert words.word_class(token) == expected


def test_every_class_is_counted_even_where_no_token_has_it():
    found = words.count(["her", "him", "##s", "Ġ"])
    assert tuple(found) == words.CLASSES == tuple(EXAMPLES)
    assert {name: n for name, n in found.items() if n} == {
        "pronouns": 2,
        "digits, signs": 1,
        "pieces, unknown": 1,
    }


def test_no_word_stands_in_two_lists_or_twice_in_one():
    lists = tomllib.loads(words._FILE.read_text(encoding="utf-8"))
    assert set(lists) < set(words.CLASSES)
    for own in lists.values():
        for listed in own.values():
            assert len(listed.split()) == len(set(listed.split()))
    classes = [{w for listed in own.values() for w in listed.split()} for own in lists.values()]
    assert len(set().union(*classes)) == sum(map(len, classes))
