"""The lines of a file of text, plain or compressed, read once and in blocks."""

import re
from pathlib import Path
from typing import Any

HEAD_BYTES = 65_536
BLANKS = " "
"""As a delimiter: any run of blanks and tabs; lines that start with ``;`` are remarks."""
COMPRESSION = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
MARK = b"\xef\xbb\xbf"
REMARK = re.compile(rb"\n;[^\n]*")


def opened(path: Path) -> Any:
    """A stream of the file's bytes, unpacked if its ending says that it is packed."""
    import pyarrow as pa

    return pa.input_stream(str(path), compression=COMPRESSION.get(path.suffix))


def head_of(path: Path) -> str:
    """The first 64 KiB as text, without a byte-order mark; empty when it is no text."""
    try:
        with opened(path) as stream:
            text: str = stream.read(HEAD_BYTES).removeprefix(MARK).decode(errors="replace")
    except OSError:
        return ""
    return "" if "\0" in text else text


def stem_of(path: Path) -> str:
    """A file's name without the endings of its packing and of its kind."""
    name = path.stem if path.suffix in COMPRESSION else path.name
    return Path(name).stem


def empty_lines(path: Path, numbers: set[int], delimiter: str) -> set[int]:
    """Which lines of a file, by number from 1, hold nothing, delimiters alone, or a remark."""
    found, number, rest = set(), 0, b""
    nothing = f' \t\r"{delimiter}'.encode()
    with opened(path) as stream:
        while block := stream.read(HEAD_BYTES):
            *lines, rest = (rest + block).split(b"\n")
            for number, line in enumerate(lines, start=number + 1):  # noqa: B020
                if number in numbers and _is_empty(line, delimiter, nothing):
                    found.add(number)
    if number + 1 in numbers and _is_empty(rest, delimiter, nothing):
        found.add(number + 1)
    return found


def _is_empty(line: bytes, delimiter: str, nothing: bytes) -> bool:
    left = line.removeprefix(MARK).strip(nothing)
    return not left or (delimiter == BLANKS and left.startswith(b";"))


class Lines:
    """What a parser reads from: bytes of a file, counted in lines, its first lines skipped.

    Where blanks delimit, runs of them become one, and remarks become blank lines, so that the
    numbers of lines stay.
    """

    def __init__(self, stream: Any, delimiter: str, skip: int) -> None:
        self._stream, self._blanks = stream, delimiter == BLANKS
        self._rest = stream.read(HEAD_BYTES).removeprefix(MARK)
        self._skip(skip)
        self.count = 0  # Lines handed on so far.
        self._ended = True  # Whether the last of them had its line end.
        self.closed = False

    def _skip(self, lines: int) -> None:
        for _ in range(lines):
            self._rest = self._rest.partition(b"\n")[2]
        if not self._rest:
            self._rest = self._stream.read(HEAD_BYTES)

    def empty(self) -> bool:
        """Whether nothing follows the lines that were skipped."""
        return not self._rest

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; none at the end. Whole lines where blanks delimit."""
        block = self._rest[:size]
        self._rest = self._rest[size:]
        if not self._rest:
            block += self._stream.read(size - len(block))
        if self._blanks:
            block = self._tidy(block, size)
        if block:
            self._ended = block.endswith(b"\n")
        self.count += block.count(b"\n")
        return bytes(block)

    def _tidy(self, block: bytes, size: int) -> bytes:
        cut = block.rfind(b"\n") + 1
        if cut and len(block) == size:
            self._rest = block[cut:] + self._rest
            block = block[:cut]
        block = b"\n" + block.replace(b"\r", b"").replace(b"\t", b" ")
        while b"  " in block:
            block = block.replace(b"  ", b" ")
        block = block.replace(b"\n ", b"\n").replace(b" \n", b"\n")
        return REMARK.sub(b"\n", block)[1:]

    def all_lines(self) -> int:
        """How many lines there were, a last one without a line end included."""
        return self.count + (not self._ended)

    def close(self) -> None:
        """Part of what a parser expects of a file; the stream is closed by its opener."""
        self.closed = True

    def readable(self) -> bool:
        """Part of what a parser expects of a file."""
        return True
