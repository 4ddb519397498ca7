"""PASTA and AoT P-Tuning, and the baselines of their papers, as a library.

```python
import pasta_lib as pl

task = pl.load_task("cola")
model, tokenizer = pl.load_backbone("minilm", task)
pl.build("pasta").apply(model, tokenizer, task)
result = pl.fit(model, tokenizer, task, pl.TrainConfig(lr=1e-2))
```

Names load on first use, so that reading a help text does not import torch.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "errors": ("InputError", "DiskError"),
    "tasks": ("load_task", "user_task", "encode", "write_submission"),
    "backbones": ("load_backbone",),
    "methods": ("METHODS", "Method", "build", "fuse"),
    "adapters": ("count_parameters", "save_adapter", "load_adapter", "push_to_hub"),
    "training": ("TrainConfig", "fit", "predict"),
    "attention": ("vertical_heads", "attention_maps"),
    "inference": ("MultiTask",),
    "export": ("export_model",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = ("metrics", "tasks")

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:  # the names stand for functions, classes and modules
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return [*__all__, *_MODULES]
