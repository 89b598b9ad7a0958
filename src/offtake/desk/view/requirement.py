"""A requirement and what belongs to it: notices, tenders, offers, awards, orders, deadlines."""

from collections.abc import Iterable, Iterator
from typing import Any

from offtake.core.names import BUYER, UNSTATED, name_of
from offtake.core.vocabulary import NONE
from offtake.desk.deadline import Deadline, of_lot, of_order
from offtake.desk.state import Round, Standing, State, Tender
from offtake.desk.view.words import days, instant, name, names_at, price, share
from offtake.sourcing.requirement import Lot, Offer, Order, Status
from offtake.units.time import NEVER

Data = dict[str, Any]


def requirement(state: State, lot: Lot) -> Data:
    """A requirement with its rounds, tenders, awards and orders."""
    need, names, standing = lot.need, names_at(state), state.standing[lot.number]
    return {
        "requirement": need.requirement,
        "title": standing.title or need.requirement,
        "status": status(state, lot),
        "purpose": names.purposes[need.purpose],
        "gpus": need.gpus,
        "open_gpus": lot.open_gpus,
        "start": instant(need.start_s),
        "end": instant(need.end_s),
        "latest_start": instant(need.latest_start_s),
        "accelerators": [names.accelerators[index] for index in need.accelerators],
        "regions": [names.regions[index] for index in need.regions],
        "smallest_lot": need.smallest_lot_gpus,
        "price_limit": price(state, need.price_limit_micros_per_gpu_h),
        "own": bool(need.own),
        "by": standing.by.name,
        "at": instant(standing.at_s),
        "version": standing.version,
        "why": standing.why or None,
        "rounds": [notice(state, lot, number) for number in range(1, len(standing.rounds) + 1)],
        "tenders": [tender(state, lot, number) for number in range(1, len(standing.tenders) + 1)],
        "awards": awards(state, lot, standing),
        "orders": [order(state, row) for row in orders_of(state, lot)],
        "deadlines": [deadline(state, row) for row in deadlines_of(state, lot)],
    }


def status(state: State, lot: Lot) -> str:
    """Where a requirement stands: as its lot, then as its orders."""
    if lot.status != Status.ORDERED:
        return lot.status.name.lower()
    rows = (tranches(state, row) for row in orders_of(state, lot))
    stands = {tranche["status"] for row in rows for tranche in row}
    for worst in ("late", "due"):
        if worst in stands:
            return "late" if worst == "late" else "ordered"
    return "delivered" if "delivered" in stands else "ended"


def orders_of(state: State, lot: Lot) -> Iterator[Order]:
    """The orders of a lot."""
    for number in state.standing[lot.number].orders:
        yield state.sourcing.orders[number]


def notice(state: State, lot: Lot, number: int) -> Data:
    """The ``number``-th notice of a requirement, and what became of it."""
    names, row = names_at(state), state.standing[lot.number].rounds[number - 1]
    event, clause_id = row.notice, names.clauses[row.notice.clause]
    return {
        "notice": f"{lot.need.requirement}.{number}",
        "requirement": lot.need.requirement,
        "holder": holder(state, row),
        "agreement": clause_id.partition("/")[0],
        "clause": clause_id,
        "purpose": names.purposes[event.purpose],
        "accelerator": name(names.accelerators, event.accelerator),
        "region": name(names.regions, event.region),
        "gpus": event.gpus,
        "of": event.of_gpus or None,
        "start": instant(event.start_s),
        "end": instant(event.end_s),
        "price": price(state, event.price_micros_per_gpu_h),
        "prepaid": share(event.prepaid_ppm),
        "offeror": name(names.parties, event.party),
        "given_at": instant(event.at_s),
        "due": instant(event.due_at_s),
        "free_until": instant(event.free_until_at_s),
        "start_until": instant(event.start_until_at_s),
        "outcome": row.outcome,
        "answered_at": instant(row.answered_at_s if row.answered_at_s != NONE else NEVER),
        "accepted_gpus": row.gpus if row.answered_at_s != NONE else None,
        "order_due": instant(lot.order_due_at_s) if row.outcome == "accepted" else None,
        "signed": row.signed or None,
    }


def holder(state: State, row: Round) -> str:
    """Whose right a notice is about."""
    parties = names_at(state).parties
    for version in state.in_force.clauses:
        if version.clause == row.notice.clause:
            return name_of(parties, version.terms.holder)
    return ""


def tender(state: State, lot: Lot, number: int) -> Data:
    """The ``number``-th tender of a requirement, with its offers."""
    names, need, row = names_at(state), lot.need, state.standing[lot.number].tenders[number - 1]
    made = f"{need.requirement}.{number}"
    return {
        "tender": made,
        "requirement": need.requirement,
        "purpose": names.purposes[need.purpose],
        "accelerators": [names.accelerators[index] for index in need.accelerators],
        "regions": [names.regions[index] for index in need.regions],
        "gpus": row.gpus,
        "start": instant(need.start_s),
        "end": instant(need.end_s),
        "smallest_lot": need.smallest_lot_gpus,
        "opened_at": instant(row.opened_at_s),
        "closes_at": instant(row.closes_at_s),
        "status": "open" if row.is_open else "closed",
        "opened": row.is_opened,
        "invited": [names.parties[party] for party in row.invited],
        "bids": [offer(state, lot, number, bid) for bid in row.bids],
    }


