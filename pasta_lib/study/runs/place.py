"""Where runs are made: which data, which device, and how many share it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """The folder of the tasks where there is one, the device, and how many workers are on it.

    `adapters` is the folder where trained adapters are kept, if they are, by their records' keys.
    """

    data: str | None = None
    device: str = "cpu"
    tenants: int = 1
    adapters: Path | None = None
