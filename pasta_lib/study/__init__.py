"""The study: what regenerates the tables and figures of two papers with the library.

A configuration names a run (`runs`), a run leaves a record (`store`), and tables, figures and
claims are functions of records (`reporting`, `claims`). The names load on first use, so that
reading records does not import torch.
"""

from importlib import import_module

_HOMES = {
    "runs": ("Choice", "complete", "open_store"),
    "origin": ("provenance",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = ("claims", "published", "reporting", "statistics")

__all__ = sorted(_HOME_OF)


def __getattr__(name: str):
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return [*__all__, *_MODULES]
