"""Where runs are made: which data, which device, and how many share it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """The folder of the tasks where there is one, the device, and how many workers are on it."""

    data: str | None = None
    device: str = "cpu"
    tenants: int = 1
