"""What the study shows: a `Table` of cells or a `Picture`, each writing its own files.

Both display themselves in a notebook and stand in the report as the same HTML.
"""

import re
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from html import escape
from io import BytesIO
from string import ascii_lowercase
from typing import Self

import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from ... import paths
from ..statistics import Summary

NOT_RUN = "not run"
STALE = "†"


@dataclass(frozen=True)
class Cell:
    """One cell of a table: where it stands, what it shows, and what is behind it.

    `origin` is "ours" (then `records` holds the keys of the records behind the number), "paper"
    (printed there), "text" or "not run"; a dagger marks a stale one. Scores and their spread are
    in points (0 to 100).
    """

    block: str
    row: str
    column: str
    shown: str = NOT_RUN
    origin: str = NOT_RUN
    method: str = ""
    metric: str = ""
    value: float | None = None
    spread: float | None = None
    seeds: int | None = None
    configurations: int | None = None
    records: str = ""
    note: str = ""

    def fact(self, shown: str, records: Iterable[Mapping], value: float | None = None) -> Self:
        """Fill the cell with something read from records."""
        records = list(records)
        stale = STALE if any(record["stale"] for record in records) else ""
        keys = " ".join(record["key"] for record in records)
        return replace(self, shown=shown + stale, origin="ours", value=value, records=keys)

    def score(self, summary: Summary | None) -> Self:
        """Fill the cell with a median over seeds, in points; leave it "not run" without one."""
        if summary is None:
            return self
        value = 100 * summary.median
        spread = None if summary.std is None else 100 * summary.std
        shown = f"{value:.1f}" if spread is None else f"{value:.1f} ± {spread:.1f}"
        return replace(
            self.fact(shown, summary.records, value),
            spread=spread,
            seeds=summary.seeds,
            configurations=summary.configurations,
        )

    def text(self, shown: str) -> Self:
        """Fill the cell with words of our own: no number."""
        return replace(self, shown=shown, origin="text")

    def printed(
        self, shown: str, value: float | None = None, spread: float | None = None, note: str = ""
    ) -> Self:
        """Fill the cell with what a paper prints."""
        return replace(self, shown=shown, origin="paper", value=value, spread=spread, note=note)


def would_run(notebook: str) -> str:
    """Return the sentence that says which commands fill the cells marked "not run"."""
    return (
        f"Not run: `./run_all.sh replica --data DIR --only {notebook}` runs it with MiniLM on the "
        f"real tasks, `./run_all.sh paper --only {notebook}` with the papers' backbones (GPUs)."
    )


def anchor(key: str) -> str:
    """Return the report's anchor of a record."""
    return f"r-{key[:12]}"


