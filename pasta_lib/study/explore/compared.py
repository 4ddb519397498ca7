"""Methods side by side as charts: their seeds, each seed by epoch, and the rates tried."""

from collections.abc import Iterable, Mapping
from statistics import median

from ..reporting import legend
from ..reporting.chart import Series, chart
from ..statistics import Summary, score

Record = Mapping


def seeds(best: Mapping[str, Summary], metric: str) -> str:
    """Draw the scores of each method's best configuration, a dot for each seed."""
    series = [
        Series(
            [
                (place, 100 * value, f"seed {run['config']['train']['seed']}: {100 * value:.1f}")
                for value, run in zip(found.scores, found.records, strict=True)
            ],
            legend.colour(method),
        )
        for place, (method, found) in enumerate(best.items())
    ]
    names = [(float(place), legend.method(method)) for place, method in enumerate(best)]
    return chart(f"Seeds, {legend.metric(metric)}", series, "", names)


def epochs(best: Mapping[str, Summary], metric: str) -> str:
    """Draw how each seed of the best configurations scored, epoch by epoch."""
    series = [
        Series(
            [
                (e["epoch"], 100 * e["metrics"][metric], f"epoch {e['epoch']}")
                for e in run["result"]["curve"]
            ],
            legend.colour(method),
            line=True,
        )
        for method, found in best.items()
        for run in found.records
    ]
    return chart("Each seed by epoch", series, "epoch")


def rates(tried: Mapping[str, Iterable[Record]], metric: str) -> str:
    """Draw the median at each rate; hollow, what a search stopped after some steps."""
    found: dict[tuple[str, float, bool], list[float]] = {}
    for method, runs in tried.items():
        for run in runs:
            if (value := score(run, metric)) is not None:
                train = run["config"]["train"]
                cut = train.get("max_steps") is not None
                found.setdefault((method, train["lr"], cut), []).append(100 * value)
    ascending = sorted({rate for _, rate, _ in found})
    series = [
        Series(
            [
                (ascending.index(at[1]), median(v), f"{legend.method(at[0])}: best {max(v):.1f}")
                for at, v in found.items()
                if at[0] == method and at[2] == cut
            ],
            legend.colour(method),
            hollow=cut,
        )
        for method in tried
        for cut in (False, True)
    ]
    names = [(float(place), legend.rate(rate)) for place, rate in enumerate(ascending)]
    return chart("Rates tried (hollow: stopped early)", series, "learning rate", names)
