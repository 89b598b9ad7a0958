"""A database is opened so that what is committed lasts and writers take turns."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from offtake.desk.store.engine import open_engine, reader


@pytest.fixture
def lite(tmp_path: Path) -> Engine:
    opened = open_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    with opened.begin() as tx:
        tx.execute(text("CREATE TABLE one (id INTEGER PRIMARY KEY)"))
        tx.execute(text("CREATE TABLE two (id INTEGER REFERENCES one (id))"))
    yield opened
    opened.dispose()


def test_sqlite_logs_ahead_and_waits_for_the_disk(lite: Engine) -> None:
    with reader(lite).connect() as tx:
        found = {
            name: tx.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    full = 2
    assert found == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }


def test_sqlite_keeps_what_refers_to_nothing_out(lite: Engine) -> None:
    with pytest.raises(IntegrityError), lite.begin() as tx:
        tx.execute(text("INSERT INTO two VALUES (7)"))


def test_a_writer_of_sqlite_has_the_right_from_its_beginning_and_readers_do_not_wait(
    lite: Engine, tmp_path: Path
) -> None:
    other = open_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    with reader(other).connect() as impatient:
        impatient.execute(text("PRAGMA busy_timeout = 1"))
        impatient.rollback()
    with lite.begin() as tx:
        tx.execute(text("INSERT INTO one VALUES (1)"))
        with reader(other).connect() as meanwhile:
            assert meanwhile.execute(text("SELECT count(*) FROM one")).scalar_one() == 0
        with pytest.raises(OperationalError, match="locked"), other.begin():
            pytest.fail("two writers at once")
    other.dispose()


def test_sqlite_takes_a_table_back_with_its_transaction(lite: Engine) -> None:
    with lite.connect() as tx:
        tx.execute(text("CREATE TABLE three (id INTEGER)"))
        tx.rollback()
    with reader(lite).connect() as tx:
        rows = tx.execute(text("SELECT name FROM sqlite_master WHERE name = 'three'")).all()
    assert rows == []


def test_a_read_sees_one_state_until_it_ends(lite: Engine) -> None:
    count = text("SELECT count(*) FROM one")
    with reader(lite).connect() as reading:
        assert reading.execute(count).scalar_one() == 0
        with lite.begin() as tx:
            tx.execute(text("INSERT INTO one VALUES (1)"))
        assert reading.execute(count).scalar_one() == 0


def test_postgresql_reads_what_is_committed_whatever_its_default(postgresql: str) -> None:
    query = "&" if "?" in postgresql else "?"
    eager = f"{postgresql}{query}options=-c%20default_transaction_isolation%3Dserializable"
    opened = open_engine(eager)
    with opened.begin() as tx:
        found = tx.execute(text("SHOW transaction_isolation")).scalar_one()
    opened.dispose()
    assert found == "read committed"
