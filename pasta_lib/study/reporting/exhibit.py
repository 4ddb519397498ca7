"""What the study shows: a `Table` of cells or a `Picture`, each writing its own files.

Both display themselves in a notebook and stand in the report as the same HTML.
"""

import re
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property, partial
from html import escape
from io import BytesIO
from pathlib import Path
from string import ascii_lowercase
from typing import Self

import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from ... import disk, paths
from ..budget import could_go_on
from ..statistics import Summary

NOT_RUN = "not run"
# Stands on every page of a rehearsal.
REHEARSED = "Rehearsal, no result: random encoders, two steps." if paths.REHEARSAL else ""
STALE, FP32, UNENDED = "†", "‡", "§"
STALE_MEANS = (
    "stale: from other data or weights than today's, or trained before a change of the training "
    "code that moves scores."
)
UNENDED_MEANS = (
    "more epochs could do better: some seed's best epoch was the last allowed, or patience had not "
    "ended it."
)


@dataclass(frozen=True)
class Cell:
    """One cell of a table: where it stands, what it shows, and what is behind it.

    `origin` is "ours" (then `records` holds the keys of the records behind the number), "paper"
    (printed there), "text" or "not run". `stale`, `precision` and `unended` (more epochs could have
    done better) are those of its records; a table marks what they say. Scores, their spread and
    each seed's (`each`, between blanks) are in points (0 to 100).
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
    each: str = ""
    seeds: int | None = None
    configurations: int | None = None
    records: str = ""
    stale: bool = False
    precision: str = ""
    unended: bool = False
    note: str = ""

    def fact(self, shown: str, records: Iterable[Mapping], value: float | None = None) -> Self:
        """Fill the cell with something read from records."""
        records = list(records)
        return replace(
            self,
            shown=shown,
            origin="ours",
            value=value,
            records=" ".join(record["key"] for record in records),
            stale=any(record["stale"] for record in records),
        )

    def trained(self, shown: str, records: Iterable[Mapping], value: float | None = None) -> Self:
        """Fill the cell with what training computed: its precision is a part of what it says."""
        records = list(records)
        precisions = sorted({record["precision"] for record in records if record["precision"]})
        return replace(self.fact(shown, records, value), precision=" ".join(precisions))

    def score(self, summary: Summary | None) -> Self:
        """Fill the cell with a median over seeds, in points; leave it "not run" without one."""
        if summary is None:
            return self
        value = 100 * summary.median
        spread = None if summary.std is None else 100 * summary.std
        shown = f"{value:.1f}" if spread is None else f"{value:.1f} ± {spread:.1f}"
        return replace(
            self.trained(shown, summary.records, value),
            unended=any(map(could_go_on, summary.records)),
            spread=spread,
            each=" ".join(f"{100 * score:.2f}" for score in summary.scores),
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


def signed(value: float) -> str:
    """Return a difference as it is shown: one digit, a sign, and none before a zero."""
    return f"{round(value, 1) + 0.0:+.1f}".replace("-", "−")


def anchor(key: str) -> str:
    """Return the report's anchor of a record."""
    return f"r-{key[:12]}"


