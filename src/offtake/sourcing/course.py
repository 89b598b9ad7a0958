"""What each event changes about lots and orders: the folding half of sourcing."""

from collections.abc import Iterator, Mapping

from offtake.core.evolve import evolve as evolve_facts
from offtake.core.names import UNSTATED
from offtake.core.vocabulary import NONE, Event, EventKind
from offtake.sourcing.requirement import Lot, Need, Offer, Order, Rules, State, Status
from offtake.units.time import NEVER


def evolve(rules: Rules, state: State, event: Event, need: Need | None = None) -> State:
    """The state after one event. ``need`` comes with a submission or a change only."""
    facts = evolve_facts(rules.clauses, state.facts, event)
    lots, orders = state.lots, state.orders
    if event.kind == EventKind.REQUIREMENT_SUBMITTED:
        assert need is not None
        lot = Lot(event.lot, need, Status.SUBMITTED, need.gpus)
        return State(lots.entered(event.lot, lot), orders, facts)
    if event.kind == EventKind.REQUIREMENT_CHANGED:
        assert need is not None
        changed = _lot_changed(lots[event.lot], need)
        return State(lots.entered(event.lot, changed), orders, facts)
    if event.order != NONE:
        orders = orders.entered(event.order, _order_after(orders, event))
    if (event.lot in lots and event.order == NONE) or event.kind == EventKind.ORDERED:
        lots = lots.entered(event.lot, _lot_after(lots[event.lot], event))
    return State(lots, orders, facts)


def _lot_after(lot: Lot, event: Event) -> Lot:
    match event.kind:
        case EventKind.NOTICE_GIVEN:
            return lot._replace(
                status=Status.NOTICED,
                clause=event.clause,
                notice=event,
                due_at_s=event.due_at_s,
                shown=None if event.party == UNSTATED else offer_of(event),
                asked=(*lot.asked, event.clause),
            )
        case EventKind.ACCEPTED:
            return lot._replace(
                status=Status.ACCEPTED,
                accepted_gpus=event.gpus,
                holder=event.party,
                declined=(*lot.declined, lot.clause),
                due_at_s=NEVER,
                order_due_at_s=event.order_due_at_s,
            )
        case EventKind.REFUSED | EventKind.LAPSED:
            return lot._replace(
                status=Status.CLOSED if lot.offers else Status.SUBMITTED,
                declined=(*lot.declined, lot.clause),
                clause=NONE,
                accepted_gpus=0,
                due_at_s=NEVER,
                order_due_at_s=NEVER,
                shown=None,
            )
        case EventKind.TENDER_OPENED:
            return lot._replace(status=Status.TENDERED, closes_at_s=event.due_at_s, offers=())
        case EventKind.OFFER_MADE:
            others = tuple(offer for offer in lot.offers if offer.supplier != event.party)
            return lot._replace(offers=(*others, offer_of(event)))
        case EventKind.TENDER_CLOSED:
            return lot._replace(status=Status.CLOSED)
        case EventKind.AWARDED:
            return lot._replace(status=Status.AWARDED, awards=(*lot.awards, offer_of(event)))
        case EventKind.AWARD_CANCELED:
            return lot._replace(status=Status.CLOSED, awards=())
        case EventKind.ORDERED:
            return _lot_ordered(lot, event)
        case EventKind.UNSERVED:
            return lot._replace(status=Status.UNSERVED)
        case EventKind.REQUIREMENT_WITHDRAWN:
            return lot._replace(status=Status.WITHDRAWN)
    return lot


def _lot_changed(lot: Lot, need: Need) -> Lot:
    """A lot that begins anew with another need; what has been ordered of it stays ordered."""
    ordered = lot.need.gpus - lot.open_gpus
    return Lot(lot.number, need, Status.SUBMITTED, need.gpus - ordered, declined=lot.declined)


def _lot_ordered(lot: Lot, event: Event) -> Lot:
    """An order takes from what is open; with the holder's the rest starts anew (FR6)."""
    left = lot.open_gpus - event.gpus
    assert 0 <= left < lot.open_gpus, (lot, event)  # S7: no GPU is sold twice.
    awards = tuple(offer for offer in lot.awards if offer.supplier != event.party)
    lot = lot._replace(offers=tuple(_less(lot.offers, event)), asked=(), awards=awards)
    if left == 0:
        return lot._replace(open_gpus=0, status=Status.ORDERED)
    if lot.status == Status.AWARDED:
        return lot._replace(open_gpus=left, status=Status.AWARDED if awards else Status.CLOSED)
    if lot.status == Status.ACCEPTED:
        status = Status.CLOSED if lot.offers else Status.SUBMITTED
        return lot._replace(
            open_gpus=left,
            status=status,
            accepted_gpus=0,
            clause=NONE,
            order_due_at_s=NEVER,
            shown=None,
        )
    return lot._replace(open_gpus=left)


def _less(offers: tuple[Offer, ...], event: Event) -> Iterator[Offer]:
    """The offers with what was ordered taken off (S7)."""
    for offer in offers:
        gpus = offer.gpus - (event.gpus if offer.supplier == event.party else 0)
        if gpus > 0:
            yield offer._replace(gpus=gpus)


def offer_of(event: Event) -> Offer:
    """The offer in an OFFER_MADE or ORDERED event."""
    return Offer(
        supplier=event.party,
        gpus=event.gpus,
        price_micros_per_gpu_h=event.price_micros_per_gpu_h,
        start_s=event.start_s,
        end_s=event.end_s,
        accelerator=event.accelerator,
        region=event.region,
        prepaid_ppm=event.prepaid_ppm,
        tranches=event.tranches,
        spacing_s=event.spacing_s,
        lead_s=event.lead_s,
    )


def _order_after(orders: Mapping[int, Order], event: Event) -> Order:
    if event.kind == EventKind.ORDERED:
        return Order(event.order, event.lot, offer_of(event), event.gpus, event.purpose)
    order = orders[event.order]
    if event.kind == EventKind.DELIVERED:
        return order._replace(delivered=(*order.delivered, event.tranche))
    if event.kind == EventKind.TRANCHE_LATE:
        return order._replace(late=(*order.late, event.tranche))
    if event.kind == EventKind.TRANCHE_ENDED:
        return order._replace(ended=(*order.ended, event.tranche))
    return order


def offer_event(kind: EventKind, now_s: int, lot: Lot, offer: Offer) -> Event:
    """An offer, or the order that follows from it, as an event."""
    return Event(
        kind,
        now_s,
        lot=lot.number,
        party=offer.supplier,
        purpose=lot.need.purpose,
        accelerator=offer.accelerator,
        region=offer.region,
        gpus=offer.gpus,
        start_s=offer.start_s,
        end_s=offer.end_s,
        price_micros_per_gpu_h=offer.price_micros_per_gpu_h,
        prepaid_ppm=offer.prepaid_ppm,
        tranches=offer.tranches,
        spacing_s=offer.spacing_s,
        lead_s=offer.lead_s,
        own=lot.need.own,
    )


def tranche_event(order: Order, tranche: int, kind: EventKind, now_s: int) -> Event:
    """What happened to one tranche of an order; ``start_s`` is when it was due."""
    offer = order.offer
    return Event(
        kind,
        now_s,
        lot=order.lot,
        party=offer.supplier,
        purpose=order.purpose,
        accelerator=offer.accelerator,
        region=offer.region,
        gpus=order.gpus_in(tranche),
        start_s=order.due_at_s(tranche),
        end_s=offer.end_s,
        price_micros_per_gpu_h=offer.price_micros_per_gpu_h,
        order=order.number,
        tranche=tranche,
    )
