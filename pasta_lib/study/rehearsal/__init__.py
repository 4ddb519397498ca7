"""A start rehearsed: the same grids, packs, workers and notebooks, on small stand-ins.

`world` lays out the stand-ins; `start` runs in a process of its own that `PASTA_REHEARSAL` sends
there, so that no file of the real profile is touched; `found` says what would have gone wrong.
"""
