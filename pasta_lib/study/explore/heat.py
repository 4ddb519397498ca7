"""Shares as a table of cells, the darker the larger."""

from collections.abc import Sequence
from html import escape


def heat(
    values: Sequence[Sequence[float]], rows: Sequence[str], columns: Sequence[str], bold: float
) -> str:
    """Return shares as a table in %, the darker the larger, in bold from `bold` on."""
    lines = "".join(
        f"<tr><th scope=row>{escape(row)}"
        + "".join(
            f'<td style="background:#e07b0a{round(180 * value):02x}">'
            + (f"<b>{100 * value:.0f}</b>" if value >= bold - 1e-6 else f"{100 * value:.0f}")
            for value in line
        )
        for row, line in zip(rows, values, strict=True)
    )
    head = "".join(f"<th>{escape(column)}" for column in columns)
    table = f"<table><thead><tr><td>{head}</thead><tbody>{lines}</tbody></table>"
    return f"<div class=scroll>{table}</div>"
