"""Small files for tests of readers."""

import gzip
from pathlib import Path


def written(folder: Path, name: str, text: str) -> Path:
    """A file of that text, packed where its name says so."""
    path = folder / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path
