"""Delimited files become columns; what is no row is counted, located, and past a share refused."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offtake.demand.columns import UnreadableTrace
from offtake.demand.lines import BLANKS
from offtake.demand.parquet import read_parquet
from offtake.demand.table import BLOCK_BYTES, Cell, Field, Table, header_of, read_table

TWO = (Field("a"), Field("b"))
GOOD = "".join(f"{n},{2 * n},x{n % 3}\n" for n in range(300))  # Lines 2 to 301.


def written(tmp_path: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = tmp_path / name
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def with_line(tmp_path: Path, line: str) -> Table:
    """Three columns, 300 good rows, and a line after the first hundred: line 102."""
    rows = GOOD.splitlines(keepends=True)
    text = "a,b,c\n" + "".join([*rows[:100], line + "\n", *rows[100:]])
    return read_table(written(tmp_path, text), (*TWO, Field("c", Cell.WORD)))


def test_columns_are_taken_by_name_in_any_order(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,x,b\n1,?,2.5\n3,?,4\n"), (Field("b"), Field("a")))

    assert table.numbers["a"].tolist() == [1, 3]
    assert table.numbers["b"].tolist() == [2.5, 4]
    assert (table.rows, table.dropped, table.place(1)) == (2, (), "t.csv:3")


@pytest.mark.parametrize(
    "line",
    [
        "soon,4,x",
        "1,4",
        "1,4,x,more",
        "1,inf,x",
        "1,1e999,x",
        "1,1e101,x",
        "0x10,4,x",
        "1,2 3,x",
        "1,--4,x",
    ],
)
def test_a_row_that_is_none_is_counted_and_located(tmp_path: Path, line: str) -> None:
    table = with_line(tmp_path, line)

    assert [(dropped.rows, dropped.first) for dropped in table.dropped] == [(1, "t.csv:102")]
    assert table.rows == 300
    assert (table.line[99], table.line[100]) == (101, 103)


@pytest.mark.parametrize("line", ["1,,x", "1,null,x", "1,NaN,x", "1,N/A,x"])
def test_a_missing_number_is_no_number_and_no_mistake(tmp_path: Path, line: str) -> None:
    table = with_line(tmp_path, line)

    assert np.isnan(table.numbers["b"][100])
    assert (table.rows, table.dropped) == (301, ())
    assert table.whole("b")[100] == -1
    assert table.whole("b", missing=7)[100] == 7


def test_a_missing_word_has_no_number(tmp_path: Path) -> None:
    table = with_line(tmp_path, "1,2,")

    assert table.words["c"][99:102].tolist() == [0, -1, 1]
    assert table.known["c"] == ("x0", "x1", "x2")


@pytest.mark.parametrize("line", ["", "   ", "\r", ",,", " , ,"])
def test_a_blank_line_is_nothing(tmp_path: Path, line: str) -> None:
    table = with_line(tmp_path, line)

    assert (table.rows, table.dropped) == (300, ())
    assert (table.line[99], table.line[100]) == (101, 103)


def test_a_row_without_any_wanted_cell_is_not_a_blank_line(tmp_path: Path) -> None:
    rows = "".join(f"job{n},{n}\n" for n in range(200))
    table = read_table(written(tmp_path, "id,a\n" + rows + "job200,\n\n"), [Field("a")])

    assert [(dropped.rows, dropped.first) for dropped in table.dropped] == [(1, "t.csv:202")]


def test_bad_cells_bad_widths_and_blank_lines_keep_the_count_of_lines(tmp_path: Path) -> None:
    rows = GOOD.splitlines() * 2
    rows[10:10] = ["soon,1,x", "", "1,2", "1,2,3,4", "", "x,y,z"]  # Lines 12 to 17.
    rows.append("1,2,3,4")
    path = written(tmp_path, "a,b,c\n" + "\n".join(rows * 5))
    table = read_table(path, TWO)

    assert table.rows == 3_000
    assert [(dropped.rows, dropped.first) for dropped in table.dropped] == [(25, "t.csv:12")]
    lines = path.read_text().splitlines()
    for row in (0, 9, 10, 599, 600, 2_999):
        number = int(table.line[row])
        assert lines[number - 1].startswith(f"{int(table.numbers['a'][row])},")


def test_past_one_in_a_hundred_bad_rows_a_file_is_refused(tmp_path: Path) -> None:
    rows = [f"{n},{n}" for n in range(297)]
    fine = written(tmp_path, "a,b\n" + "\n".join([*rows, *["x,1"] * 3]), "fine.csv")
    bad = written(tmp_path, "a,b\n" + "\n".join([*rows, *["x,1"] * 4]), "bad.csv")

    assert read_table(fine, TWO).rows == 297
    with pytest.raises(UnreadableTrace, match=r"bad\.csv:299: 4 of 301 rows"):
        read_table(bad, TWO)


def test_rows_that_a_format_cannot_have_are_refused_past_the_same_share(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,b,c\n" + GOOD), TWO)
    few, many = table.numbers["a"] != 7, table.numbers["a"] % 10 != 7

    assert table.require(few, "odd").dropped[0] == ("odd", 1, "t.csv:9")
    with pytest.raises(UnreadableTrace, match=r"t\.csv:9: 30 of 300 rows: odd"):
        table.require(many, "odd")
    assert table.drop(many, "odd").rows == 270


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_a_byte_order_mark_cr_lf_quotes_and_packing_change_nothing(
    tmp_path: Path, name: str
) -> None:
    dressed = '\ufeff\r\n"a", b,c\r\n' + GOOD.replace("\n", "\r\n").replace("x1", '"x1"') + "\r\n"
    table = read_table(written(tmp_path, dressed, name), (*TWO, Field("c", Cell.WORD)))

    assert table.numbers["a"].tolist() == list(range(300))
    assert table.known["c"] == ("x0", "x1", "x2")
    assert table.dropped == ()
    assert table.line[0] == 3


@pytest.mark.parametrize("text", ["a,b\n", "a,b", "\ufeffa,b\r\n", "a,b\n\n\n"])
def test_a_file_of_a_header_alone_has_no_rows(tmp_path: Path, text: str) -> None:
    table = read_table(written(tmp_path, text), (*TWO, Field("c", Cell.WORD, required=False)))

    assert (table.rows, len(table.numbers["a"]), table.dropped) == (0, 0, ())


def test_a_last_line_without_an_end_counts(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "a,b\n1,2\n3,4"), TWO).numbers["b"].tolist() == [2, 4]


def test_numbers_with_signs_blanks_points_and_exponents_are_numbers(tmp_path: Path) -> None:
    text = "a,b\n" + "+1, 2 \n-1,.5\n1e3,2.\n" + "7,8\n" * 200 + "x,1\n"
    table = read_table(written(tmp_path, text), TWO)

    assert table.numbers["a"][:3].tolist() == [1, -1, 1_000]
    assert table.numbers["b"][:3].tolist() == [2, 0.5, 2]
    assert table.dropped[0].rows == 1


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("2017-10-09 07:01:55", 1_507_532_515),
        ("2017-10-09T07:01:55", 1_507_532_515),
        ("2017-10-09 07:01:55.25", 1_507_532_515.25),
        ("2017-10-09T07:01:55Z", 1_507_532_515),
        ("2017-10-09T09:01:55+02:00", 1_507_532_515),
        ("2017-10-09T00:01:55.5-0700", 1_507_532_515.5),
        ("2017-10-09", 1_507_507_200),
    ],
)
def test_dates_and_times_are_seconds_of_utc(tmp_path: Path, text: str, second: float) -> None:
    path = written(tmp_path, f"at,b\n{text},1\n2017-10-09 07:01:55,2\n")
    table = read_table(path, (Field("at", Cell.TIME), Field("b")))

    assert table.numbers["at"].tolist() == [second, 1_507_532_515]


@pytest.mark.parametrize(
    "text", ["2017-02-30 00:00:00", "2017-13-01 00:00:00", "2017-10-09 25:00:00", "yesterday", "7"]
)
@pytest.mark.parametrize("zone", ["", "Z"])
def test_a_day_that_does_not_exist_is_located(tmp_path: Path, text: str, zone: str) -> None:
    rows = [f"2017-10-{1 + n % 28:02} 07:00:00{zone}" for n in range(200)]
    path = written(tmp_path, "at\n" + "\n".join([*rows[:50], text, *rows[50:]]))
    table = read_table(path, [Field("at", Cell.TIME)])

    assert [(dropped.rows, dropped.first) for dropped in table.dropped] == [(1, "t.csv:52")]
    assert table.rows == 200


@pytest.mark.parametrize("quoted", ['"2\n3",x\n', '"2,x\n'])
def test_a_quote_that_is_not_closed_on_its_line_swallows_no_rows(
    tmp_path: Path, quoted: str
) -> None:
    path = written(tmp_path, "a,b,c\n" + GOOD + "1," + quoted + GOOD)

    with pytest.raises(UnreadableTrace, match=r"t\.csv:302: a quote is not closed"):
        read_table(path, [Field("a")])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x1f\x8b\x08\x00broken", "no column"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 90_000)[:-9], "not text"),
        (b"", "no column `a`"),
        (b"a,c\n1,2\n", "no column `b`"),
        (b"\x00\x01\x02,\x03\n", "no column"),
    ],
)
def test_what_is_no_such_table_is_explained(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(data if data.startswith(b"\x1f") else gzip.compress(data))

    with pytest.raises(UnreadableTrace, match=says):
        read_table(path, TWO)


def test_text_that_is_no_utf8_in_a_wanted_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="not text"):
        read_table(written(tmp_path, b"a,b\n1,caf\xe9\n"), [Field("b", Cell.WORD)])


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="not text"):
        read_table(tmp_path / "none.csv", TWO, header=("a", "b"))


def test_runs_of_blanks_delimit_and_remarks_are_blank_lines(tmp_path: Path) -> None:
    text = "; Version: 2\n;\n  1\t 2   3  \n\n ; a remark\n4 5 6\r\n7 8\n" + "1 2 3\n" * 200
    table = read_table(written(tmp_path, text), TWO, delimiter=BLANKS, header=("a", "x", "b"))

    assert table.numbers["b"][:2].tolist() == [3, 6]
    assert table.line[:3].tolist() == [3, 6, 8]
    assert [(dropped.rows, dropped.first) for dropped in table.dropped] == [(1, "t.csv:7")]


def test_blanks_delimit_across_blocks(tmp_path: Path) -> None:
    rows = BLOCK_BYTES // 20
    text = "; remark\n" + "".join(f"   {n:<12}   {n % 7}   \n" for n in range(rows))
    table = read_table(written(tmp_path, text), TWO, delimiter=BLANKS, header=("a", "b"))

    assert len(text) > BLOCK_BYTES
    assert table.numbers["a"].tolist() == list(range(rows))
    assert table.dropped == ()


def test_bad_rows_of_later_blocks_are_located(tmp_path: Path) -> None:
    rows = BLOCK_BYTES // 10
    text = "a,b\n" + "".join(f"{n:08},{n}\n" for n in range(rows)) + "\nx,1\n1,2\n"
    table = read_table(written(tmp_path, text), TWO)

    assert len(text) > BLOCK_BYTES
    assert table.dropped[0].first == f"t.csv:{rows + 3}"
    assert table.line[rows] == rows + 4


def test_the_same_name_twice_means_the_first(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "a,b,a\n1,2,3\n"), TWO).numbers["a"].tolist() == [1]


def test_other_delimiters_and_words_for_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "a|t\n1|Unknown\n2|x\n")
    table = read_table(
        path, (Field("a"), Field("t", Cell.TEXT)), delimiter="|", missing=["Unknown"]
    )

    assert table.texts["t"].to_pylist() == [None, "x"]
    assert table.drop(table.numbers["a"] > 1, "small").texts["t"].to_pylist() == ["x"]


@pytest.mark.parametrize(
    ("written_as", "scale", "whole"),
    [("2868294000", 1e-3, 2_868_294), ("1.9999999", 1, 2), ("1.99", 1, 1), ("-0.5", 1, -1)],
)
def test_whole_numbers_are_rounded_down(
    tmp_path: Path, written_as: str, scale: float, whole: int
) -> None:
    table = read_table(written(tmp_path, f"a,b\n{written_as},1\n"), TWO)

    assert table.whole("a", scale=scale).tolist() == [whole]


def test_numbers_beyond_the_limit_stop_there(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,b\n1e99,-1e99\n"), TWO)

    assert table.whole("a").tolist() == [2**62]
    assert table.whole("b").tolist() == [-(2**62)]


def test_a_header_is_the_first_line_that_is_not_blank(tmp_path: Path) -> None:
    assert header_of(written(tmp_path, '\ufeff\r\n"a", b\r\n1,2\r\n')) == ["a", "b"]
    assert header_of(tmp_path / "none.csv") == []
    assert header_of(written(tmp_path, b"\x00\x00", "bin")) == []


def test_parquet_gives_the_same_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    words = pa.array(["x", None, "y"]).dictionary_encode()
    at = pa.array([0, 1_500, None], pa.timestamp("ms"))
    columns = {"a": pa.array([1, 2, None], pa.int32()), "w": words, "at": at, "s": ["1", "2", "3"]}
    pq.write_table(pa.table(columns), path, row_group_size=2)
    fields = [Field("a"), Field("w", Cell.WORD), Field("at", Cell.TIME), Field("s")]
    table = read_parquet(path, fields)

    assert table.whole("a").tolist() == [1, 2, -1]
    assert table.words["w"].tolist() == [0, -1, 1]
    assert table.numbers["at"][:2].tolist() == [0, 1.5]
    assert table.whole("s").tolist() == [1, 2, 3]
    assert table.place(2) == "t.parquet:3"


def test_parquet_of_other_columns_or_types_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": [[1], [2]], "b": [1, 2]}), path)

    with pytest.raises(UnreadableTrace, match="column `a` holds list"):
        read_parquet(path, [Field("a")])
    with pytest.raises(UnreadableTrace, match="no column `c`"):
        read_parquet(path, [Field("c")])
    with pytest.raises(UnreadableTrace, match="column `b` holds int64, not a date"):
        read_parquet(path, [Field("b", Cell.TIME)])
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(UnreadableTrace, match="not Parquet"):
        read_parquet(path, [Field("a")])


def test_memory_holds_columns_and_not_rows(tmp_path: Path) -> None:
    """A row of 300 bytes with three wanted columns takes well under 100 bytes."""
    rows = 400_000
    path = tmp_path / "t.csv"
    with path.open("w") as stream:
        stream.write("id,a,b,w\n")
        for n in range(0, rows, 1_000):
            stream.write("".join(f"{n + k:0280},{k},{n},team{k % 9}\n" for k in range(1_000)))
    code = (
        "import resource, sys; from pathlib import Path\n"
        "import pyarrow.csv, pyarrow.compute\n"
        "from offtake.demand.table import Cell, Field, read_table\n"
        "used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = used()\n"
        "table = read_table(Path(sys.argv[1]),\n"
        "    [Field('a'), Field('b'), Field('w', Cell.WORD)])\n"
        "print(table.rows, used() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    read, grown = (int(word) for word in done.stdout.split())
    kib = 1 if sys.platform != "darwin" else 1_024

    assert read == rows
    assert path.stat().st_size > 110_000_000
    assert grown / kib < 85_000
