"""A database is opened so that what is committed lasts and writers take turns."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from offtake.cli.journals import no_address
from offtake.desk.store.engine import NoAddress, NoDriver, open_engine, reader


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


def test_what_is_written_is_in_no_log_and_in_no_error(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "sqlalchemy.engine")
    one = text("INSERT INTO head (id, seq, hash) VALUES (:id, 1, :secret)")
    with engine.begin() as tx:
        tx.execute(one, {"id": 1, "secret": b"hunter2"})
    with pytest.raises(IntegrityError) as error, engine.begin() as tx:
        tx.execute(one, {"id": 1, "secret": b"hunter2"})
    assert any("INSERT INTO head" in row.getMessage() for row in caplog.records)
    assert not any("hunter2" in row.getMessage() for row in caplog.records)
    assert "hunter2" not in str(error.value)


def test_every_table_is_made_whatever_else_is_imported(tmp_path: Path) -> None:
    code = (
        "from sqlalchemy import inspect\n"
        "from offtake.desk.store.engine import open_engine\n"
        "from offtake.desk.store.migrate import migrate\n"
        f"engine = open_engine('sqlite:///{tmp_path / 'desk.db'}')\n"
        "migrate(engine)\n"
        "print(*inspect(engine).get_table_names())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"answers", "head", "journal", "outbox", "webhooks"} <= set(done.stdout.split())


@pytest.mark.parametrize(
    "url", ["mysql://desk@db/x", "oracle://db", "postgresql+psycopg2://desk@db/x", "nothing"]
)
def test_another_database_is_no_address_whatever_is_installed(url: str) -> None:
    with pytest.raises(NoAddress):
        open_engine(url)


def test_a_driver_that_is_not_installed_is_said_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(NoDriver) as missing:
        open_engine("postgresql://desk@db/x")
    (row,) = no_address(missing.value).rows
    assert "offtake[postgresql]" in row["remedy"]
