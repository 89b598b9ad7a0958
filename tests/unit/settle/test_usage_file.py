"""Files of use: every row booked or none, every problem located, the same rows read back."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.contract.problem import Unreadable
from offtake.core.names import UNSTATED, Names
from offtake.core.vocabulary import NONE
from offtake.settle.usage_file import read_usage, written
from offtake.settle.used import COLUMNS, Kind, Used, split, within
from offtake.units.time import parse_instant

NAMES = Names(
    parties=("lab", "alpha", "beta"),
    purposes=("training", "inference"),
    accelerators=("H100",),
    regions=("us",),
)
HEAD = "start,end,supplier,accelerator,region,purpose,pool,kind,gpu_h,rate\n"
ROW = "2026-03-01,2026-03-02,alpha,H100,us,training,p1,used,24,2.50\n"


def read(tmp_path: Path, text: str) -> Used:
    path = tmp_path / "usage.csv"
    path.write_text(text, encoding="utf-8")
    return read_usage(path, NAMES)


def told(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, text)
    return [f"{problem.place} {problem.code}: {problem.says}" for problem in caught.value.problems]


def test_a_row_is_read_in_the_portfolios_names_and_in_gpu_seconds(tmp_path: Path) -> None:
    used = read(tmp_path, HEAD + ROW + "2026-03-02,2026-03-03,beta,,,,,undelivered,0.5,\n")

    assert used.gpu_s.tolist() == [86_400, 1_800]
    assert used.supplier.tolist() == [1, 2]
    assert used.accelerator.tolist() == [0, UNSTATED]
    assert used.rate.tolist() == [2_500_000, NONE]
    assert used.kind.tolist() == [Kind.USED, Kind.UNDELIVERED]
    assert used.pools[used.pool[0]] == "p1"
    assert used.place(1) == "usage.csv:3"
    assert (used.from_s, used.until_s) == (parse_instant("2026-03-01"), parse_instant("2026-03-03"))
    assert [row.use.gpu_s for row in used.usage()] == [86_400]
    assert [use.gpu_s for use in used.undelivered()] == [1_800]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2026-03-01,2026-03-02,gamma,H100,us,training,p1,used,24,2\n", "supplier `gamma` is not"),
        ("2026-03-01,2026-03-02,alpha,H200,us,training,p1,used,24,2\n", "accelerator `H200` is"),
        ("2026-03-01,2026-03-02,alpha,H100,us,training,p1,lent,24,2\n", "kind `lent` is not"),
        ("2026-03-01,2026-03-02,alpha,H100,us,training,p1,used,-1,2\n", "quantity is negative"),
        ("2026-03-02,2026-03-01,alpha,H100,us,training,p1,used,24,2\n", "the end is not after"),
        ("2026-03-01,2026-03-02,alpha,H100,us,training,p1,used,1e30,2\n", "above 2^53"),
        ("2026-03-01,2026-03-02,alpha,H100,us,training,p1,used,24,-2\n", "a rate beyond"),
        ("2026-03-01,2026-03-02,,H100,us,training,p1,used,24,2\n", "is not stated"),
        ("2026-03-01,2026-03-02,alpha,H100,us,training,p1,used,,2\n", "is not stated"),
        ("2026-03-01,2026-03-02,alpha,H100\n", "not of this format"),
    ],
)
def test_a_row_that_cannot_be_booked_is_located_and_nothing_is_read(
    tmp_path: Path, row: str, says: str
) -> None:
    (problem,) = told(tmp_path, HEAD + ROW + row)

    assert says in problem
    assert "usage.csv:3" in problem


def test_half_a_row_among_many_is_not_left_out(tmp_path: Path) -> None:
    (problem,) = told(tmp_path, HEAD + ROW * 300 + "2026-03-01,2026-03\n")

    assert "usage.csv:302 bad-usage: 1 row(s)" in problem


def test_an_id_is_booked_once(tmp_path: Path) -> None:
    head = "id,start,end,supplier,gpu_s\n"
    rows = "".join(f"{name},2026-03-01,2026-03-02,alpha,5\n" for name in ("a", "b", "a"))

    assert told(tmp_path, head + rows) == ["usage.csv:4 bad-usage: the id was seen before"]


@pytest.mark.parametrize(
    "text", ["", HEAD, "a,b\n1,2\n", "start,end,supplier\n2026-03-01,2026-03-02,alpha\n"]
)
def test_a_file_without_use_is_refused(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text)


def rows_of(draw: st.DrawFn) -> Used:
    count = draw(st.integers(1, 12))

    def column(least: int, most: int) -> np.ndarray:
        values = st.lists(st.integers(least, most), min_size=count, max_size=count)
        return np.array(draw(values), np.int64)

    start_s = column(1_700_000_000, 1_900_000_000)
    return Used(
        kind=column(0, 2),
        supplier=column(0, 2),
        accelerator=np.where(column(0, 1) == 1, UNSTATED, 0),
        region=np.where(column(0, 1) == 1, UNSTATED, 0),
        purpose=column(0, 1),
        pool=column(-1, 1),
        gpu_s=column(0, 2**40),
        start_s=start_s,
        end_s=start_s + column(1, 10**7),
        rate=column(-1, 10**8),
        line=np.arange(1, count + 1),
        pools=("p1", "p2"),
        file="usage.parquet",
        from_s=1_600_000_000,
        until_s=2_000_000_000,
    )


USED = st.composite(rows_of)()


@settings(deadline=None)
@given(used=USED)
def test_what_is_written_reads_back_as_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, used: Used
) -> None:
    path = tmp_path_factory.mktemp("written") / "usage.parquet"
    path.write_bytes(written(used, NAMES))

    back = read_usage(path, NAMES)

    words = {name: getattr(back, name).tolist() for name in COLUMNS if name != "pool"}
    assert words == {name: getattr(used, name).tolist() for name in COLUMNS if name != "pool"}
    pools = [used.pools[p] if p >= 0 else "" for p in used.pool]
    assert [back.pools[p] if p >= 0 else "" for p in back.pool] == pools
    assert (back.from_s, back.until_s) == (used.from_s, used.until_s)


@settings(deadline=None)
@given(used=USED, edges=st.lists(st.integers(1_690_000_000, 1_910_000_000), max_size=6))
def test_a_split_loses_nothing_and_leaves_no_row_across_an_edge(
    used: Used, edges: list[int]
) -> None:
    pieces = split(used, edges)

    for line in used.line.tolist():
        parts = pieces.take(pieces.line == line)
        whole = used.take(used.line == line)
        assert parts.gpu_s.sum() == whole.gpu_s.sum()
        assert parts.start_s[0] == whole.start_s[0]
        assert parts.end_s[-1] == whole.end_s[0]
        assert (parts.start_s[1:] == parts.end_s[:-1]).all()
        lasted = (parts.end_s - parts.start_s).astype(object)
        exact = whole.gpu_s.astype(object)[0] * lasted / int(whole.end_s[0] - whole.start_s[0])
        assert (abs(parts.gpu_s.astype(object) - exact) <= 1).all()
    for edge in edges:
        assert not ((pieces.start_s < edge) & (edge < pieces.end_s)).any()


@settings(deadline=None)
@given(used=USED, middle_s=st.integers(1_690_000_000, 1_910_000_000))
def test_the_use_of_two_periods_is_the_use_of_both(used: Used, middle_s: int) -> None:
    before, after = within(used, 0, middle_s), within(used, middle_s, 2**40)

    assert before.gpu_s.sum() + after.gpu_s.sum() == used.gpu_s.sum()
