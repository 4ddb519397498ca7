"""A model to which something is added, and which is as it was where that is refused halfway."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from ..errors import InputError, is_out_of_memory


@contextmanager
def unchanged_if_refused(model: nn.Module) -> Iterator[None]:
    """Put `model` back as it was, but for its tensors' values, where something is raised inside.

    Raises `InputError` in place of an error that says there is not enough memory.
    """
    marks = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    before = [(module, type(module), _attributes(module)) for module in model.modules()]
    try:
        yield
    except BaseException as error:
        for module, kind, attributes in before:
            module.__class__ = kind  # which a parametrisation changes
            vars(module).clear()
            for name, (value, items) in attributes.items():
                vars(module)[name] = value
                if items is not None:  # the same dictionary: whoever set a hook can take it off
                    value.clear()
                    value.update(items)
        for parameter, mark in marks:
            parameter.requires_grad_(mark)
        if is_out_of_memory(error):
            raise InputError(
                f"what is added to this {type(model).__name__} needs more memory than there is: "
                "choose less"
            ) from error
        raise


def _attributes(module: nn.Module) -> dict[str, tuple[Any, dict | None]]:
    """Return the attributes of a module, and what those that are dictionaries hold."""
    own = vars(module).items()
    return {name: (value, dict(value) if isinstance(value, dict) else None) for name, value in own}
