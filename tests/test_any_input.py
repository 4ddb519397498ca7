"""Any input: what was written is what is read or is refused in a sentence, and no word is lost."""

import csv
import json
import math
import re
from io import StringIO
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from layouts import OFFICIAL, write
from tiny import tiny_model, tiny_tokenizer, word_pieces

from pasta_lib import backbones, paths
from pasta_lib.adapters import load_adapter, save_adapter, trainable
from pasta_lib.errors import InputError
from pasta_lib.methods import build
from pasta_lib.tasks import encode, files, load_task, user_task


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("any")


@pytest.fixture(scope="module", autouse=True)
def cache(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "CACHE", folder / "cache")
        yield


def refused(call, *args, **kwargs):
    """Return what `call` gives and None, or None and its sentence; nothing else may be raised."""
    try:
        return call(*args, **kwargs), None
    except InputError as error:
        sentence = str(error)
        assert "\n" not in sentence and len(sentence) < 1500
        sentence.encode()  # a message that cannot be printed helps nobody
        return None, sentence


def text(without="", **size):
    """Any text but for lone surrogates, which no file can hold, and the given characters."""
    return st.text(st.characters(exclude_categories=["Cs"], exclude_characters=without), **size)


# --- files


def tables(cell, least):
    """A header of distinct names and rows under it."""
    header = st.lists(cell, min_size=least, max_size=3, unique=True)
    return header.flatmap(
        lambda names: st.tuples(
            st.just(names),
            st.lists(st.lists(cell, min_size=len(names), max_size=len(names)), max_size=3),
        )
    )


@given(tables(text("\t\n\r", max_size=5), least=2))
def test_a_table_of_tabs_is_read_as_written(folder, table):
    header, rows = table
    assume(not header[0].startswith("\ufeff"))
    path = folder / "rows.tsv"
    path.write_bytes("".join("\t".join(row) + "\n" for row in [header, *rows]).encode())
    found = files.tsv(path)
    assert found.columns == {name: [row[i] for row in rows] for i, name in enumerate(header)}
    assert [found.at(i) for i in range(len(rows))] == [
        f"{path}, line {i + 2}" for i in range(len(rows))
    ]


@given(tables(text(max_size=5), least=1), st.sampled_from(["\n", "\r\n"]))
def test_a_table_of_commas_is_read_as_written(folder, table, ending):
    table = [[cell.replace("\r\n", "\n") for cell in row] for row in [table[0], *table[1]]]
    assume(len(set(table[0])) == len(table[0]))
    out = StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=ending).writerows(table)
    path = folder / "rows.csv"
    path.write_bytes(out.getvalue().encode())
    header, *rows = table
    assert files.comma_separated(path).columns == {
        name: [row[i] for row in rows] for i, name in enumerate(header)
    }


KEY = st.text(max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEY, inner, max_size=2),
    max_leaves=3,
)


@given(st.lists(st.dictionaries(KEY, JSON, max_size=2), min_size=1, max_size=3), st.booleans())
def test_json_lines_are_read_as_written(folder, records, escaped):
    path = folder / "rows.jsonl"
    lines = (json.dumps(record, ensure_ascii=escaped) + "\n" for record in records)
    path.write_bytes("".join(lines).encode(errors="backslashreplace"))
    names = {name for record in records for name in record}
    found = files.jsonl(path)
    assert found.columns == {name: [record.get(name) for record in records] for name in names}


WORD = text(" \t\n\r\ufeff", min_size=1, max_size=5).filter(lambda word: word != "-DOCSTART-")


@given(
    st.lists(
        st.lists(st.tuples(WORD, WORD), min_size=1, max_size=3).map(
            lambda rows: [list(row) for row in rows]
        ),
        max_size=2,
    ),
    st.sampled_from([" ", "\t", "  "]),
)
def test_words_and_tags_are_read_as_written(folder, sentences, space):
    path = folder / "rows.conll"
    lines = ["\n".join(space.join(row) for row in rows) + "\n\n" for rows in sentences]
    path.write_bytes(b"-DOCSTART- O\n\n" + "".join(lines).encode())
    found, _ = files.conll(path)
    assert [[[word, tag] for _, word, tag in rows] for rows in found] == sentences


