"""Rows as a source read them, before they are checked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class Rows:
    """Columns as a source read them, where each row stands, and the oddities handled on the way.

    `lines` is None where rows have no lines of their own (a data set, the sample): counted from 0.
    `names` holds what a column of the schema may be called here, first choice first; only its own
    name where it is not in there.
    """

    columns: Mapping[str, Sequence]
    where: str
    lines: Sequence[int] | None = None
    notes: Counter[str] = field(default_factory=Counter)
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def at(self, row: int) -> str:
        """Return the place of `row` for a message."""
        place = f"row {row}" if self.lines is None else f"line {self.lines[row]}"
        return f"{self.where}, {place}"

    def names_of(self, column: str) -> Sequence[str]:
        """Return what a column of the schema may be called here, first choice first."""
        return self.names.get(column, (column,))

    def __len__(self) -> int:
        return max(map(len, self.columns.values()), default=0)