@dataclass(frozen=True)
class Table:
    """A table as a tidy frame of cells: `block` and `row` down, `column` across, `shown` inside."""

    name: str
    title: str
    caption: str
    cells: pd.DataFrame

    @classmethod
    def of(
        cls, name: str, title: str, caption: str, cells: Iterable[Cell], notebook: str = ""
    ) -> Self:
        """Make a table from its cells, in reading order; `notebook` is what runs the missing."""
        names = [field.name for field in fields(Cell)]
        frame = pd.DataFrame(list(cells), columns=names)
        if notebook and (frame["origin"] == NOT_RUN).any():
            caption = f"{caption} {would_run(notebook)}"
        if frame["shown"].str.endswith(STALE).any():
            caption = f"{caption} {STALE} stale: from other data, weights or code than today's."
        return cls(name, title, caption, frame)

    @cached_property
    def notes(self) -> dict[str, str]:
        """The notes on printed cells, each with its letter, in order."""
        return dict(zip(filter(None, self.cells["note"].unique()), ascii_lowercase, strict=False))

    @property
    def wide(self) -> pd.DataFrame:
        """The table as it reads: one line per (block, row), text as shown."""
        lines = pd.MultiIndex.from_frame(self.cells[["block", "row"]].drop_duplicates())
        wide = self.cells.pivot(index=["block", "row"], columns="column", values="shown")
        return wide.reindex(index=lines, columns=self.cells["column"].unique()).fillna("")

    def markdown(self) -> str:
        """Return title, table, notes and caption as Markdown."""
        columns = list(self.cells["column"].unique())
        lines = [
            f"**{self.title}**",
            "",
            _line(["", *columns]),
            _line(["---"] * (1 + len(columns))),
        ]
        for block, rows in self.cells.groupby("block", sort=False):
            lines.append(_line([f"**{block}**", *[""] * len(columns)]))
            for row, mark, cells in self._rows(rows):
                shown = (_marked(*cells.get(column, ("", "")), " [{}]") for column in columns)
                lines.append(_line([_marked(row, mark, " [{}]"), *shown]))
        lines += ["", *(f"[{letter}] {note}  " for note, letter in self.notes.items())]
        return "\n".join([*lines, "", self.caption, ""])

    def html(self) -> str:
        """Return the table as HTML, each of our numbers a link to its first record's anchor."""
        columns = list(self.cells["column"].unique())
        head = "".join(f"<th scope=col>{escape(column)}</th>" for column in columns)
        body = []
        for block, rows in self.cells.groupby("block", sort=False):
            body.append(f"<tr class=block><th colspan={len(columns) + 1}>{escape(block)}</th></tr>")
            for row, mark, cells in self._rows(rows, self._cell_html):
                line = "".join(
                    _marked(*cells.get(column, ("<td>", "")), "<sup>{}</sup>") for column in columns
                )
                row = _marked(escape(row), mark, "<sup>{}</sup>")
                body.append(f"<tr><th scope=row>{row}</th>{line}</tr>")
        notes = "<br>".join(f"<sup>{m}</sup> {escape(n)}" for n, m in self.notes.items())
        return (
            f"<figure class=table id={self.name}><figcaption><b>{escape(self.title)}</b><br>"
            f"{_with_code(self.caption)}</figcaption>"
            f"<div class=scroll><table><thead><tr><td></td>{head}</tr></thead>"
            f"<tbody>{''.join(body)}</tbody></table></div>"
            f"<div class=notes>{notes}</div></figure>"
        )

    _repr_html_ = html

    def write(self, profile: str) -> Self:
        """Write `<name>.md` (as it reads) and `<name>.csv` (every cell with its records)."""
        folder = paths.figures(profile)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.md").write_text(self.markdown(), encoding="utf-8")
        self.cells.to_csv(folder / f"{self.name}.csv", index=False)
        return self

    def _rows(self, block: pd.DataFrame, render=lambda cell: cell.shown):
        """Yield each row's name, its mark, and its cells as (text, mark) by column.

        A note that all printed cells of a row share marks the row instead of each cell.
        """
        rows = defaultdict(list)
        for cell in block.itertuples():
            rows[cell.row].append((cell, self.notes.get(cell.note, "")))
        for row, cells in rows.items():
            marks = {mark for _, mark in cells}
            shared = cells[0][1] if len(marks) == 1 else ""
            yield (
                row,
                shared,
                {cell.column: (render(cell), "" if shared else mark) for cell, mark in cells},
            )

    def _cell_html(self, cell) -> str:
        shown = escape(cell.shown)
        kind = cell.origin.replace(" ", "-") + (" long" if len(shown) > 40 else "")
        if not cell.records:
            return f'<td class="{kind}">{shown}'
        keys = cell.records.split()
        about = f"{len(keys)} record{'s' * (len(keys) > 1)}: {' '.join(key[:12] for key in keys)}"
        return f'<td class="{kind}"><a href="#{anchor(keys[0])}" title="{about}">{shown}</a>'


@dataclass(frozen=True)
class Picture:
    """A figure, as SVG and as PNG; both files carry its title and caption as metadata."""

    name: str
    title: str
    caption: str
    svg: bytes
    png: bytes

    @classmethod
    def drawn(cls, name: str, title: str, caption: str, figure: Figure) -> Self:
        """Make a picture from a matplotlib figure; the same figure gives the same bytes."""
        files = {}
        for form in ("svg", "png"):
            buffer = BytesIO()
            metadata = {"Title": title, "Description": caption}
            metadata |= {"Date": None} if form == "svg" else {}
            figure.savefig(buffer, format=form, metadata=metadata)
            files[form] = buffer.getvalue()
        return cls(name, title, caption, **files)

    @classmethod
    def saved(cls, profile: str, name: str) -> Self | None:
        """Return a picture that was written before, or None."""
        svg, png = (paths.figures(profile) / f"{name}.{form}" for form in ("svg", "png"))
        if not svg.exists() or not png.exists():
            return None
        with Image.open(png) as image:
            title, caption = image.info["Title"], image.info["Description"]
        return cls(name, title, caption, svg.read_bytes(), png.read_bytes())

    @property
    def inches(self) -> float:
        """How wide it is drawn: on a page, as wide in proportion to the others."""
        with Image.open(BytesIO(self.png)) as image:
            return round(image.width / image.info["dpi"][0], 1)

    def html(self) -> str:
        """Return the figure as HTML that carries its picture."""
        source = f"data:image/svg+xml;base64,{b64encode(self.svg).decode()}"
        return (
            f"<figure class=picture id={self.name}_picture>"
            f'<img alt="{escape(self.title)}" style="--inches: {self.inches:g}" src="{source}">'
            f"<figcaption><b>{escape(self.title)}</b> {escape(self.caption)}</figcaption></figure>"
        )

    _repr_html_ = html

    def write(self, profile: str) -> Self:
        """Write `<name>.svg` and `<name>.png`."""
        folder = paths.figures(profile)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.svg").write_bytes(self.svg)
        (folder / f"{self.name}.png").write_bytes(self.png)
        return self


def _with_code(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _marked(text: str, mark: str, form: str) -> str:
    return text + form.format(mark) if mark else text


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |"
