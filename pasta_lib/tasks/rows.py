"""Rows as a source read them, before they are checked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Rows:
    """Columns as a source read them, where each row stands, and the oddities handled on the way.

    `lines` is None where rows have no lines of their own (a data set, the sample): counted from 0.
    """

    columns: dict[str, list]
    where: str
    lines: Sequence[int] | None = None
    notes: Counter[str] = field(default_factory=Counter)

    def at(self, row: int) -> str:
        """Return the place of `row` for a message."""
        place = f"row {row}" if self.lines is None else f"line {self.lines[row]}"
        return f"{self.where}, {place}"

    def __len__(self) -> int:
        return max(map(len, self.columns.values()), default=0)
