"""bertviz's head and model views as pages that open with no network.

bertviz fetches RequireJS, jQuery and d3 from a CDN. Here its own scripts are inlined with the
jQuery that nbclassic carries and the d3 that mpld3 carries; layers and heads count from 1. The maps
travel as compressed bytes, one of 256 grades for each weight: written out as numbers, a hundred
tokens would take 60 MB.
"""

import gzip
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
# bertviz asks RequireJS for what is already on the page, and gets it once the maps are unpacked
UNPACK = """
const bytes = Uint8Array.from(atob("%s"), c => c.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
const unpacked = new Response(stream).arrayBuffer().then(buffer => new Uint8Array(buffer));
const nested = (flat, [n, ...rest]) => Array.from({length: n}, (_, i) => {
  const size = flat.length / n, part = flat.subarray(i * size, (i + 1) * size);
  return rest.length ? nested(part, rest) : part[0] / 255;
});
const requirejs = (names, view) => unpacked.then(flat => {
  parameters.attention[0].attn = nested(flat, %s);
  view(jQuery, d3);
});
const parameters = %s;
"""
MOST = {"head": 100, "model": 48}  # tokens: more lines than that a browser draws too slowly


@dataclass(frozen=True, repr=False)
class View:
    """An interactive page that stands alone."""

    name: str
    title: str
    page: str

    def html(self) -> str:
        """Return the page as a frame to stand in a notebook or the report."""
        # no `data:` address: browsers refuse those of over 2 MB
        return (
            f'<figure class=view id={self.name}><iframe title="{escape(self.title)}" '
            f'srcdoc="{escape(self.page)}" width="100%" height=560></iframe>'
            f"<figcaption><b>{escape(self.title)}</b></figcaption></figure>"
        )

    _repr_html_ = html

    def __repr__(self) -> str:
        return f"View {self.name}: {self.title}"

    def write(self, profile: str) -> Self:
        """Write `<name>.html`."""
        disk.replace_text(paths.figures(profile) / f"{self.name}.html", self.page)
        return self


def attention_view(
    profile: str, tokens: list[str], maps: np.ndarray, view: Literal["head", "model"] = "head"
) -> View:
    """Save bertviz's view of one sentence's attention (L, H, N, N) as a page of its own."""
    layers, heads = maps.shape[:2]
    shown = _ends(len(tokens), MOST[view])
    named, grades = [tokens[i] for i in shown], maps[:, :, shown][..., shown]
    grades = np.rint(255 * np.asarray(grades)).astype(np.uint8)
    attention = {"left_text": named, "right_text": named}
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
    script = script.replace("PYTHON_PARAMS", "parameters", 1)
    unpack = UNPACK % (
        b64encode(gzip.compress(grades.tobytes(), mtime=0)).decode(),
        list(grades.shape),
        json.dumps(parameters).replace("</", "<\\/"),
    )
    left_out = len(tokens) - len(shown)
    part = f" (the {left_out} tokens in the middle are left out)" if left_out else ""
    title = f"Attention, {view} view (profile {profile}): {' '.join(named)}{part}"
    choice = "Layer: <select id=layer></select>" if view == "head" else ""
    scripts = [*(_packaged(*library) for library in LIBRARIES.items()), unpack, script]
    page = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<body style='background:#fff;font-family:sans-serif'><div id=view>{choice}"
        f"<div id=vis></div></div>{''.join(f'<script>{s}</script>' for s in scripts)}</body></html>"
    )
    return View(f"attention_{view}_view", title, page).write(profile)


def _ends(count: int, most: int) -> list[int]:
    """Return the places of all tokens, or of as many at both ends as can be drawn."""
    if count <= most:
        return list(range(count))
    return [*range(most - most // 2), *range(count - most // 2, count)]


def _packaged(package: str, file: str) -> str:
    return (Path(find_spec(package).origin).parent / file).read_text(encoding="utf-8")
