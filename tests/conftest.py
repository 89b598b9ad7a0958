"""Machine code of the engine that is tested, and no older; and examples without a clock."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from hypothesis import settings

# What takes how long is for benchmarks to say: a shared machine would fail a test by its load.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

KERNEL = Path(__file__).resolve().parents[1] / "src/offtake/sim/kernel"


def _digest() -> str:
    """What the kernel's sources hash to."""
    sources = b"".join(path.read_bytes() for path in sorted(KERNEL.glob("*.py")))
    return sha256(sources).hexdigest()[:16]


os.environ.setdefault(
    "NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / f"offtake-machine-code-{_digest()}")
)
