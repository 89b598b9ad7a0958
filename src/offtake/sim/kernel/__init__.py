"""The compiled engine: Numba's only door. ``reference`` is its meaning, ``choice`` its user."""

from offtake.sim.kernel.engine import Engine

__all__ = ["Engine"]
