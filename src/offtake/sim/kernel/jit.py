"""Numba's door: how the loops and steps of the kernel become machine code, and their types."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
Job = int
Pool = int
Place = int
Instant = int
"""Numbers of jobs, pools and places in arrays; seconds since the engine's own zero."""

F = TypeVar("F", bound=Callable[..., Any])
OPTIONS: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "boundscheck": False,
    "error_model": "numpy",
    "_nrt": False,
}


def compiled(function: F) -> F:
    """A loop in machine code, kept on disk for the next process.

    Without reference counts (``_nrt``): nothing in here makes or frees an array, and counting
    them at every step costs ten times what the step does.
    """
    found: F = numba.njit(**OPTIONS)(function)
    return found


def inlined(function: F) -> F:
    """A step of such loops, in machine code at the place where it is called.

    What is kept on disk knows changes of its own file only: after a change to a step, remove
    the ``.nbi`` files or set ``NUMBA_CACHE_DIR`` to an empty folder.
    """
    found: F = numba.njit(forceinline=True, **OPTIONS)(function)
    return found
