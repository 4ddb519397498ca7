"""Two methods head to head on one task: seeds, epochs, rates tried, and rows that tell them apart.

Everything is read from records. Texts are no part of them: they stand here only where a folder of
the tasks is named.
"""

from html import escape

from ...errors import known
from ..reporting import frames, legend
from ..statistics import Summary, summarise
from .answered import apart
from .compared import Record, epochs, rates, seeds


def choices(profile: str) -> dict[str, dict[str, list[str]]]:
    """Return what can be compared: the methods of each task that ran two or more, by setting."""
    found: dict[str, dict[str, list[str]]] = {}
    for setting, runs in frames.settings(frames.training(profile)):
        for task, same in runs[runs["status"] == "done"].groupby("task"):
            ran = set(same["method"])
            if len(ran) > 1:
                found.setdefault(setting, {})[task] = [m for m in legend.METHODS if m in ran]
    return found


def metrics(profile: str, setting: str, task: str) -> list[str]:
    """Return the metrics that a task's runs hold, the one they were selected by first."""
    results = [run["result"] for run in _of(profile, setting, task) if run["status"] == "done"]
    named = [result["metric"] for result in results[:1]]
    return list(dict.fromkeys([*named, *(name for r in results for name in r["metrics"])]))


def versus(
    profile: str,
    setting: str,
    task: str,
    first: str,
    second: str,
    metric: str,
    data: str | None = None,
) -> str:
    """Return two methods side by side as HTML; scores are on validation, in points.

    `data` names the folder of the tasks, for the texts of the rows. Raises `InputError` for a name
    that has no runs.
    """
    ran = choices(profile)
    known("setting", setting, ran)
    known("task", task, ran[setting])
    for method in (first, second):
        known("method", method, ran[setting][task])
    known("metric", metric, metrics(profile, setting, task))
    tried = {m: _of(profile, setting, task, m) for m in dict.fromkeys((first, second))}
    best = {m: found for m, runs in tried.items() if (found := summarise(runs, metric))}
    said = "".join(f"<li>{_said(m, found)}</li>" for m, found in best.items())
    only = [legend.method(m) for m in tried if m not in best]
    note = f"<p>Only a search was run: {escape(', '.join(only))}.</p>" if only else ""
    charts = seeds(best, metric) + epochs(best, metric) + rates(tried, metric)
    rows = apart(profile, task, best, data) if len(best) == 2 else ""
    title = escape(f"{legend.task(task)}, {legend.metric(metric)}, {setting}")
    return f"<b>{title}</b><ul>{said}</ul>{note}<div class=charts>{charts}</div>{rows}"


def _said(method: str, best: Summary) -> str:
    spread = "" if best.std is None else f" ± {100 * best.std:.1f}"
    rate = legend.rate(best.records[0]["config"]["train"]["lr"])
    return (
        f'<b style="color:{legend.colour(method)}">●</b> {escape(legend.method(method))}: '
        f"{100 * best.median:.1f}{spread}, median of {best.seeds} "
        f"seed{'s' * (best.seeds != 1)} at rate {rate}, picked from {best.configurations} tried"
    )


def _of(profile: str, setting: str, task: str, method: str | None = None) -> list[Record]:
    (runs,) = (runs for name, runs in frames.settings(frames.training(profile)) if name == setting)
    return frames.of(runs, task=task, **({"method": method} if method else {}))
