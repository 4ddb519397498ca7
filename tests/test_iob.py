"""IOB1 becomes IOB2: every entity kept, IOB2 untouched, impossible tags found."""

import random

import pytest

from pasta_lib.tasks.iob import ImpossibleTag, to_iob2


def sentences_of(seed):
    """Draw sentences as lists of entities: (type or None, length), None being words outside."""
    draw = random.Random(seed)
    return [
        [(draw.choice([None, "PER", "ORG"]), draw.randint(1, 3)) for _ in range(draw.randint(1, 6))]
        for _ in range(20)
    ]


def written(sentences, scheme):
    found = []
    for entities in sentences:
        tags, before = [], None
        for kind, length in entities:
            first = "B" if scheme == "IOB2" or before == kind else "I"
            tags += ["O"] * length if kind is None else [f"{first}-{kind}"]
            tags += [f"I-{kind}"] * (length - 1) if kind is not None else []
            before = kind
        found.append(tags)
    return found


@pytest.mark.parametrize("seed", range(10))
def test_both_schemes_of_the_same_entities_give_one_iob2(seed):
    sentences = sentences_of(seed)
    expected = written(sentences, "IOB2")
    assert to_iob2(written(sentences, "IOB1")) == (expected, 0)
    assert to_iob2(expected) == (expected, 0)


def test_a_needless_b_among_iob1_tags_is_kept_and_counted():
    sentences = [["I-PER", "O"], ["I-LOC"], ["O", "B-LOC"]]
    assert to_iob2(sentences) == ([["B-PER", "O"], ["B-LOC"], ["O", "B-LOC"]], 1)


@pytest.mark.parametrize(
    ("tags", "word", "said"),
    [
        (["B-PER", "O", "I-PER"], 2, "tag 'I-PER' cannot follow 'O' in IOB2"),
        (["B-PER", "I-LOC"], 1, "tag 'I-LOC' cannot follow 'B-PER' in IOB2"),
    ],
)
def test_an_entity_cannot_open_by_i_in_iob2(tags, word, said):
    with pytest.raises(ImpossibleTag, match=said) as caught:
        to_iob2([["B-LOC", "O"], tags])
    assert (caught.value.sentence, caught.value.word) == (1, word)
