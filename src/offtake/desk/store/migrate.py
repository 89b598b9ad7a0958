"""The tables of a database, brought to what this version of offtake knows, when a desk starts.

All of it is one transaction: two desks that start at once take turns, and one that dies on the way
leaves the database as it was.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from offtake.desk import store
from offtake.desk.store.tables import METADATA

LOCK = 0x0FF7A4E
"""The number of the lock that PostgreSQL grants to whoever migrates."""


class Newer(Exception):
    """A database whose tables are those of a later version of offtake."""


def scripts() -> ScriptDirectory:
    """All revisions that this version knows."""
    config = Config()
    config.set_main_option("script_location", "offtake.desk.store:migrations")
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def migrate(engine: Engine) -> None:
    """Bring the tables of a database to the newest revision; make them where there are none.

    Raises:
        Newer: They are of a later version of offtake; nothing has been changed.
    """
    for module in iter_modules(store.__path__):
        import_module(f"{store.__name__}.{module.name}")
    known = scripts()
    with engine.begin() as tx:
        if engine.dialect.name == "postgresql":
            tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if revision_of(tx) != known.get_current_head():
            _upgrade(tx, known)


def revision_of(tx: Connection) -> str | None:
    """The revision of a database; None where there is none yet."""
    return MigrationContext.configure(tx).get_current_revision()


def _upgrade(tx: Connection, known: ScriptDirectory) -> None:
    at = revision_of(tx)
    if at not in {None, *(row.revision for row in known.walk_revisions())}:
        raise Newer(f"its tables are of revision {at}, which this version does not know")

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return known._upgrade_revs("head", revision)

    with EnvironmentContext(Config(), known, fn=steps) as environment:
        environment.configure(connection=tx, target_metadata=METADATA)
        environment.run_migrations()