PIECES = [
    *(b"\n", b"\r\n", b"\t", b",", b'"', b" ", b"\\", b"\0", b"\xff", b"\xef\xbb\xbf", b"\x85"),
    *(b'{"text": "a", "label": ', b'"label"', b"text\tlabel", b"text,label", b"a,b", b":", b"}"),
    *(b"[", b"]", b'"\\ud83d"', b"NaN", b"-Infinity", b"1e999", b"9" * 4400, b"[" * 2000, b"null"),
    *(b"-DOCSTART-", b"B-PER", b"O", "\u2028é😀".encode()),
]
BYTES = st.binary() | st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join)


@pytest.mark.parametrize(
    "read",
    [files.tsv, files.comma_separated, files.jsonl, files.conll],
    ids=["tsv", "csv", "jsonl", "conll"],
)
@given(content=BYTES)
def test_any_bytes_are_read_or_refused(folder, read, content):
    path = folder / "bytes"
    path.write_bytes(content)
    _, sentence = refused(read, path)
    assert sentence is None or sentence.startswith(str(path))


@given(st.data())
def test_any_harm_to_an_official_file_is_read_or_refused(folder, data):
    task = data.draw(st.sampled_from(sorted(OFFICIAL)))
    home = write(task, folder / "official")
    path = home / data.draw(st.sampled_from(sorted(OFFICIAL[task][1])))
    content = path.read_bytes()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 30)))
    put = data.draw(st.sampled_from(PIECES) | st.binary(max_size=5))
    path.write_bytes(content[:start] + put + content[end:])
    _, sentence = refused(load_task, task, home)
    assert sentence is None or str(home) in sentence


# --- a user's rows, in a frame: the widest door, as its cells hold any object


def wrapped(values):
    """The same values as other libraries hold them too."""
    return values | values.map(np.asarray) | values.map(torch.tensor)


MISSING = st.sampled_from([None, math.nan, pd.NA, pd.NaT, np.float32("nan"), "", " ", "\t\u00a0"])
ODD = st.sampled_from(
    [[], ["x"], ("x",), {"x": 1}, {"x"}, b"x", 1j, object, math.inf, 10**5000, "a\ud83d", "\udc00"]
) | st.builds(np.asarray, st.lists(st.integers(0, 9), min_size=1, max_size=3))
NUMBERS = wrapped(st.integers(-3, 3) | st.booleans() | st.floats(-2, 2, width=32))
NAMES = st.sampled_from(["label", "text", "id", "idx", "tokens", "ner_tags", "score", "x", "None"])


def kept(value):
    """What a cell says, spelled out here once more: None where it says nothing or nothing fit."""
    if isinstance(value, np.generic | np.ndarray | torch.Tensor):
        value = value.item() if value.ndim == 0 else None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) > 10**4000:
        return None
    if isinstance(value, str):
        return value if value.strip() and value.isprintable() else None
    return value if isinstance(value, bool | int | float) else None


def value_of(said):
    """The number that a label writes, None where it writes none: True is 1, as in Python."""
    words = {"true": 1.0, "false": 0.0}
    text = str(said).strip().lower()
    return words.get(text, float(text) if re.fullmatch(r"[-+.e0-9]+", text) else None)


def spelt_twice(said):
    """Whether a number or truth value is called otherwise than another label of that value."""
    numbers = [one for one in said if one is not None and not isinstance(one, str)]
    others = [(one, two) for one in numbers for two in said if two is not None]
    return any(
        value_of(one) == value_of(two) and str(one).strip() != str(two).strip()
        for one, two in others
    )


def frame(text_name, texts, label_name, labels):
    columns = {text_name: texts, label_name: labels, "other": ["x"] * len(texts)}
    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})


READABLE = st.text(st.sampled_from("ab 1é"), min_size=1, max_size=3)
CELLS = READABLE | NUMBERS | NUMBERS | MISSING | ODD