@dataclass(frozen=True, repr=False)
class Table:
    """A table as a tidy frame of cells: `block` and `row` down, `column` across, `shown` inside."""

    name: str
    title: str
    caption: str
    cells: pd.DataFrame
    profile: str = ""  # whose records it shows, once it is written

    @classmethod
    def of(
        cls, name: str, title: str, caption: str, cells: Iterable[Cell], notebook: str = ""
    ) -> Self:
        """Make a table from its cells, in reading order; `notebook` is what runs the missing."""
        names = [field.name for field in fields(Cell)]
        frame = pd.DataFrame(list(cells), columns=names)
        if notebook and (frame["origin"] == NOT_RUN).any():
            caption = f"{caption} {would_run(notebook)}"
        for mark, marked, meaning in _marks(frame):
            if marked.any():
                frame.loc[marked, "shown"] += mark
                caption = f"{caption} {mark} {meaning}"
        return cls(name, title, caption, frame)

    @property
    def heading(self) -> str:
        """The title for whoever meets the table alone: with the profile that its records are of."""
        printed = self.cells["origin"].isin(("paper", "text")).all()
        return (
            self.title if printed or not self.profile else f"{self.title} (profile {self.profile})"
        )

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
            f"**{self.heading}**",
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

    def html(self, linked: bool = True) -> str:
        """Return the table as HTML; `linked`, as the report has it.

        There each of our numbers leads to its first record, and the profile is said once, above.
        """
        title = self.title if linked else self.heading
        columns = list(self.cells["column"].unique())
        head = "".join(f"<th scope=col>{escape(column)}</th>" for column in columns)
        body = []
        for block, rows in self.cells.groupby("block", sort=False):
            name = f"<th colspan={len(columns) + 1}><span>{escape(block)}</span></th>"
            body.append(f"<tr class=block>{name}</tr>")
            for row, mark, cells in self._rows(rows, partial(self._cell_html, linked=linked)):
                line = "".join(
                    _marked(*cells.get(column, ("<td>", "")), "<sup>{}</sup>") for column in columns
                )
                row = _marked(escape(row), mark, "<sup>{}</sup>")
                body.append(f"<tr><th scope=row>{row}</th>{line}</tr>")
        notes = "<br>".join(f"<sup>{m}</sup> {escape(n)}" for n, m in self.notes.items())
        return (
            f"<figure class=table id={self.name}><figcaption><b>{escape(title)}</b><br>"
            f"{_with_code(self.caption)}</figcaption>"
            f"<div class=scroll tabindex=0><table><thead><tr><td></td>{head}</tr></thead>"
            f"<tbody>{''.join(body)}</tbody></table></div>"
            f"<div class=notes>{notes}</div></figure>"
        )

    def _repr_html_(self) -> str:
        return in_notebook(self.html(linked=False))

    def __repr__(self) -> str:
        return f"Table {self.name}: {self.title}"

    def write(self, profile: str, csv: pd.DataFrame | None = None) -> Self:
        """Write `<name>.md` (as it reads) and `<name>.csv` (cells and their records, or `csv`)."""
        folder, written = paths.figures(profile), replace(self, profile=profile)
        mark = f"**{REHEARSED}**\n\n" if REHEARSED else ""
        disk.replace_text(folder / f"{self.name}.md", mark + written.markdown())
        lines = (self.cells if csv is None else csv).to_csv(index=False)
        disk.replace_text(folder / f"{self.name}.csv", lines)
        return written

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

    def _cell_html(self, cell, linked: bool) -> str:
        shown = escape(cell.shown)
        kind = cell.origin.replace(" ", "-") + (" long" if len(shown) > 40 else "")
        if not cell.records:
            return f'<td class="{kind}">{shown}'
        keys = cell.records.split()
        about = f"{len(keys)} record{'s' * (len(keys) > 1)}: {' '.join(key[:12] for key in keys)}"
        if not linked:  # only the report has the records
            return f'<td class="{kind}" title="{about}">{shown}'
        return f'<td class="{kind}"><a href="#{anchor(keys[0])}" title="{about}">{shown}</a>'


@dataclass(frozen=True, repr=False)
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
        if REHEARSED:
            drawn = {"size": 9 * figure.get_figwidth(), "rotation": 20, "alpha": 0.3}
            figure.text(0.5, 0.5, "rehearsal", ha="center", va="center", **drawn)
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
        """Return a picture that was written before; None where there is none, or a damaged one."""
        svg, png = (paths.figures(profile) / f"{name}.{form}" for form in ("svg", "png"))
        try:
            with Image.open(png) as image:
                image.load()
                title, caption = image.info["Title"], image.info["Description"]
            return cls(name, title, caption, svg.read_bytes(), png.read_bytes())
        except (OSError, SyntaxError, KeyError):  # what a cut image makes Pillow raise
            return None

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
            f'<div class=scroll tabindex=0><img alt="{escape(self.title)}" '
            f'style="--inches: {self.inches:g}" src="{source}"></div>'
            f"<figcaption><b>{escape(self.title)}</b> {escape(self.caption)}</figcaption></figure>"
        )

    def _repr_html_(self) -> str:
        return in_notebook(self.html())

    def __repr__(self) -> str:
        return f"Picture {self.name}: {self.title}"

    def write(self, profile: str) -> Self:
        """Write `<name>.svg` and `<name>.png`."""
        for form, content in (("svg", self.svg), ("png", self.png)):
            path = paths.figures(profile) / f"{self.name}.{form}"
            disk.replace(path, lambda partial, content=content: partial.write_bytes(content))
        return self


@cache
def _style() -> str:
    return Path(__file__).with_name("notebook.css").read_text(encoding="utf-8")


def in_notebook(shown: str) -> str:
    """Return HTML with the report's style, for a page that does not have it."""
    mark = f"<p><b>{REHEARSED}</b></p>" if REHEARSED else ""
    return f'<style>{_style()}</style><div class="study">{mark}{shown}</div>'


def _marks(cells: pd.DataFrame) -> Iterator[tuple[str, pd.Series, str]]:
    """Yield each mark, the cells that carry it, and what it means."""
    yield (
        STALE,
        cells["stale"].astype(bool),
        STALE_MEANS,
    )
    mixed = len(set(" ".join(cells["precision"]).split())) > 1
    yield (
        FP32,
        mixed & cells["precision"].str.contains("fp32"),
        "computed in fp32, wholly or in part; all else in bf16.",
    )
    yield (
        UNENDED,
        cells["unended"].astype(bool),
        UNENDED_MEANS,
    )


def _with_code(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _marked(text: str, mark: str, form: str) -> str:
    return text + form.format(mark) if mark else text


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |"
