"""Texts become token ids: no padding, labels aligned, everything lost on the way counted."""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any

from .. import disk, paths
from ..errors import InputError, known, require
from .task import NO_TOKEN, Task

# Part of the cache key: raise it when the same texts would be encoded differently.
_VERSION = 4
IGNORED = -100


@dataclass(frozen=True)
class Encoded:
    """A tokenised split of N examples; each row of ids is unpadded and its mask all ones.

    `choices` consecutive rows are one example. For tokens, `labels` holds a row per example, -100
    on special tokens and on all but each word's first sub-word; `words` holds the position of that
    sub-word for each word, -1 where it has none, and `tags` each word's right answer. `groups`
    numbers MultiRC's questions. `truncated` counts rows cut to the maximum length, `lost_words`
    words without a sub-word, `cut_words` those of them that were cut off, `extra_specials` the
    class and separator tokens that texts themselves spell, such as a literal "[SEP]": they are
    read as text, and frame nothing.
    """

    input_ids: list[list[int]]
    token_type_ids: list[list[int]] | None
    labels: list | None
    lengths: list[int]
    choices: int = 1
    groups: list[int] | None = None
    words: list[list[int]] | None = None
    tags: list[list[int]] | None = None
    truncated: int = 0
    lost_words: int = 0
    cut_words: int = 0
    extra_specials: int = 0

    @property
    def rows(self) -> int:
        """The number of examples, N (`input_ids` has N · `choices` rows)."""
        return len(self.lengths)

    def take(self, examples: Sequence[int]) -> "Encoded":
        """Return the given examples only; the counts stay those of the whole split."""
        rows = [row * self.choices + i for row in examples for i in range(self.choices)]

        def pick(values: list | None, at: Iterable[int]) -> list | None:
            return None if values is None else [values[i] for i in at]

        return Encoded(
            input_ids=[self.input_ids[row] for row in rows],
            token_type_ids=pick(self.token_type_ids, rows),
            labels=pick(self.labels, examples),
            lengths=[self.lengths[i] for i in examples],
            choices=self.choices,
            groups=pick(self.groups, examples),
            words=pick(self.words, examples),
            tags=pick(self.tags, examples),
            truncated=self.truncated,
            lost_words=self.lost_words,
            cut_words=self.cut_words,
            extra_specials=self.extra_specials,
        )


def encode(
    task: Task,
    tokenizer: Any,
    split: str,
    max_length: int | None = None,
    *,
    reach: int | None = None,
) -> Encoded:
    """Tokenise a split to at most `max_length` tokens, cached on disk.

    The default length is the smallest of the task's, the tokenizer's and `reach`, the number of
    positions of the model. The cache (`paths.CACHE`) is keyed by content: tokenizer, texts, labels
    and length. Raises `InputError` for an unknown split, a length over the model's or without room
    for a text, a slow tokenizer, and, for tags, a byte-level one without `add_prefix_space`.
    """
    require({"task": task}, {"task": Task}, "encode")
    known(f"split of {task.name}", split, task.splits)
    if not tokenizer.is_fast:
        raise InputError(f"{type(tokenizer).__name__} is not a fast tokenizer, which is needed.")
    most = min(tokenizer.model_max_length, reach or math.inf)
    if max_length is None:
        max_length = min(task.max_length, most)
    frame = tokenizer.num_special_tokens_to_add(pair=task.pair)
    if max_length > most:
        raise InputError(f"max_length {max_length} is over the {most} tokens of the model.")
    if max_length <= frame:
        raise InputError(
            f"max_length {max_length} leaves no room for a text: it takes at least {frame + 1} "
            f"tokens, for {frame} frame it."
        )
    if task.head == "tokens":
        _needs_prefix_space(tokenizer)
    texts = task.splits[split]["tokens"][:] if task.head == "tokens" else task.texts(split)
    labels, groups = task.gold(split), task.groups(split)
    content = [_VERSION, _state(tokenizer), task.head, max_length, texts, labels, groups]
    key = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    path = paths.CACHE / "encoded" / key[:2] / f"{key}.json"
    if (kept := _kept(path)) is not None:
        return kept
    encoder = _words if task.head == "tokens" else _texts
    encoded = encoder(tokenizer, texts, labels, max_length, groups)
    text = json.dumps({f.name: getattr(encoded, f.name) for f in fields(encoded)})
    disk.keep(path, lambda partial: partial.write_text(text))
    return encoded


