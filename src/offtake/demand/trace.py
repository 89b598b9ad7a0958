"""Open a trace by its format, named or recognized."""

from pathlib import Path

from offtake.demand import READERS, own_columns
from offtake.demand.columns import JobTrace, UnreadableTrace


def recognize(path: Path) -> tuple[str, str]:
    """The format of a file or folder, and why.

    Raises:
        UnreadableTrace: Missing, or of no known format.
    """
    if not path.exists():
        raise UnreadableTrace(str(path), "no such file or folder", "Check the path.")
    for name, reader in READERS.items():
        try:
            why = reader.recognizes(path)
        except (OSError, EOFError):
            why = ""
        if why:
            return name, why
    known = ", ".join(READERS)
    raise UnreadableTrace(
        str(path),
        "of no format that is known here",
        f"Name one with --format ({known}), or the columns of a table with --columns.",
    )


def open_trace(path: Path, name: str | None = None, columns: str | None = None) -> JobTrace:
    """Read a trace; its format is recognized when it is not named.

    Args:
        path: A file, or a folder where the format has folders.
        name: One of READERS.
        columns: Which column holds what, in a table of no known format (``own_columns``).

    Raises:
        UnreadableTrace: It cannot be used; the place, what and the way out are said.
    """
    if name is not None and name not in READERS:
        known = ", ".join(READERS)
        raise UnreadableTrace(str(path), f"no format `{name}`", f"Use one of: {known}.")
    if not path.exists():
        raise UnreadableTrace(str(path), "no such file or folder", "Check the path.")
    if columns is not None:
        if name not in (None, own_columns.NAME):
            says = f"columns are named, but {name} has its own"
            raise UnreadableTrace(str(path), says, "Give --columns or --format.")
        return own_columns.read_columns(path, columns)
    trace: JobTrace = READERS[name or recognize(path)[0]].read(path)
    return trace
