"""The pools of a desk: those that the portfolio lists, and one for each signed order."""

from collections.abc import Iterable, Iterator

from offtake.contract.problem import nearest
from offtake.core.names import BUYER, UNSTATED
from offtake.desk import command as say
from offtake.desk.reading import Invalid, Wrong
from offtake.desk.state import State, Version
from offtake.sourcing.command import Use
from offtake.sourcing.level import Piece
from offtake.sourcing.permitting import Place
from offtake.sourcing.requirement import Order
from offtake.units.time import FOREVER_S


def pool_name(order: Order, requirement: str) -> str:
    """The name of the pool that an order makes, as a run names it."""
    return f"order-{order.number}-{requirement}"


def pools(state: State) -> Iterator[Place]:
    """Every pool with the GPUs that are there: in portfolio order, then as orders were signed."""
    yield from places(state.in_force)
    for order in state.sourcing.orders.values():
        yield _ordered(state, order)


def pool(state: State, name: str) -> Place | None:
    """The pool of a name."""
    for place in places(state.in_force):
        if place.pool == name:
            return place
    order = order_of(state, name)
    return None if order is None else _ordered(state, order)


def order_of(state: State, name: str) -> Order | None:
    """The order that made the pool of a name; None where none did."""
    digits = name.removeprefix("order-").partition("-")[0]
    order = state.sourcing.orders.get(int(digits)) if digits.isdecimal() else None
    if order is None or name != pool_name(order, state.sourcing.lots[order.lot].need.requirement):
        return None
    return order


def awarded(state: State, place: Place) -> tuple[tuple[int, int], ...]:
    """What is signed of a pool over time, whether it has come or is still to come."""
    listed = any(site.pool == place.pool for site in state.in_force.sites)
    order = None if listed else order_of(state, place.pool)
    if order is None:
        return place.steps
    coming = (number for number in range(order.offer.tranches) if number not in order.ended)
    return _steps(signed(order, coming), order.offer.end_s)


def places(version: Version) -> Iterator[Place]:
    """The pools that a portfolio lists."""
    for site in version.sites:
        yield Place(site.pool, site.supplier, site.accelerator, site.region, site.own, site.steps)


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


def ran_on(state: State, command: say.Use, told: Use) -> Use:
    """What was run on a pool, with what stands there.

    Raises:
        Invalid: There is no such pool, or it is another supplier's or of another kind.
    """
    if command.pool is None:
        return told
    place = pool(state, command.pool)
    if place is None:
        remedy = nearest(command.pool, [each.pool for each in pools(state)])
        raise Invalid([Wrong("pool", f"`{command.pool}` is no pool", remedy)])
    wrong = [
        Wrong(field, f"is not that of {command.pool}", "Leave it out, or name another pool.")
        for field in ("supplier", "accelerator", "region")
        if getattr(told, field) not in (UNSTATED, getattr(place, field))
    ]
    if wrong:
        raise Invalid(wrong)
    return told._replace(accelerator=place.accelerator, region=place.region)


def signed(order: Order, tranches: Iterable[int]) -> Iterator[Piece]:
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
