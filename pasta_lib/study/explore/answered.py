"""The rows of validation that one method gets right and the other does not."""

from collections.abc import Mapping
from html import escape

import numpy as np
from numpy.typing import NDArray

from ...tasks import TASKS
from ..reporting import legend
from ..statistics import Summary
from .kept import answers, right_in, texts_of

MOST = 12  # rows that are listed


def apart(profile: str, task: str, best: Mapping[str, Summary], data: str | None = None) -> str:
    """Return the rows on which two configurations differ most, as an HTML table.

    A row counts as right where most seeds are: of a score, where they are nearer to the label.
    Raises `InputError` where `data` holds other labels than the records.
    """
    found = [answers(profile, summary) for summary in best.values()]
    if None in found or len({name for name, _, _ in found}) != 1:
        return (
            "<p>Which rows they differ on cannot be said: not all of these records hold their "
            "answers on the same rows of validation.</p>"
        )
    (_, gold, one), (_, _, other) = found
    texts = texts_of(task, data, gold) if data else None
    right = [right_in(task, gold, mine, theirs) for mine, theirs in ((one, other), (other, one))]
    sure = [share > 0.5 for share in right]
    names = [escape(legend.method(method)) for method in best]
    counts = [
        ("both right", sure[0] & sure[1]),
        (f"only {names[0]}", sure[0] & ~sure[1]),
        (f"only {names[1]}", ~sure[0] & sure[1]),
        ("neither", ~sure[0] & ~sure[1]),
    ]
    said = ", ".join(f"{name} {int(which.sum())}" for name, which in counts)
    gap = np.abs(right[0] - right[1])
    differ = np.flatnonzero(sure[0] != sure[1])
    listed = differ[np.argsort(-gap[differ], kind="stable")][:MOST]
    lines = "".join(
        f"<tr><th scope=row>{row + 1}<td>{_label(task, gold[row])}"
        f"<td>{_seeds(right[0][row], one)}<td>{_seeds(right[1][row], other)}"
        + (f"<td class=long>{texts[row]}" if texts else "")
        for row in listed
    )
    head = "".join(f"<th>{name}" for name in ("label", *names, *(["text"] if texts else [])))
    more = f" (the {len(listed)} clearest of {len(differ)})" if len(listed) < len(differ) else ""
    hint = "" if texts else " Name the tasks' folder as <code>data</code> to read their texts."
    return (
        f"<p>Of {len(gold)} rows of validation: {said}. Below{more}: in how many seeds each is "
        f"right.{hint}</p><div class=scroll><table><thead><tr><th>row{head}</thead>"
        f"<tbody>{lines}</tbody></table></div>"
    )


def _label(task: str, value: float) -> str:
    labels = TASKS[task].labels
    if labels and TASKS[task].head != "tokens":
        return escape(labels[int(value)])
    return f"{value:g}"


def _seeds(share: float, answers: NDArray) -> str:
    return f"{round(share * len(answers))} of {len(answers)}"
