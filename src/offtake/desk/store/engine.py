"""A database by its URL, set up so that what is committed is durable."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError as NoAddress
from sqlalchemy.exc import DataError as Unkept
from sqlalchemy.exc import SQLAlchemyError as Failure

from offtake.desk.store.prepared import run

__all__ = [
    "BUSY_MS",
    "Connection",
    "Engine",
    "Failure",
    "NoAddress",
    "NoDriver",
    "Unkept",
    "make_url",
    "open_engine",
    "reader",
]

DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")
"""Ways to a database; statements are given to these as they are (``prepared``)."""
PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How long a server that does not answer is waited for: seconds, the last in milliseconds."""
BUSY_MS = 10_000
"""How long SQLite waits for another writer before it gives up."""


class NoDriver(NoAddress):
    """The driver of a database is not installed."""


def open_engine(url: str) -> Engine:
    """An engine for ``sqlite:///file.db`` or ``postgresql://...``.

    SQLite keeps a write-ahead log with full synchronous writes, and a transaction takes the right
    to write when it begins (``engine.begin()``), so that two desks never wait for each other.
    PostgreSQL reads what is committed when each statement begins, whatever the server's default:
    whoever has waited for a row sees it as it is now, and nothing fails to be serialized. What is
    written is in no log of ours, for it may be a secret; a server's own may quote a row it refuses.

    Raises:
        NoAddress: It is the address of no such database.
        NoDriver: The driver of that database is not installed.
    """
    if make_url(_driver(url)).drivername not in DRIVERS:
        raise NoAddress("neither SQLite nor PostgreSQL by the driver that offtake brings")
    try:
        return _opened(url)
    except ModuleNotFoundError as error:
        raise NoDriver(str(error)) from error


def _opened(url: str) -> Engine:
    if url.startswith("sqlite"):
        own = {"isolation_level": None, "timeout": BUSY_MS / 1000, "check_same_thread": False}
        # Transactions begin where they are told to.
        engine = create_engine(url, connect_args=own, hide_parameters=True)
        _sqlite(engine)
        return engine
    return create_engine(
        _driver(url),
        connect_args=PATIENCE,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=8,
        pool_timeout=5,
    )


def _driver(url: str) -> str:
    """``postgresql://`` with the driver that offtake brings."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _sqlite(engine: Engine) -> None:
    """Pragmas on every connection, and transactions that begin as writers."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"busy_timeout = {BUSY_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads", False)
        run(connection, "BEGIN" if reads else "BEGIN IMMEDIATE")


def reader(engine: Engine) -> Engine:
    """The same database for those who only read: they take no right to write."""
    return engine.execution_options(reads=True)