@given(st.lists(st.tuples(READABLE | MISSING | ODD, CELLS), min_size=1, max_size=5), NAMES, NAMES)
def test_labels_are_what_their_cells_say_or_are_refused(rows, text_name, label_name):
    texts, labels = map(list, zip(*rows, strict=True))
    given = frame(text_name, texts, label_name, labels)
    splits = {"train": given, "validation": given}
    task, sentence = refused(user_task, "own", splits, texts=text_name, label=label_name)
    said = [kept(label) for label in labels]
    names = [None if label is None else str(label).strip() for label in said]
    readable = [isinstance(kept(t), str) and not isinstance(t, np.ndarray) for t in texts]
    several = len(set(names)) > 1 and not spelt_twice(said)
    fits = all(readable) and None not in names and several and text_name != label_name
    assert (task is not None) == fits, sentence
    if task:
        assert task.texts("train") == [[(t,)] for t in texts]
        assert [task.labels[i] for i in task.gold("train")] == names


@given(st.lists(CELLS, min_size=1, max_size=5), NAMES)
def test_scores_are_what_their_cells_say_or_are_refused(labels, name):
    given = frame("a text", ["a"] * len(labels), name, labels)
    splits = {"train": given, "validation": given}
    arguments = {"texts": "a text", "label": name, "head": "regression"}
    task, sentence = refused(user_task, "own", splits, **arguments)
    said = [kept(label) for label in labels]
    try:
        scores = [math.nan if isinstance(s, bool) else float(s or 0 * s) for s in said]
    except (TypeError, ValueError):
        scores = [math.nan]
    assert (task is not None) == all(map(math.isfinite, scores)), sentence
    if task:
        # all −1 is the mark of a split without labels, wherever it stands
        found = task.splits["train"]["label"][:]
        assert found == [float(np.float32(score)) for score in scores]


TAG = st.sampled_from(
    ["O", "O", "B-X", "B-Y", " B-X ", "X", "I-", None, math.nan, -1, ["O"], "B-\ud83d"]
)
SENTENCE = st.lists(st.tuples(READABLE, TAG), max_size=3)


@given(st.lists(SENTENCE, min_size=1, max_size=3), st.sampled_from([list, tuple, pd.array]))
def test_tags_are_what_their_cells_say_or_are_refused(sentences, make):
    words = [[word for word, _ in rows] for rows in sentences]
    tags = [[tag for _, tag in rows] for rows in sentences]
    cells = tags if make is pd.array else [make(row) for row in tags]
    given = frame("words", words, "tags", cells)
    splits = {"train": given, "validation": given, "test": given[["words"]]}
    arguments = {"texts": "words", "label": "tags", "head": "tokens"}
    task, sentence = refused(user_task, "own", splits, **arguments)
    flat = [tag for row in tags for tag in row]
    sound = all(isinstance(tag, str) and tag.strip() in ("O", "B-X", "B-Y") for tag in flat)
    fits = sound and all(words) and all(word.strip() for row in words for word in row)
    assert (task is not None) == fits, sentence
    if task:
        found = [[task.labels[i] for i in row] for row in task.gold("train")]
        assert found == [[tag.strip() for tag in row] for row in tags]
        assert task.gold("test") is None


# --- texts and words on their way through the tokenizer

TOKENIZER = word_pieces("cat", "dog", "walk", "a", "b", ".", "##s", "##ing", "##b")
KNOWN = st.sampled_from(
    ["cats", "walking", "a.b", "dog", "[SEP]", "\u200b", "\u200d\u00ad", "\0", "abb"]
)


def pieces_of(word: str) -> list[int]:
    """What the tokenizer makes of a word alone: a special token that is spelt is text."""
    return TOKENIZER(word, add_special_tokens=False, split_special_tokens=True)["input_ids"]


ANY_WORD = (KNOWN | text(min_size=1, max_size=4)).filter(str.strip)


