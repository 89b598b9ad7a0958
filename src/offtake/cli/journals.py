"""Where a journal is read from: a database, or a file of exported lines."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from offtake.cli.output import Invalid
from offtake.desk.entry import Entry, read
from offtake.desk.export import NoEntry, row_of
from offtake.desk.opening import held
from offtake.desk.state import State
from offtake.desk.store import journal
from offtake.desk.store.engine import (
    Connection,
    Engine,
    Failure,
    NoAddress,
    NoDriver,
    make_url,
    open_engine,
    reader,
)
from offtake.desk.store.journal import Row
from offtake.desk.verify import Fault, Known, Verified, verified


class Source:
    """A journal that is read from its first entry, as often as it is asked for."""

    def __init__(self, name: str, rows: Callable[[], Iterator[Row]], db: Connection | None) -> None:
        self.name, self.rows, self._db = name, rows, db

    def entries(self) -> Iterator[Entry]:
        """Every entry, oldest first."""
        return (read(row.body) for row in self.rows())

    def verified(self, known: Sequence[Known]) -> Verified:
        """Whether it is whole; a database is compared with its own head, too.

        A desk may go on writing meanwhile: its head before is in what is read, and what is read
        is not past its head after.
        """
        if self._db is None:
            return verified(self.rows(), known)
        own = Known(journal.head(self._db), "the head of the database")
        found = verified(self.rows(), [own, *known])
        after = journal.head(self._db)
        if after.seq >= found.head.seq:
            return found
        fault = Fault(found.head.seq, f"is the last, and the head of the database is {after.seq}")
        return Verified(found.head, (*found.faults, fault), found.total + 1)

    def snapshots(self) -> tuple[list[State], list[str]]:
        """What the snapshots that a start would look at hold, and why some are not used."""
        if self._db is None:
            return [], []
        return held(self._db)


@contextmanager
def source_of(file: str | None, db: str | None) -> Iterator[Source]:
    """A journal in a file or in a database, while it is read.

    Raises:
        Invalid: It cannot be read, or both or neither are named.
    """
    if (file is None) == (db is None):
        says = "one journal is needed: a file of lines, or a database"
        raise Invalid("usage", "FILE", says, "Name a FILE, or give --db URL.")
    if file is not None:
        yield Source(file, lambda: _lines(file), None)
        return
    assert db is not None
    with database(db) as engine, reader(engine).connect() as tx:
        yield Source(make_url(db).render_as_string(), lambda: journal.since(tx, 0), tx)


def no_address(error: NoAddress) -> Invalid:
    """What is wrong with the address of a database, and the way out."""
    if isinstance(error, NoDriver):
        remedy = "Install it: pip install 'offtake[postgresql]'."
        return Invalid("bad-value", "--db", "its driver is not installed", remedy)
    remedy = "Write sqlite:///FILE or postgresql://USER@HOST/NAME."
    return Invalid("bad-value", "--db", "is the URL of no SQLite or PostgreSQL database", remedy)


@contextmanager
def database(db: str) -> Iterator[Engine]:
    """The database of a URL, which must be there, while it is used.

    Raises:
        Invalid: It is none, or what is asked of it fails.
    """
    try:
        where = make_url(db)
        _there(where.database if where.get_backend_name() == "sqlite" else None)
        engine = open_engine(db)
    except NoAddress as error:
        raise no_address(error) from error
    try:
        yield engine
    except Failure as error:
        says = f"holds no journal that can be read ({type(error).__name__})"
        raise Invalid("no-database", "--db", says, "Check its address and rights.") from error
    finally:
        engine.dispose()


def _there(file: str | None) -> None:
    """A file that is not there is none; it is not made."""
    if file is not None and not Path(file).is_file():
        says = f"there is no file `{file}`"
        raise Invalid("bad-path", "--db", says, "Write sqlite:///FILE with its path.")


def _lines(name: str) -> Iterator[Row]:
    place = name
    try:
        with Path(name).open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                place = f"{name}:{number}"
                yield row_of(line)
    except NoEntry as error:
        remedy = "Export the journal again, or name an export."
        raise Invalid("bad-file", place, str(error), remedy) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("bad-path", place, f"cannot be read: {error}", "Name a file.") from error
