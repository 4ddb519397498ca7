"""Many tasks in one batch: typed texts, answered by several adapters in one pass of the encoder."""

import time
from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby

import torch

from ...errors import InputError, known
from ..reporting import legend
from .serving import encoded, model_of_all, rows_of, served
from .trained import description

MOST = 12  # texts of a batch


def batch(typed: str, names: Sequence[str], repeats: int = 2) -> str:
    """Return the answers to typed texts, one a line, as an HTML table, with the time of a batch.

    A line `premise | choice | choice` is asked of tasks with choices, any other of the rest. One
    pass over all rows is timed beside one pass for each adapter: the faster of some repeats. Raises
    `InputError` without texts or adapters, and for a name that is no adapter.
    """
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if not lines or not names or len(lines) > MOST:
        raise InputError(
            f"a batch takes 1 to {MOST} texts, one a line, and an adapter or more: here are "
            f"{len(lines)} and {len(names)}."
        )
    for name in names:
        known("adapter", name, served())
    rows = [(name, at, row) for name in names for at, row in rows_of(name, lines)]
    if not rows:
        return "<p>None of the adapters takes a text of this form.</p>"
    model, tokenizer = model_of_all()
    whole = encoded(tokenizer, [row for _, _, row in rows])
    asked = [name for name, _, _ in rows]
    parts = [list(same) for _, same in groupby(rows, key=lambda row: row[0])]
    split = [([n for n, _, _ in p], encoded(tokenizer, [r for _, _, r in p])) for p in parts]
    logits = model(asked, **whole)
    one = _seconds(lambda: model(asked, **whole), repeats)
    each = _seconds(lambda: [model(tasks, **inputs) for tasks, inputs in split], repeats)
    found: dict[tuple[str, int], list[float]] = {}
    for (name, at, _), out in zip(rows, logits, strict=True):
        found.setdefault((name, at), []).extend(out.tolist())
    head = "".join(f"<th>{escape(_title(name))}" for name in names)
    body = "".join(
        f"<tr><th scope=row class=long>{escape(line)}"
        + "".join(f"<td>{_answer(name, found.get((name, at)))}" for name in names)
        for at, line in enumerate(lines)
    )
    return (
        f"<div class=scroll><table><thead><tr><th>text{head}</thead><tbody>{body}</tbody></table>"
        f"</div><p>One pass over {len(rows)} rows: {1e3 * one:.0f} ms. A pass for each of "
        f"{len(split)} adapters: {1e3 * each:.0f} ms. (The faster of {repeats}.)</p>"
    )


def _seconds(run: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def _title(name: str) -> str:
    about = description(name)
    return f"{legend.task(about['task'])}, {legend.method(about['method'])}"


def _answer(name: str, logits: Sequence[float] | None) -> str:
    if logits is None:
        return "–"
    shares = torch.tensor(logits).softmax(-1)
    best = int(shares.argmax())
    return f"{escape(description(name)['labels'][best])} ({100 * shares[best]:.0f} %)"
