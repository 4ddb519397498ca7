"""A buffer for gathered table rows, kept because to allocate it costs more than to fill it."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Scratch:
    """A buffer for the tables' rows of a batch, which the next batch overwrites."""

    def __init__(self) -> None:
        self._kept = torch.empty(0)

    def gather(self, tables: Sequence[Tensor], ids: Sequence[Tensor]) -> Tensor:
        """Return the rows of each table P, (|V|, L, d), at its own ids, (R, T): (ΣR, T, L, d)."""
        counts = [len(own) for own in ids]
        shape = (sum(counts), *ids[0].shape[1:], *tables[0].shape[1:])
        found = self._room(torch.Size(shape).numel(), tables[0]).view(shape)
        for table, own, part in zip(tables, ids, found.split(counts), strict=True):
            rows = table.flatten(1)
            torch.index_select(rows, 0, own.flatten(), out=part.view(-1, rows.shape[1]))
        return found

    def _room(self, size: int, like: Tensor) -> Tensor:
        alike = (self._kept.dtype, self._kept.device) == (like.dtype, like.device)
        if size > len(self._kept) or not alike:
            with torch.inference_mode(False):  # so that calls outside of it can write there too
                self._kept = like.new_empty(size)
        return self._kept[:size]
