"""What commitments would bill anyway: the floors that a new part of an award could fill (S4)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from offtake.core.account import Thing, Use
from offtake.core.names import UNSTATED
from offtake.core.scope import Scope, concerns
from offtake.core.vocabulary import NONE, BoundClause
from offtake.sourcing.requirement import Need, Order
from offtake.supply.pools import Site
from offtake.units.money import Rounding, divide, price_of

Quote = Callable[[Use], int]
"""The price of a use in micros per GPU-hour, or NONE."""
Span = tuple[int, int]


class Held(NamedTuple):
    """Capacity that is held or ordered: GPUs of a supplier for a period, at a rate."""

    supplier: int
    thing: Thing
    gpus: int
    from_s: int
    until_s: int
    rate_micros_per_gpu_h: int

    def within(self, span: Span) -> int:
        """What it costs within a period if it is used in full, in micros."""
        seconds = min(self.until_s, span[1]) - max(self.from_s, span[0])
        gpu_s = self.gpus * max(seconds, 0)
        return price_of(gpu_s, max(self.rate_micros_per_gpu_h, 0), Rounding.HALF_EVEN)


def floor_left(
    clauses: Sequence[BoundClause], held: Iterable[Held], need: Need, *, quote: Quote, now_s: int
) -> dict[int, int]:
    """By supplier, the floors in force that fall due while a need runs and nothing held fills.

    Only floors that what is needed would count against are looked at, those of one scope
    together. A floor is taken to fall due evenly over its period, and what is held to be used
    in full; a floor in GPU-hours counts at the price of what is needed.
    """
    dues: dict[tuple[int, Scope], list[tuple[Span, int]]] = defaultdict(list)
    for clause in clauses:
        if clause.kind.floor is None or not clause.from_s <= now_s < clause.until_s:
            continue
        supplier, floors = clause.kind.floor(clause.terms)
        scope = Scope() if clause.kind.about is None else clause.kind.about(clause.terms)
        use = _use(supplier, need)
        if not concerns(scope, use):
            continue
        for due in floors:
            amount = due.amount_micros
            if amount == NONE:
                amount = price_of(due.gpu_s, max(quote(use), 0), Rounding.HALF_EVEN)
            dues[supplier, scope].append(((due.start_s, due.end_s), amount))
    known, left = list(held) if dues else [], dict[int, int]()
    for (supplier, scope), rows in dues.items():
        own = [item for item in known if item.supplier == supplier and concerns(scope, item.thing)]
        left[supplier] = left.get(supplier, 0) + _left(rows, own, need)
    return left


def _use(supplier: int, need: Need) -> Use:
    accelerator = need.accelerators[0] if need.accelerators else UNSTATED
    region = need.regions[0] if need.regions else UNSTATED
    return Use(supplier, accelerator, region, need.purpose, 0, need.start_s, need.start_s)


def _left(dues: Sequence[tuple[Span, int]], held: Sequence[Held], need: Need) -> int:
    """What is due and not filled, piece by piece between the edges of the floors."""
    inside = {edge for span, _ in dues for edge in span if need.start_s < edge < need.end_s}
    left = 0
    for piece in pairwise(sorted({need.start_s, need.end_s, *inside})):
        due = sum(_part(amount, span, piece) for span, amount in dues)
        left += max(due - sum(item.within(piece) for item in held), 0)
    return left


def _part(amount: int, span: Span, piece: Span) -> int:
    seconds = max(min(span[1], piece[1]) - max(span[0], piece[0]), 0)
    return divide(amount * seconds, max(span[1] - span[0], 1), Rounding.HALF_EVEN)


def capacity_held(
    sites: Iterable[Site], orders: Mapping[int, Order], quote: Quote
) -> Iterator[Held]:
    """The pools and the orders, each with its rate; what a supplier failed to deliver is not.

    Nobody goes through the orders before somebody asks for what is held.
    """
    for site in sites:
        if site.own:
            continue
        ends = [*(step[0] for step in site.steps[1:]), 2**62]
        for (from_s, gpus), until_s in zip(site.steps, ends, strict=True):
            use = Use(site.supplier, site.accelerator, site.region, UNSTATED, 0, from_s, from_s)
            rate = quote(use)
            rate = site.rate_micros_per_gpu_h if rate == NONE else rate
            thing = Thing(UNSTATED, site.accelerator, site.region)
            yield Held(site.supplier, thing, gpus, from_s, until_s, rate)
    for order in orders.values():
        offer = order.offer
        for tranche in range(offer.tranches):
            if tranche not in order.ended:
                yield Held(
                    offer.supplier,
                    order.thing,
                    order.gpus_in(tranche),
                    order.due_at_s(tranche),
                    offer.end_s,
                    offer.price_micros_per_gpu_h,
                )
