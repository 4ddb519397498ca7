"""bertviz's head and model views as pages that open with no network.

bertviz fetches RequireJS, jQuery and d3 from a CDN. Here its own scripts are inlined with the
jQuery that nbclassic carries and the d3 that mpld3 carries; layers and heads count from 1.
"""

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Self

import numpy as np

from ... import disk, paths

LIBRARIES = {
    "nbclassic": "static/components/jquery/jquery.min.js",
    "mpld3": "js/d3.v5.min.js",
}
# bertviz asks RequireJS for what is already on the page
REQUIRE = "const requirejs = (names, view) => view(jQuery, d3);"


@dataclass(frozen=True)
class View:
    """An interactive page that stands alone."""

    name: str
    title: str
    page: str

    def html(self) -> str:
        """Return the page as a frame to stand in a notebook or the report."""
        source = f"data:text/html;base64,{b64encode(self.page.encode()).decode()}"
        return (
            f"<figure class=view id={self.name}><iframe title='{escape(self.title)}' "
            f"src='{source}' width=100% height=560></iframe>"
            f"<figcaption><b>{escape(self.title)}</b></figcaption></figure>"
        )

    _repr_html_ = html

    def write(self, profile: str) -> Self:
        """Write `<name>.html`."""
        disk.replace_text(paths.figures(profile) / f"{self.name}.html", self.page)
        return self


def attention_view(
    profile: str, tokens: list[str], maps: np.ndarray, view: Literal["head", "model"] = "head"
) -> View:
    """Save bertviz's view of one sentence's attention (L, H, N, N) as a page of its own."""
    layers, heads = maps.shape[:2]
    attention = {"attn": np.round(maps, 4).tolist(), "left_text": tokens, "right_text": tokens}
    parameters = {
        "attention": [{"name": None, **attention}],
        "default_filter": "0",
        "root_div_id": "view",
        "layer": None,
        "heads": None,
        "include_layers": list(range(1, layers + 1)),
        "include_heads": list(range(1, heads + 1)),
        "total_heads": heads,
        "display_mode": "light",
    }
    script = _packaged("bertviz", f"{view}_view.js")
    script = re.sub(r"require\.config\(\{.*?\}\);", "", script, count=1, flags=re.DOTALL)
    script = script.replace("PYTHON_PARAMS", json.dumps(parameters).replace("</", "<\\/"), 1)
    title = f"Attention, {view} view (profile {profile}): {' '.join(tokens)}"
    choice = "Layer: <select id=layer></select>" if view == "head" else ""
    scripts = [*(_packaged(*library) for library in LIBRARIES.items()), REQUIRE, script]
    page = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<body style='background:#fff;font-family:sans-serif'><div id=view>{choice}"
        f"<div id=vis></div></div>{''.join(f'<script>{s}</script>' for s in scripts)}</body></html>"
    )
    return View(f"attention_{view}_view", title, page).write(profile)


def _packaged(package: str, file: str) -> str:
    return (Path(find_spec(package).origin).parent / file).read_text(encoding="utf-8")
