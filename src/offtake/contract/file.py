"""The text of a file that somebody names: read whole, bounded, UTF-8."""

from pathlib import Path

from offtake.contract.node import LIMIT_BYTES
from offtake.contract.problem import Place, Problem, Unreadable


def _not_a_pipe(path: Path) -> None:
    if path.is_fifo() and path.parts[:2] != ("/", "dev"):  # What shells pipe in lies there.
        raise ValueError("a named pipe could keep us waiting for ever")


def text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        Unreadable: It is missing, a directory, too large, or not UTF-8.
    """
    place = Place(str(path))
    try:
        _not_a_pipe(path)
        size = path.stat().st_size
        with path.open("rb") as file:
            data = file.read(LIMIT_BYTES + 1)
    except IsADirectoryError as error:
        problem = Problem("not-a-file", place, "this is a directory", "Name a file in it.")
        raise Unreadable([problem]) from error
    except (OSError, ValueError) as error:
        says = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise Unreadable([Problem("no-file", place, says, "Check the path.")]) from error
    if len(data) > LIMIT_BYTES:
        says = f"{max(size, len(data)):,} bytes; the limit is {LIMIT_BYTES:,}"
        remedy = "Is this a trace? Give it with --trace. Else split it with `include:`."
        raise Unreadable([Problem("beyond-limit", place, says, remedy)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - (data[: error.start].rfind(b"\n") + 1) + 1
        raise Unreadable(
            [
                Problem(
                    "not-utf8",
                    Place(str(path), line, column),
                    f"byte {data[error.start]:#04x} is not UTF-8 text",
                    "Save the file as UTF-8.",
                )
            ]
        ) from error
