"""What a profile's store holds of its runs, notebook by notebook."""

from collections.abc import Sequence

import pandas as pd

from .. import cache
from .engine import open_store, packs, probes, wanted

STATES = ("done", "running", "failed", "diverged", "missing")


def status(profile: str, notebooks: Sequence[str]) -> pd.DataFrame:
    """Return the number of runs in each state, a row for each notebook and one for all of them.

    A run counts as running where a writer is at work on it and has not finished it before.
    """
    found = cache.frame(profile)
    states = dict(zip(found["key"], found["status"], strict=True)) if len(found) else {}
    for key in open_store(profile).at_work():
        if states.get(key, "failed") == "failed":
            states[key] = "running"
    keys = {notebook: _keys(profile, notebook) for notebook in notebooks}
    keys["all"] = set().union(*keys.values())
    counts = {
        name: pd.Series([states.get(key, "missing") for key in needed]).value_counts()
        for name, needed in keys.items()
    }
    return pd.DataFrame(counts).T.reindex(columns=STATES).fillna(0).astype(int)


def _keys(profile: str, notebook: str) -> set[str]:
    jobs = (*packs(wanted(profile, notebook, ahead=True)), *probes(profile, notebook))
    return {key for job in jobs for key in job.keys}