@given(
    st.lists(st.lists(ANY_WORD, min_size=1, max_size=6), min_size=1, max_size=2),
    st.integers(3, 10),
    st.randoms(use_true_random=False),
)
def test_every_word_gets_the_tag_of_its_own_first_piece(sentences, longest, random):
    tags = [[random.choice(["O", "B-X"]) for _ in words] for words in sentences]
    given = pd.DataFrame({"words": [*sentences, ["a"]], "tags": [*tags, ["B-X"]]})
    splits = {"train": given, "validation": given}
    task = user_task("own", splits, texts="words", label="tags", head="tokens")
    encoded = encode(task, TOKENIZER, "train", longest)
    shape = (encoded.rows, max(encoded.lengths), 3)
    logits = np.random.default_rng(random.randrange(2**32)).random(shape)

    expected, lost, cut = [], 0, 0
    for words, scores in zip(given["words"], logits, strict=True):
        place, answers = 1, []  # [CLS] stands at 0, and [SEP] takes the last place
        for word in words:
            pieces = len(pieces_of(word))
            there = pieces > 0 and place < longest - 1
            lost, cut = lost + (not there), cut + (not there and pieces > 0)
            answers.append(task.labels[scores[place].argmax()] if there else "O")
            place += pieces
        expected.append(answers)
    assert task.decode(logits, encoded.words) == expected
    assert (encoded.lost_words, encoded.cut_words) == (lost, cut)
    assert encoded.tags == task.gold("train")


@given(st.lists(st.tuples(ANY_WORD, ANY_WORD), min_size=2, max_size=3), st.booleans(), st.data())
def test_every_text_gets_its_own_prediction(rows, pair, data):
    first, second = zip(*rows, strict=True)
    labels = [str(i) for i in range(len(rows))]
    given = pd.DataFrame({"a": first, "b": second, "label": labels})
    texts = ("a", "b") if pair else "a"
    task = user_task("own", {"train": given, "validation": given}, texts=texts)
    encoded = encode(task, TOKENIZER, "validation")
    for ids, row in zip(encoded.input_ids, rows, strict=True):
        own = [pieces_of(part) for part in row]
        framed = [2, *own[0], 3, *own[1], 3] if pair else [2, *own[0], 3]
        assert ids == framed
    order = data.draw(st.permutations(range(len(rows))))
    assert task.decode(np.eye(len(rows))[order]) == [task.labels[i] for i in order]
    assert encoded.labels == list(range(len(rows)))


# --- adapters on their way through a folder


def answering(labels):
    """A model of the one tiny encoder with a head for `labels`, as `load_backbone` gives it."""
    task = SimpleNamespace(
        name="own",
        pair=False,
        head="classification",
        labels=tuple(labels),
        num_outputs=len(labels),
        format_name="text",
    )
    encoder = tiny_model("bert")
    model = backbones.build_untrained(encoder.config, task)
    backbones.base(model).load_state_dict(backbones.base(encoder).state_dict())
    model.config.cls_token_id, model.config.sep_token_id = 1, 2
    return model, task


LABEL = st.sampled_from(["LABEL_0", "LABEL_1", "no", "No", "0", "-1", "None", "a, b"])
LABELS = st.lists(LABEL | text(min_size=1, max_size=5), min_size=2, max_size=4, unique=True)
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
KEPT = ["pasta", "pasta-shared", "aot-fc", "lora", "bitfit", "adapter", "p-tuning-v2", "classifier"]


@given(LABELS, st.sampled_from(DTYPES), st.sampled_from(KEPT), st.integers(0, 99), st.data())
def test_an_adapter_answers_alike_whatever_its_labels_and_their_order(
    folder, labels, dtype, name, seed, data
):
    model, task = answering(labels)
    build(name).apply(model.to(dtype), tiny_tokenizer("bert"), task)
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in trainable(model).values():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    save_adapter(model.eval(), folder / "adapter")
    order = data.draw(st.permutations(labels))
    loaded = load_adapter(answering(order)[0].to(dtype), folder / "adapter").eval()

    batch = tiny_tokenizer("bert")(["w1 w2 w3", "w4"], padding=True, return_tensors="pt")
    with torch.no_grad():
        given, found = model(**batch).logits, loaded(**batch).logits
    torch.testing.assert_close(found, given[:, [labels.index(label) for label in order]])
    first, second = given.float().topk(2).values.T
    for row in (first - second > 0.02).nonzero().flatten():  # no tie, which order may decide
        assert order[found[row].argmax()] == labels[given[row].argmax()]
    assert backbones.purpose(loaded).labels == tuple(order)
