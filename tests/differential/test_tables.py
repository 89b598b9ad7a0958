"""Tables read in blocks equal a reading line by line in plain Python, for any lines."""

import gzip
import math
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.demand import table
from offtake.demand.table import MISSING, Cell, Field, read_table

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?")
CELLS = (
    "1",
    "2.5",
    "-3",
    "+4",
    ".5",
    "6.",
    "1e3",
    " 7 ",
    "",
    "null",
    "NaN",
    "x",
    "1x",
    "--1",
    "inf",
)
WORDS = ("a", "b", "", "null", "7", "a b")
FIELDS = (Field("n"), Field("w", Cell.WORD), Field("m"))  # The file has n, other, w, m.


class Read(NamedTuple):
    """Rows as (line, n, w, m), None where nothing is written; and the lines of bad rows."""

    rows: list[tuple[int, float | None, str | None, float | None]]
    bad: list[int]


def plainly(text: str) -> Read:
    """The rules of a table, line by line."""
    read = Read([], [])
    for number, line in enumerate(text.split("\n")[1:], start=2):
        cells = line.strip("\r").split(",")
        if not line.strip(" ,\r"):
            continue
        if len(cells) != 4:
            read.bad.append(number)
            continue
        found = [None if c.strip() == "" or c in MISSING else c.strip() for c in cells]
        n, w, m = found[0], None if cells[2] in MISSING else cells[2], found[3]
        none = n is None and w is None and m is None
        if none or any(c is not None and not NUMBER.fullmatch(c) for c in (n, m)):
            read.bad.append(number)
        else:
            read.rows.append((number, n and float(n), w, m and float(m)))
    return read


def lines() -> st.SearchStrategy[str]:
    row = st.tuples(*(st.sampled_from(kind) for kind in (CELLS, WORDS, WORDS, CELLS)))
    odd = st.sampled_from(["", " ", ",", ",,,", "1", "1,a,b", "1,a,b,2,3", "\r"])
    good = st.sampled_from(["1,o,a,2", "3,o,b,4", "5,,a,6\r"])
    return st.one_of(good, good, row.map(",".join), odd)


@given(st.lists(lines(), max_size=30), st.booleans(), st.sampled_from([64, 1 << 22]))
def test_blocks_and_lines_read_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str], packed: bool, block_bytes: int
) -> None:
    text = "\n".join(["n,other,w,m", *rows])
    path: Path = tmp_path_factory.getbasetemp() / ("t.csv.gz" if packed else "t.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "BAD_SHARE_MAX", 1.0)
        patch.setattr(table, "BLOCK_BYTES", block_bytes)
        found = read_table(path, FIELDS)
    plain = plainly(text)

    known = found.known["w"]
    columns = (found.numbers["n"].tolist(), found.words["w"].tolist(), found.numbers["m"].tolist())
    assert [
        (line, _none(n), _word(known, w), _none(m))
        for line, n, w, m in zip(found.line.tolist(), *columns, strict=True)
    ] == plain.rows
    bad = [(f"{path.name}:{plain.bad[0]}", len(plain.bad))] if plain.bad else []
    assert [(dropped.first, dropped.rows) for dropped in found.dropped] == bad


def _none(number: float) -> float | None:
    return None if math.isnan(number) else number


def _word(known: tuple[str, ...], code: int) -> str | None:
    return None if code < 0 else known[code]
