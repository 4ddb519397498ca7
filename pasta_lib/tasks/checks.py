"""What one value alone cannot show: repeated ids, spans outside their text, tags without words."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InputError
from .rows import Rows
from .table import TaskSpec
from .values import shown

Columns = Mapping[str, list]


def run(spec: TaskSpec, columns: Columns, rows: Rows) -> None:
    """Raise `InputError` for the first row at fault; count repeated rows in `rows.notes`."""
    _ids_differ(columns, rows)
    if spec.head == "tokens":
        _one_tag_a_word(columns, rows)
    if spec.suite == "superglue" and spec.name in _OWN:  # a user's task may bear any name
        _OWN[spec.name](columns, rows)
    kept = [values for column, values in columns.items() if column not in ("idx", "id")]
    distinct = {str(row) for row in zip(*kept, strict=True)}
    rows.notes["repeated_rows"] += len(rows) - len(distinct)


def _ids_differ(columns: Columns, rows: Rows) -> None:
    ids = columns.get("idx", columns.get("id", ()))
    seen: dict[Any, int] = {}
    for i, idx in enumerate(ids):
        key = tuple(idx.values()) if isinstance(idx, dict) else idx
        if key in seen:
            raise InputError(f"{rows.at(i)}: id {idx!r} was already used ({rows.at(seen[key])}).")
        seen[key] = i


def _one_tag_a_word(columns: Columns, rows: Rows) -> None:
    for i, (tokens, tags) in enumerate(zip(columns["tokens"], columns["ner_tags"], strict=True)):
        if len(tokens) != len(tags):
            raise InputError(f"{rows.at(i)}: {len(tokens)} words but {len(tags)} tags.")


def _copa_questions(columns: Columns, rows: Rows) -> None:
    for i, question in enumerate(columns["question"]):
        if question not in ("cause", "effect"):
            raise InputError(f"{rows.at(i)}: question is {shown(question)}, not cause or effect.")


def _wic_spans(columns: Columns, rows: Rows) -> None:
    for n in "12":
        spans = zip(columns[f"sentence{n}"], columns[f"start{n}"], columns[f"end{n}"], strict=True)
        for i, (sentence, start, end) in enumerate(spans):
            if not 0 <= start < end <= len(sentence):
                raise InputError(
                    f"{rows.at(i)}: span {start}:{end} lies outside sentence{n}, "
                    f"which has {len(sentence)} characters."
                )


def _wsc_spans(columns: Columns, rows: Rows) -> None:
    for n in "12":
        spans = zip(
            columns["text"], columns[f"span{n}_index"], columns[f"span{n}_text"], strict=True
        )
        for i, (text, start, span) in enumerate(spans):
            words, wanted = text.split(), span.split()
            if not 0 <= start <= len(words) - len(wanted):
                raise InputError(
                    f"{rows.at(i)}: span{n} {shown(span)} at word {start} lies outside the text, "
                    f"which has {len(words)} words."
                )
            found = words[start : start + len(wanted)]
            rows.notes["spans_unlike_text"] += _letters(found) != _letters(wanted)


def _letters(words: Sequence[str]) -> str:
    return "".join(c for c in "".join(words).lower() if c.isalnum())


_OWN = {"copa": _copa_questions, "wic": _wic_spans, "wsc": _wsc_spans}
