"""The numbers that the papers state in their text, beside ours where something here counts it."""

from collections.abc import Callable

from . import frames, legend, speeds
from .exhibit import Cell, Table

_HALF = 2e-9  # GB for each number in half precision
_COUNTED: dict[str, Callable[[dict], str]] = {
    "percent": lambda result: f"{result['percent']:.4f} %",
    "parameters": lambda result: f"{result['method']:,}",
    "gigabytes": lambda result: f"{_HALF * result['method']:.2f} GB",
}


def statements(profile: str, paper: str, section: str, notebook: str) -> Table:
    """Return the numbers that a section of a paper states in its text, and what ours are."""
    text = frames.printed(paper, "text")
    text = text[text["row"] == section].drop_duplicates(["column", "backbone", "method"])
    cells = []
    for place in text.itertuples():
        methods = " and ".join(legend.method(name) for name in place.method.split())
        row = ", ".join(filter(None, [place.column, methods, legend.backbone(place.backbone)]))
        cells.append(Cell(section, row, "as printed").printed(place.printed, note=place.note))
        if place.metric == "overhead" or place.metric in _COUNTED:
            find = _overhead if place.metric == "overhead" else _counted
            shown, records = find(profile, place)
            cell = Cell(section, row, "ours")
            cells.append(cell.fact(shown, records) if records else cell)
    return Table.of(
        f"{paper}_section{section.removeprefix('§').replace('.', '_')}",
        f"What the paper states in {section}",
        "Numbers in the paper's text.",
        cells,
        notebook,
    ).write(profile)


def _overhead(profile: str, place) -> tuple[str, list[dict]]:
    """Return our overheads over vanilla: at the point that is named, else at all that are meant."""
    stated = frames.overheads()
    named = stated[
        (stated["column"] == place.column)
        & (stated["backbone"] == place.backbone)
        & (stated["method"] == place.method)
    ]
    if named.empty:
        return speeds.overheads(profile, large=place.backbone == "")
    (line,) = named.itertuples()
    return speeds.overhead(profile, line.backbone, line.contender, line.batch, line.length)


def _counted(profile: str, place) -> tuple[str, list[dict]]:
    """Return what was counted: on the backbone that is named, else on each."""
    # a fused table has a number for each of P's, and the model's own are those that "full" trains
    method = "aot-naive" if place.metric == "gigabytes" else place.method or "full"
    records = [
        record
        for record in frames.records(profile, "count")
        if record["config"]["method"] == method
        and place.backbone in ("", record["config"]["backbone"])
    ]
    by_backbone: dict[str, list[str]] = {}
    for record in sorted(records, key=_as_listed):
        name = "" if place.backbone else legend.backbone(record["config"]["backbone"])
        by_backbone.setdefault(name, []).append(_COUNTED[place.metric](record["result"]))
    lines = (f"{name} {_span(shown)}".strip() for name, shown in by_backbone.items())
    return "; ".join(lines), records


def _as_listed(record: dict) -> tuple:
    place = legend.place(record["config"]["backbone"], legend.BACKBONES)
    return place, record["result"]["method"]


def _span(shown: list[str]) -> str:
    return " to ".join(dict.fromkeys((shown[0], shown[-1])))