def offer(state: State, lot: Lot, number: int, made: tuple[int, Offer]) -> Data:
    """An offer in the ``number``-th tender: its terms, and what became of it."""
    of, (at_s, bid) = state.standing[lot.number].tenders[number - 1], made
    tender_id = f"{lot.need.requirement}.{number}"
    supplier = names_at(state).parties[bid.supplier]
    taken = _taken(state, lot, of, bid)
    outcome = None if not of.is_opened else "taken" if taken else "open"
    if outcome == "open" and lot.status != Status.CLOSED:
        outcome = "passed over"
    return {
        "offer": f"{tender_id}.{supplier}",
        "tender": tender_id,
        "requirement": lot.need.requirement,
        **terms(state, bid),
        "made_at": instant(at_s),
        "outcome": outcome,
        "taken_gpus": taken or None,
    }


def _taken(state: State, lot: Lot, of: Tender, bid: Offer) -> int:
    """GPUs that were awarded of an offer."""
    choices = state.standing[lot.number].choices
    own = (row for row in choices if row.at_s >= of.closes_at_s)
    return sum(row.offer.gpus for row in own if row.offer.supplier == bid.supplier)


def terms(state: State, made: Offer) -> Data:
    """What a supplier offers, as it is said."""
    names = names_at(state)
    return {
        "supplier": names.parties[made.supplier],
        "gpus": made.gpus,
        "price": price(state, made.price_micros_per_gpu_h),
        "start": instant(made.start_s),
        "end": instant(made.end_s),
        "accelerator": name(names.accelerators, made.accelerator),
        "region": name(names.regions, made.region),
        "prepaid": share(made.prepaid_ppm),
        "tranches": made.tranches,
        "spacing": days(made.spacing_s),
        "lead": days(made.lead_s),
    }


def awards(state: State, lot: Lot, standing: Standing) -> list[Data]:
    """Who was chosen, by whom and why."""
    hidden = ("tranches", "spacing", "lead")
    return [
        {
            "requirement": lot.need.requirement,
            **{key: value for key, value in terms(state, row.offer).items() if key not in hidden},
            "at": instant(row.at_s),
            "by": row.by.name,
            "why": row.why,
        }
        for row in standing.choices
    ]


def order(state: State, row: Order) -> Data:
    """A signed order with its tranches; ``name`` says nothing of other orders."""
    names, lot = names_at(state), state.sourcing.lots[row.lot]
    supplier = "own" if row.offer.supplier == BUYER else names.parties[row.offer.supplier]
    own = [each for each in orders_of(state, lot) if each.offer.supplier == row.offer.supplier]
    number = 1 + [each.number for each in own].index(row.number)
    stands = {tranche["status"] for tranche in tranches(state, row)}
    status_ = "late" if "late" in stands else "delivered" if stands == {"delivered"} else "signed"
    return {
        "order": row.number,
        "name": f"{lot.need.requirement}.{supplier}.{number}",
        "requirement": lot.need.requirement,
        "supplier": names.parties[row.offer.supplier],
        "purpose": names.purposes[row.purpose],
        "accelerator": name(names.accelerators, row.offer.accelerator),
        "region": name(names.regions, row.offer.region),
        "gpus": row.gpus,
        "start": instant(row.offer.start_s),
        "end": instant(row.offer.end_s),
        "price": price(state, row.offer.price_micros_per_gpu_h),
        "prepaid": share(row.offer.prepaid_ppm),
        "status": "ended" if stands == {"ended"} else status_,
        "tranches": tranches(state, row),
    }


def tranches(state: State, row: Order) -> list[Data]:
    """The tranches of an order, each with its due date and what became of it."""
    names, requirement_ = names_at(state), state.sourcing.lots[row.lot].need.requirement
    found = []
    for tranche in range(row.offer.tranches):
        stands = "due"
        for word, done in (("late", row.late), ("delivered", row.delivered), ("ended", row.ended)):
            stands = word if tranche in done else stands
        found.append(
            {
                "order": row.number,
                "name": f"{requirement_}.{tranche + 1}",
                "tranche": tranche,
                "requirement": requirement_,
                "supplier": names.parties[row.offer.supplier],
                "gpus": row.gpus_in(tranche),
                "due": instant(row.due_at_s(tranche)),
                "status": stands,
            }
        )
    return found


def deadlines_of(state: State, lot: Lot) -> Iterator[Deadline]:
    """What runs out for a requirement: an answer, an order, a tender, deliveries."""
    found = of_lot(state, lot)
    if found is not None:
        yield found
    for row in orders_of(state, lot):
        yield from (item for item in of_order(state, row) if item.kind == "delivery")


def deadline(state: State, row: Deadline) -> Data:
    """A deadline: when, of what, and who must act."""
    lot = state.sourcing.lots[row.lot]
    party: str | None = None
    if row.kind in ("answer", "order"):
        party = holder(state, state.standing[lot.number].rounds[-1])
    elif row.order != NONE:
        supplier = state.sourcing.orders[row.order].offer.supplier
        party = name(names_at(state).parties, supplier)
    return {
        "at": instant(row.at_s),
        "kind": row.kind,
        "requirement": lot.need.requirement,
        "order": row.order if row.order != NONE else None,
        "tranche": row.tranche if row.order != NONE else None,
        "party": party,
    }


def parties_of(state: State, lot: Lot) -> frozenset[str]:
    """The suppliers whom something about a requirement concerns."""
    names, standing = names_at(state), state.standing[lot.number]
    invited: Iterable[int] = (party for row in standing.tenders for party in row.invited)
    sold = (row.offer.supplier for row in orders_of(state, lot))
    found = {name_of(names.parties, party) for party in (*invited, *sold) if party != UNSTATED}
    return frozenset(found | {holder(state, row) for row in standing.rounds})
