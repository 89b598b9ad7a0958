"""The pools of a desk: those that the portfolio lists, and one for each signed order."""

from collections.abc import Iterator

from offtake.contract.portfolio import Portfolio
from offtake.core.names import BUYER
from offtake.desk.state import State
from offtake.sourcing.level import Piece
from offtake.sourcing.permitting import Place
from offtake.sourcing.requirement import Order
from offtake.supply.pools import Site, site_of
from offtake.units.time import FOREVER_S


def pool_name(order: Order, requirement: str) -> str:
    """The name of the pool that an order makes, as a run names it."""
    return f"order-{order.number}-{requirement}"


def pools(state: State) -> Iterator[Place]:
    """Every pool with the GPUs that are there: in portfolio order, then as orders were signed."""
    portfolio = state.in_force.portfolio
    for pool in portfolio.document.pools:
        yield _listed(site_of(pool, portfolio.names))
    for order in state.sourcing.orders.values():
        yield _ordered(state, order)


def pool(state: State, name: str) -> Place | None:
    """The pool of a name."""
    found = listed(state.in_force.portfolio, name)
    if found is not None:
        return found
    number = name.removeprefix("order-").partition("-")[0]
    order = state.sourcing.orders.get(int(number)) if number.isdecimal() else None
    if order is None or len(number) > 9:
        return None
    place = _ordered(state, order)
    return place if place.pool == name else None


def listed(portfolio: Portfolio, name: str) -> Place | None:
    """The pool of a name that a portfolio lists."""
    for row in portfolio.document.pools:
        if row.id == name:
            return _listed(site_of(row, portfolio.names))
    return None


def _listed(site: Site) -> Place:
    return Place(site.pool, site.supplier, site.accelerator, site.region, site.own, site.steps)


def _ordered(state: State, order: Order) -> Place:
    """What of an order has come, from when it was due to its end."""
    requirement = state.sourcing.lots[order.lot].need.requirement
    return Place(
        pool_name(order, requirement),
        order.offer.supplier,
        order.offer.accelerator,
        order.offer.region,
        int(order.offer.supplier == BUYER),
        _steps(signed(order, order.delivered), order.offer.end_s),
    )


def signed(order: Order, tranches: tuple[int, ...]) -> Iterator[Piece]:
    """What some tranches of an order bring, each from when it is due to the end of the order."""
    for tranche in tranches:
        due_s = order.due_at_s(tranche)
        if due_s < order.offer.end_s:
            yield Piece(order.gpus_in(tranche), due_s, order.offer.end_s)


def _steps(pieces: Iterator[Piece], end_s: int) -> tuple[tuple[int, int], ...]:
    level, steps = 0, []
    for piece in sorted(pieces, key=lambda row: row.start_s):
        level += piece.gpus
        steps.append((piece.start_s, level))
    return (*steps, (min(end_s, FOREVER_S), 0))
