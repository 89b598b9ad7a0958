"""A JSON document that is read whole, plain or compressed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from offtake.demand.columns import UnreadableTrace
from offtake.demand.lines import MARK, opened

LIMIT_BYTES = 1 << 30
"""Of a document, unpacked: it is held in memory several times over."""


def document_of(path: Path) -> Mapping[str, Any]:
    """The object that a file holds.

    Raises:
        UnreadableTrace: Not JSON, not an object, or more than LIMIT_BYTES.
    """
    try:
        with opened(path) as stream:
            data = stream.read(LIMIT_BYTES + 1)
        if len(data) > LIMIT_BYTES:
            says = f"more than {LIMIT_BYTES} bytes of JSON"
            raise UnreadableTrace(str(path), says, "Split the file.")
        found = json.loads(data.removeprefix(MARK))
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}"
        raise UnreadableTrace(place, f"not JSON: {error.msg}", "Give the file itself.") from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableTrace(str(path), f"not JSON: {error}", "Give the file itself.") from error
    if not isinstance(found, dict):
        raise UnreadableTrace(str(path), "not a JSON object", "Give the file itself.")
    return found


def number_of(value: Any) -> float:
    """A JSON number; nan for anything else."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and abs(value) < 1e300 else float("nan")
