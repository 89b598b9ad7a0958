"""Which engine places the jobs of a run: small runs never load the compiled one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from offtake.core.vocabulary import Act, BoundClause
from offtake.sim.placement import CONSERVATIVE, Jobs
from offtake.sim.reference import Admit, Freed, Started
from offtake.sim.reference import Engine as Reference
from offtake.supply.pools import Site

if TYPE_CHECKING:
    from offtake.sim.kernel import Engine as Compiled

REFERENCE, COMPILED = "reference", "compiled"
ENGINES = (REFERENCE, COMPILED)
LARGE_JOBS = 20_000
"""From so many jobs on the compiled engine saves more than it costs to load."""


class Hooks(NamedTuple):
    """Whom an engine asks and tells: see ``reference``."""

    admit: Admit
    started: Started
    freed: Freed


def shares(clauses: Sequence[BoundClause]) -> list[BoundClause]:
    """The clauses whose answer to a run depends on use so far, such as a build right's (BR2)."""
    return [
        clause
        for clause in clauses
        if clause.kind.evolve is not None
        and clause.kind.varies is not None
        and clause.kind.varies(clause.terms)[0] & Act.RUN
    ]


def plain_only(sites: Sequence[Site], asked: Sequence[BoundClause], discipline: str) -> bool:
    """Whether only the plain engine can play a run: it asks at starts, or promises nodes."""
    promises = discipline == CONSERVATIVE and any(site.gpus_per_node for site in sites)
    return bool(asked) or promises


def engine_for(jobs: Jobs, discipline: str, hooks: Hooks, name: str) -> "Reference | Compiled":
    """The engine of a name, with whom it asks and tells.

    The compiled one asks nobody at starts: it is for worlds whose contracts do not depend on
    use so far (BR2).
    """
    assert name in ENGINES, name
    if name == REFERENCE:
        return Reference(
            jobs,
            discipline=discipline,
            admit=hooks.admit,
            started=hooks.started,
            freed=hooks.freed,
        )
    from offtake.sim.kernel import Engine

    return Engine(jobs, discipline=discipline, freed=hooks.freed)


def choice(jobs: int, *, plain: bool) -> str:
    """The engine for a run of so many jobs, unless only the plain one can play it."""
    return COMPILED if jobs >= LARGE_JOBS and not plain else REFERENCE
