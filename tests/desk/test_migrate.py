"""Tables are brought to what this version knows, whole or not at all, and no further back."""

import subprocess
import sys
import threading
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, inspect, text

from desk.stories import Story, submit
from offtake.desk.store import journal
from offtake.desk.store.engine import open_engine, reader
from offtake.desk.store.migrate import Newer, migrate, revision_of, scripts
from offtake.desk.store.migrations.versions.v0001_first import TABLES
from offtake.desk.store.tables import METADATA

EXACTLY = {"compare_type": True, "compare_server_default": True}


@pytest.fixture
def empty(url: str) -> Any:
    opened = open_engine(url)
    yield opened
    opened.dispose()


def differences(engine: Engine) -> list[Any]:
    """How the tables of a database differ from those that the desk declares."""
    with reader(engine).connect() as tx:
        return list(compare_metadata(MigrationContext.configure(tx, opts=EXACTLY), METADATA))


def test_revisions_lead_to_the_tables_that_the_desk_declares(empty: Engine) -> None:
    migrate(empty)
    assert differences(empty) == []
    with reader(empty).connect() as tx:
        assert revision_of(tx) == scripts().get_current_head()
    migrate(empty)
    assert differences(empty) == []


def test_revisions_make_one_line() -> None:
    known = scripts()
    assert known.get_heads() == [known.get_current_head()]
    assert known.get_bases() == ["v0001"]


def test_a_desk_from_before_there_were_revisions_goes_on_with_all_it_has(
    empty: Engine, url: str
) -> None:
    TABLES.create_all(empty)
    story = Story(empty)
    story.does(submit(), key="k")
    with reader(empty).connect() as tx:
        before = list(journal.since(tx, 0))
    migrate(empty)
    assert differences(empty) == []
    again = Story(empty)
    assert again.writer.state == story.writer.state
    assert again.ask(submit(), key="k") == story.ask(submit(), key="k")
    with reader(empty).connect() as tx:
        assert list(journal.since(tx, 0)) == before


def test_a_table_that_was_not_there_yet_is_made(empty: Engine) -> None:
    TABLES.tables["journal"].create(empty)
    migrate(empty)
    assert differences(empty) == []


def test_a_database_of_a_later_version_is_left_as_it_is(empty: Engine) -> None:
    migrate(empty)
    with empty.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
        tx.execute(text("DROP TABLE answers"))
    with pytest.raises(Newer, match="v9999"):
        migrate(empty)
    assert "answers" not in inspect(empty).get_table_names()


def test_a_migration_that_fails_leaves_nothing(empty: Engine) -> None:
    def fails(_tx: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if "CREATE TABLE webhooks" in statement:
            raise OSError("no space")

    event.listen(empty, "before_cursor_execute", fails)
    with pytest.raises(OSError, match="no space"):
        migrate(empty)
    event.remove(empty, "before_cursor_execute", fails)
    assert inspect(empty).get_table_names() == []
    migrate(empty)
    assert differences(empty) == []


def test_desks_that_start_at_once_take_turns(url: str) -> None:
    engines = [open_engine(url) for _ in range(4)]
    wrong: list[BaseException] = []

    def starts(engine: Engine) -> None:
        try:
            migrate(engine)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=starts, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert differences(engines[0]) == []
    for engine in engines:
        engine.dispose()


def test_serve_says_that_a_later_version_is_needed(empty: Engine, url: str) -> None:
    migrate(empty)
    with empty.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
    command = [sys.executable, "-m", "offtake.cli.main", "serve", "--db", url, "--portfolio", "x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "v9999" in done.stderr
    assert "newer-database" in done.stderr
