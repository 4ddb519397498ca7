"""The small trained adapters that come with the repository, each by the name of its folder."""

import json
from functools import lru_cache

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ... import paths
from ...adapters import load_adapter
from ...backbones import load_backbone
from ...errors import known
from ...tasks import Task, load_task

FOLDER = paths.ADAPTERS


def adapters() -> list[str]:
    """Return the names of the adapters, sorted."""
    return sorted(file.parent.name for file in FOLDER.glob("*/adapter.json"))


def description(name: str) -> dict:
    """Return what an adapter says of itself: method, task, labels, score.

    Raises `InputError` for a name that is none of them.
    """
    known("adapter", name, adapters())
    return json.loads((FOLDER / name / "adapter.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=4)  # each holds an encoder of its own
def adapter(name: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, Task]:
    """Return an adapter on its encoder, the tokenizer, and the task, whose data is the sample's."""
    about = description(name)
    task = load_task(about["task"], source="sample")
    model, tokenizer = load_backbone(about["backbone"]["name"], task)
    return load_adapter(model, FOLDER / name).eval(), tokenizer, task
