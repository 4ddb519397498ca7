"""What a rehearsal is done in: a folder with encoders, data, records and figures of its own."""

import json
import os
from pathlib import Path

from ... import paths
from ...backbones import hub_name
from ...tasks import TASKS
from ...tasks.sample import GRAMMARS
from ..runs.grid import Profile
from . import encoders, files

_INSIDE = ("minilm", "mpnet")  # those that come with packages, not from the hub


def folder(profile: str) -> Path:
    """Return where a profile is rehearsed."""
    return paths.CACHE / "rehearsals" / profile


def lay_out(profile: Profile) -> dict[str, str]:
    """Make what is missing of a rehearsal's stand-ins, and return the environment that finds them.

    A killed one goes on: each encoder, and the data as a whole, is marked when it is there.
    """
    root = folder(profile.name).absolute()
    tasks = [task for task in TASKS if task in GRAMMARS]
    data = {task: files.rows(task) for task in tasks}
    hub = root / "hub" / "hub"
    if not (mark := root / "data.made").exists():
        for task, splits in data.items():
            files.write_official(task, splits, root / "data")
            files.write_parquet(task, splits, hub)
        mark.touch()
    grids = [grid for some in profile.grids.values() for grid in some]
    texts = [word for splits in data.values() for text in _texts(splits["train"]) for word in text]
    for name in dict.fromkeys((*_INSIDE, *(grid.backbone for grid in grids))):
        place = root / "backbones" / name
        if name not in _INSIDE:
            place = files.snapshot(hub, "models", hub_name(name), "main")
        if not (mark := root / f"{name}.made").exists():
            encoders.save(name, texts, place)
            mark.touch()
    return os.environ | {
        "PASTA_REHEARSAL": str(root),
        "HF_HOME": str(root / "hub"),
        "HF_HUB_CACHE": str(hub),
        "HF_DATASETS_CACHE": str(root / "hub" / "datasets"),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }


def shown_adapters() -> None:
    """Make, untrained, what stands in for the small adapters that the notebooks load."""
    from ...adapters import save_adapter
    from ...backbones import load_backbone
    from ...methods import build
    from ...tasks import load_task

    for known in sorted((paths.DATA / "adapters").glob("*/adapter.json")):
        place = paths.ADAPTERS / known.parent.name
        if (place / "adapter.json").exists():
            continue
        about = json.loads(known.read_text(encoding="utf-8"))
        task = load_task(about["task"])
        model, tokenizer = load_backbone(about["backbone"]["name"], task)
        model = build(about["method"], **about["fields"]).apply(model, tokenizer, task)
        save_adapter(model, place, task=task.name, score=about.get("score"))


def _texts(split) -> list[list[str]]:
    columns = split[:].values()
    flat = [value for column in columns for value in column]
    return [value if isinstance(value, list) else [value] for value in flat if _is_text(value)]


def _is_text(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(word, str) for word in value)
    )
