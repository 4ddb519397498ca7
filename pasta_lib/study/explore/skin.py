"""The one skin of all explorers: controls above, and below them what a pure function says.

An executed copy has no kernel behind it: there the first state stands alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

import ipywidgets

from ...errors import InputError
from .. import still
from ..reporting.exhibit import in_notebook

Controls = Mapping[str, ipywidgets.Widget]


@dataclass(frozen=True, repr=False)
class Still:
    """An explorer's first state, as HTML."""

    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return "An explorer's first state: open the notebook with `make lab` to play with it."


def explorer(
    answer: Callable[..., str],
    settle: Callable[[Controls], None] | None = None,
    **controls: ipywidgets.Widget,
) -> ipywidgets.Widget | Still:
    """Return controls over what `answer` makes of their values, by name, each time one changes.

    `settle` first brings the controls into line with each other. What a person got wrong stands
    there in place of an answer.
    """

    def shown() -> str:
        try:
            return in_notebook(answer(**{name: each.value for name, each in controls.items()}))
        except InputError as error:
            return in_notebook(f"<p class=refused>{escape(str(error))}</p>")

    if settle:
        settle(controls)
    if still.asked():
        hint = "<p><small>To play with it, open this notebook with <code>make lab</code>.</small>"
        return Still(shown() + in_notebook(hint))
    page = ipywidgets.HTML(shown())
    busy: list[bool] = []

    def change(_: object) -> None:
        if not busy:  # what `settle` changes is no change of the person's
            busy.append(True)
            try:
                if settle:
                    settle(controls)
                page.value = shown()
            finally:
                busy.clear()

    for each in controls.values():
        each.observe(change, "value")
    wrapped = ipywidgets.Layout(flex_flow="row wrap", width="100%")
    return ipywidgets.VBox([ipywidgets.HBox([*controls.values()], layout=wrapped), page])
