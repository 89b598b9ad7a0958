"""The journals that benchmarks compare desks on: as long as asked, the same each time, whole."""

from pathlib import Path

from benchmarks.journals import fill

from offtake.desk.entry import read
from offtake.desk.replay import differences
from offtake.desk.store import journal
from offtake.desk.store.engine import open_engine, reader
from offtake.desk.verify import verified


def rows_of(file: Path) -> list[journal.Row]:
    engine = open_engine(f"sqlite:///{file}")
    with reader(engine).connect() as tx:
        rows = list(journal.since(tx, 0))
    engine.dispose()
    return rows


def test_a_journal_is_filled_to_its_size_and_is_the_same_each_time(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.db", "two.db")]
    for file in files:
        fill(f"sqlite:///{file}", 400)
    one, two = map(rows_of, files)
    assert one == two
    assert len(one) == 400
    assert verified(one).is_whole
    assert list(differences(lambda: (read(row.body) for row in one))) == []
    done = {"notice", "answer", "tender", "bid", "award", "sign", "deliver", "draw_permit"}
    assert done <= {row.kind for row in one}


def test_what_is_there_is_gone_on_from(tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    fill(f"sqlite:///{file}", 200)
    before = rows_of(file)
    fill(f"sqlite:///{file}", 500)
    assert rows_of(file)[:200] == before
    assert len(rows_of(file)) == 500
