"""Text files become columns: tab- and comma-separated tables, JSON lines, CoNLL columns."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .rows import Rows
from .values import listed, shown


def lines(path: Path, notes: Counter[str]) -> list[str]:
    """Return the lines of a UTF-8 file, counting a byte-order mark, CRLF and a bare last line."""
    try:
        data = path.read_bytes()
    except PermissionError:
        raise InputError(f"cannot read {path}: permission denied.") from None
    except FileNotFoundError:
        raise InputError(f"the file {path} does not exist.") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder, not a file.") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}.") from None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        raise InputError(f"{path}, line {line}: byte 0x{byte:02x} is not UTF-8 text.") from None
    if text.startswith("\ufeff"):
        text = text[1:]
        notes["byte_order_mark"] += 1
    if "\r\n" in text:
        notes["crlf"] += text.count("\r\n")
        text = text.replace("\r\n", "\n")
    # splitlines() would also cut at characters that occur inside sentences, such as U+2028.
    found = text.split("\n")
    if found[-1]:
        notes["no_final_newline"] += 1
    while found and not found[-1]:
        found.pop()
    return found


def tsv(
    path: Path, bare: Sequence[str] = (), known: Iterable[str] = (), drop_ragged: bool = False
) -> Rows:
    """Read tab-separated columns without quoting, as texts hold bare quotation marks.

    `bare` names the columns of a file whose first line holds none of the `known` names.
    """
    notes: Counter[str] = Counter()
    table = [(i, line.split("\t")) for i, line in enumerate(lines(path, notes), start=1)]
    if bare and table and not set(known) & set(table[0][1]):
        table.insert(0, (0, list(bare)))
    return _table(path, table, notes, drop_ragged)


def comma_separated(path: Path) -> Rows:
    """Read a comma-separated table, quoted where it needs to be, with a header."""
    notes: Counter[str] = Counter()
    reader = csv.reader((line + "\n" for line in lines(path, notes)), strict=True)
    table, first = [], 1
    try:
        for fields in reader:
            table.append((first, fields))
            first = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}, line {first}: {error}.") from None
    return _table(path, table, notes)


def _table(
    path: Path, table: list[tuple[int, list[str]]], notes: Counter[str], drop_ragged: bool = False
) -> Rows:
    """Return the columns below the header, the first of the (line, fields) of `table`."""
    header = table[0][1] if table else []
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise InputError(f"{path}, line 1: the column {shown(twice)} occurs twice.")
    kept = [(line, fields) for line, fields in table[1:] if len(fields) == len(header)]
    if len(kept) < len(table) - 1 and not drop_ragged:
        line, fields = next(row for row in table[1:] if len(row[1]) != len(header))
        raise InputError(
            f"{path}, line {line}: {len(fields)} fields where the header has {len(header)} "
            f"({listed(header)})."
        )
    notes["ragged_rows"] += max(len(table) - 1, 0) - len(kept)
    columns = {name: [fields[i] for _, fields in kept] for i, name in enumerate(header)}
    return Rows(columns, str(path), [line for line, _ in kept], notes)


def jsonl(path: Path, flatten: Callable[[Mapping], Iterable[Mapping]] | None = None) -> Rows:
    """Read one JSON object a line, each brought to rows by `flatten` where they are nested."""
    notes: Counter[str] = Counter()
    found: list[Mapping[str, Any]] = []
    at: list[int] = []
    for number, line in enumerate(lines(path, notes), start=1):
        record = _json(line, f"{path}, line {number}")
        if not isinstance(record, dict):
            raise InputError(f"{path}, line {number}: {shown(line)} is not a JSON object.")
        try:
            found += flatten(record) if flatten else (record,)
        except KeyError as error:
            raise InputError(f"{path}, line {number}: no usable field {error}.") from None
        except TypeError:
            raise InputError(
                f"{path}, line {number}: not nested as in the official file."
            ) from None
        at += [number] * (len(found) - len(at))
    names = dict.fromkeys(name for record in found for name in record)
    columns = {name: [record.get(name) for record in found] for name in names}
    return Rows(columns, str(path), at, notes)


def _json(line: str, where: str) -> Any:
    try:
        return json.loads(line, object_pairs_hook=_each_once)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not complete JSON ({error.msg}).") from None
    except _Twice as error:
        raise InputError(f"{where}: the field {shown(error.args[0])} occurs twice.") from None
    except RecursionError:
        raise InputError(f"{where}: nested too deeply.") from None
    except ValueError:
        raise InputError(f"{where}: it holds a number of more than 4,300 digits.") from None


class _Twice(Exception):
    """A name that stands twice in one JSON object, of which Python would keep the last."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return record


def conll(path: Path) -> tuple[list[list[tuple[int, str, str]]], Counter[str]]:
    """Read one word a line, its tag last: sentences of (line, word, tag), and the notes.

    A sentence ends at a blank line and at -DOCSTART-.
    """
    notes: Counter[str] = Counter()
    sentences: list[list[tuple[int, str, str]]] = [[]]
    width = 0
    for number, line in enumerate(lines(path, notes), start=1):
        # A bare split() would also cut at a no-break space inside a word.
        fields = re.split(r"[ \t]+", line.strip(" \t"))
        if fields[0] in ("", "-DOCSTART-"):
            sentences.append([])
            continue
        width = width or len(fields)
        if len(fields) != width or width < 2:
            wanted = "a word and its tag" if width < 2 else f"{width} fields as before"
            raise InputError(f"{path}, line {number}: {shown(line)} is not {wanted}.")
        sentences[-1].append((number, fields[0], fields[-1]))
    return [sentence for sentence in sentences if sentence], notes