def _kept(path: Path) -> Encoded | None:
    """Return what was encoded before; None where nothing was, or what was is damaged."""
    try:
        return Encoded(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def _state(tokenizer: Any) -> list:
    """Return everything of a tokenizer that its output depends on."""
    core = json.loads(tokenizer.backend_tokenizer.to_str())
    # These two remember the last call, not the tokenizer.
    del core["truncation"], core["padding"]
    own = [getattr(tokenizer, f"{kind}_token_id") for kind in ("cls", "sep", "pad", "unk")]
    return [core, own, tokenizer.truncation_side, tokenizer.model_input_names]


def _frame(tokenizer: Any) -> dict[int, str]:
    """Return the tokens that frame a text, by id."""
    return {
        tokenizer.cls_token_id: tokenizer.cls_token,
        tokenizer.sep_token_id: tokenizer.sep_token,
    }


def _extra_specials(tokenizer: Any, texts: Iterable[str]) -> int:
    """Count the class and separator tokens that texts spell."""
    tokens = set(filter(None, _frame(tokenizer).values()))
    return sum(text.count(token) for text in texts for token in tokens)


def _ids(tokenizer: Any, batch: Any, pair: bool) -> list[list[int]]:
    """Return each row's ids, those that frame or pad a text nowhere inside one.

    A spelt token is split like any word. Where the vocabulary holds it as a word all the same, as
    a Unigram's does, it becomes unknown. Raises `InputError` where nothing stands for the unknown.
    """
    frame, rows = {*_frame(tokenizer), tokenizer.pad_token_id} - {None}, batch["input_ids"]
    own = tokenizer.num_special_tokens_to_add(pair=pair)
    for ids, encoding in zip(rows, batch.encodings, strict=True):
        if sum(i in frame for i in ids) > own:
            inside = (at for at, frames in enumerate(encoding.special_tokens_mask) if not frames)
            for at in inside:
                ids[at] = _unknown(tokenizer, ids[at]) if ids[at] in frame else ids[at]
    return rows


def _unknown(tokenizer: Any, spelt: int) -> int:
    """Return the id that stands for the `spelt` token inside a text."""
    if tokenizer.unk_token_id is None:
        raise InputError(
            f"a text spells {tokenizer.convert_ids_to_tokens(spelt)!r}, a word of this "
            f"{type(tokenizer).__name__}, which has no unk_token to read it as."
        )
    return int(tokenizer.unk_token_id)


def _texts(
    tokenizer: Any, texts: list, labels: list | None, max_length: int, groups: list[int] | None
) -> Encoded:
    choices = len(texts[0])
    flat = [choice for example in texts for choice in example]
    segments = [list(column) for column in zip(*flat, strict=True)]
    batch = tokenizer(*segments, truncation=True, max_length=max_length, split_special_tokens=True)
    ids = _ids(tokenizer, batch, pair=len(segments) == 2)
    lengths = [max(map(len, ids[i : i + choices])) for i in range(0, len(ids), choices)]
    return Encoded(
        input_ids=ids,
        token_type_ids=batch.get("token_type_ids"),
        labels=labels,
        lengths=lengths,
        choices=choices,
        groups=groups,
        truncated=_truncated(batch, max_length),
        extra_specials=_extra_specials(tokenizer, chain(*segments)),
    )


def _words(
    tokenizer: Any, texts: list, labels: list | None, max_length: int, groups: list[int] | None
) -> Encoded:
    batch = tokenizer(
        texts,
        is_split_into_words=True,
        truncation=True,
        max_length=max_length,
        split_special_tokens=True,
    )
    ids = _ids(tokenizer, batch, pair=False)
    first = [_first_sub_words(batch.word_ids(i)) for i in range(len(ids))]
    lost = [{*range(len(text))} - at.keys() for text, at in zip(texts, first, strict=True)]
    # Asking each row for its overflow is slow.
    cut = [words & _overflow(batch.encodings[i]) for i, words in enumerate(lost) if words]
    return Encoded(
        input_ids=ids,
        token_type_ids=batch.get("token_type_ids"),
        labels=labels and [_align(*row) for row in zip(ids, first, labels, strict=True)],
        lengths=[len(row) for row in ids],
        words=[
            [at.get(word, NO_TOKEN) for word in range(len(text))]
            for text, at in zip(texts, first, strict=True)
        ],
        tags=labels,
        truncated=_truncated(batch, max_length),
        lost_words=sum(map(len, lost)),
        cut_words=sum(map(len, cut)),
        extra_specials=_extra_specials(tokenizer, chain(*texts)),
    )


def _first_sub_words(word_ids: Iterable[int | None]) -> dict[int, int]:
    """Return word -> position of its first sub-word, for the words that have one left."""
    first: dict[int, int] = {}
    for position, word in enumerate(word_ids):
        if word is not None:
            first.setdefault(word, position)
    return first


def _overflow(encoding: Any) -> set[int]:
    """Return the words that a cut took tokens of."""
    return {word for part in encoding.overflowing for word in part.word_ids if word is not None}


def _align(ids: list[int], words: dict[int, int], tags: list[int]) -> list[int]:
    labels = [IGNORED] * len(ids)
    for word, position in words.items():
        labels[position] = tags[word]
    return labels


def _truncated(batch: Any, max_length: int) -> int:
    # Only a full row can have been cut, and asking each row for its overflow is slow.
    full = (i for i, row in enumerate(batch["input_ids"]) if len(row) == max_length)
    return sum(bool(batch.encodings[i].overflowing) for i in full)


def _needs_prefix_space(tokenizer: Any) -> None:
    """Refuse a byte-level tokenizer that would read each word as the end of the one before."""
    pre = json.loads(tokenizer.backend_tokenizer.to_str())["pre_tokenizer"] or {}
    for step in pre.get("pretokenizers", [pre]):
        if step.get("type") == "ByteLevel" and not step["add_prefix_space"]:
            raise InputError(
                f"{type(tokenizer).__name__} reads words only if loaded with add_prefix_space=True."
            )
