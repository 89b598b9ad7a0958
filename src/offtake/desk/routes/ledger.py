"""The ledger: what of each pool is awarded, there, permitted, drawn, used and left, by window."""

from typing import Annotated, NamedTuple

from litestar import Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from offtake.core.text import Value
from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.desk import Asker, TheDesk, each_seen, need
from offtake.desk.pools import pool as pool_of
from offtake.desk.problem import NotThere
from offtake.desk.reading import Reader
from offtake.desk.routes.cursor import ByCount
from offtake.desk.routes.listing import Answer, TheListing
from offtake.desk.state import State
from offtake.desk.thread import in_thread
from offtake.desk.view.ledger import Window, horizon_s
from offtake.desk.view.ledger import ledger as book
from offtake.units.time import FOREVER_S

Word = Annotated[str | None, QueryParameter(max_length=100)]
From = Annotated[str | None, QueryParameter(name="from", max_length=100)]
LIMIT_PARTS = 100_000


class Asked(NamedTuple):
    """Of which pool and period, in parts of which length, in words."""

    pool: str | None
    since: str | None
    until: str | None
    step: str | None


def asked_of(pool: Word = None, since: From = None, until: Word = None, step: Word = None) -> Asked:
    """What is asked of the ledger."""
    return Asked(pool, since, until, step)


def window_of(state: State, asked: Asked, at_s: int) -> Window:
    """The period that is asked for: from an instant to the last that is known, if it is not said.

    Raises:
        Invalid: Some words are wrong; all of them are listed.
    """
    reader = Reader(state.in_force.portfolio)
    from_s = reader.value("from", asked.since, Value.INSTANT)
    from_s = at_s if from_s is None else from_s
    until_s = reader.value("until", asked.until, Value.INSTANT)
    until_s = max(horizon_s(state, at_s), from_s + 1) if until_s is None else until_s
    step = reader.value("step", asked.step, Value.DURATION)
    step_s = 0 if step is None else step.longest_s
    if not from_s < until_s < FOREVER_S:
        reader.refuse("until", says="is not after the beginning", remedy="Give a later end.")
    if step is not None and not 0 < (until_s - from_s) <= step_s * LIMIT_PARTS:
        reader.refuse("step", says="is too short for this period", remedy="Give a longer one.")
    reader.done()
    return Window(from_s, until_s, at_s, step_s)


@get(
    "/ledger",
    summary="GPUs by pool and window: awarded, there, permitted, drawn, used and left",
    dependencies={"asked": Provide(asked_of, sync_to_thread=False)},
    guards=[needs(Act.PERMIT_READ)],
)
@in_thread
def ledger(desk: TheDesk, who: Asker, asked: NamedDependency[Asked], listing: TheListing) -> Answer:
    """A part lasts as long as nothing changes, or as long as `step` says."""
    need(who, Act.PERMIT_READ)
    state = desk.state
    if asked.pool is not None and pool_of(state, asked.pool) is None:
        raise NotThere("there is no such pool")
    window = window_of(state, asked, max(desk.clock.now_s(), state.at_s))
    told = ((row, About()) for row in book(state, window, asked.pool))
    return listing.of(ByCount(each_seen(who, "ledger", told)))


ROUTER = Router("", route_handlers=[ledger], tags=["permits"])
