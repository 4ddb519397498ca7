"""Config → run → record: the grids, packs of runs, and the engine that does what is missing."""

from .config import RunConfig as RunConfig
from .engine import Summary as Summary
from .engine import complete as complete
from .engine import open_store as open_store
from .engine import packs as packs
from .engine import wanted as wanted
from .grid import Choice as Choice
from .grids import PROFILES as PROFILES
