"""What an entry means to each party, and to the buyer's own people: told by what has changed.

A party is told of its own matters alone, with the fields that it may see of them (``visible``), so
that a message says nothing that the party could not ask for. Nothing tells of sealed offers. Pure.
"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from offtake.core.names import BUYER
from offtake.desk.access.role import Role
from offtake.desk.access.visible import About, visible
from offtake.desk.access.who import Who
from offtake.desk.entry import Written
from offtake.desk.message import DECLINED, NOTICE_DROPPED, TENDER_DROPPED
from offtake.desk.state import State
from offtake.desk.view import requirement as view
from offtake.sourcing.requirement import Lot, Order

Data = dict[str, Any]
OWN_PEOPLE = ""
"""Stands for the buyer's own people where a party is named."""
ANSWERED = {
    "accepted": "notice.accepted",
    "refused": "notice.refused",
    "lapsed": "notice.lapsed",
    "fallen": "notice.lapsed",
    "dropped": NOTICE_DROPPED,
}
"""The topic of what became of a notice; that it was ordered, the order tells."""
RECORDED = {"delivered": "tranche.delivered", "late": "tranche.late", "ended": "tranche.ended"}


class Tiding(NamedTuple):
    """Something that happened, for one party: its topic, what it is about, and what may be said.

    ``row`` holds what the party sees of it. ``number`` counts the notices of its requirement, where
    it is about one (else 0).
    """

    topic: str
    at_s: int
    party: str
    resource: str
    row: Data
    requirement: str
    number: int = 0


class Stand(NamedTuple):
    """A lot as it stood when something happened to it."""

    state: State
    lot: Lot
    at_s: int

    def tiding(self, topic: str, party: str, what: tuple[str, Data], number: int = 0) -> Tiding:
        """What happened to something of this lot, as a party sees it."""
        resource, data = what
        row = seen_by(party, resource, data)
        return Tiding(topic, self.at_s, party, resource, row, self.lot.need.requirement, number)


def seen_by(party: str, resource: str, data: Data) -> Data:
    """What the people of a party, or the buyer's own, see of something that concerns the party."""
    roles = frozenset({Role.SUPPLIER} if party else {Role.BUYER, Role.APPROVER})
    about = About(frozenset({party} - {OWN_PEOPLE}), opened=data.get("outcome") is not None)
    seen = visible(Who("", "", roles, party), resource, data, about)
    return {} if seen is None else seen


def tidings(written: Written) -> Iterator[Tiding]:
    """What an entry means to whom, in the order of parties that the desk knows."""
    entry, before, after = written
    names = {entry.requirement} | {str(line.get("requirement", "")) for line in entry.events}
    for name in sorted(names - {""}):
        now = after.lot(name)
        if now is None:
            continue
        stand, then = Stand(after, now, entry.at_s), before.lot(name)
        yield from _notices(stand, before)
        yield from _tenders(stand, before)
        yield from _offers(stand, None if then is None else Stand(before, then, entry.at_s))
        yield from _awards(stand, before)
    for number in sorted({int(line["order"]) for line in entry.events if "order" in line}):
        yield from _order(written, number)


def _notices(stand: Stand, before: State) -> Iterator[Tiding]:
    """Notices that were given, and what became of those that were."""
    state, lot = stand.state, stand.lot
    known = before.standing.get(lot.number)
    earlier = () if known is None else known.rounds
    both = zip_longest(earlier, state.standing[lot.number].rounds)
    for number, (then, now) in enumerate(both, start=1):
        assert now is not None, "a notice is never taken out of the books"
        if then is None:
            holder = view.holder(state, now)
            data = view.notice(state, lot, number)
            yield stand.tiding("notice.given", holder, ("notice", data), number)
        if now.outcome in ANSWERED and (then is None or then.outcome != now.outcome):
            data = view.notice(state, lot, number)
            for party in (view.holder(state, now), OWN_PEOPLE):
                yield stand.tiding(ANSWERED[now.outcome], party, ("notice", data), number)


def _tenders(stand: Stand, before: State) -> Iterator[Tiding]:
    """Tenders that were opened or closed, for those who are invited; what closed, for all."""
    state, lot = stand.state, stand.lot
    known = before.standing.get(lot.number)
    earlier = () if known is None else known.tenders
    both = zip_longest(earlier, state.standing[lot.number].tenders)
    for number, (then, now) in enumerate(both, start=1):
        assert now is not None, "a tender is never taken out of the books"
        data = view.tender(state, lot, number)
        if then is None:
            for party in data["invited"]:
                yield stand.tiding("tender.opened", party, ("tender", data))
        if (then is None or then.is_open) and not now.is_open:
            topic = "tender.closed" if now.is_opened else TENDER_DROPPED
            for party in (*data["invited"], *([OWN_PEOPLE] if now.is_opened else [])):
                yield stand.tiding(topic, party, ("tender", data))


def _offers(stand: Stand, then: Stand | None) -> Iterator[Tiding]:
    """Offers that are passed over since, for those who made them."""
    before = {} if then is None else _bids(then)
    for offer, data in _bids(stand).items():
        was = before.get(offer, {}).get("outcome")
        if data["outcome"] == "passed over" != was:
            yield stand.tiding(DECLINED, data["supplier"], ("offer", data))


def _bids(stand: Stand) -> dict[str, Data]:
    """The opened offers of a lot, by id; of many tenders the last, for the others are settled."""
    tenders = stand.state.standing[stand.lot.number].tenders
    if not tenders or not tenders[-1].is_opened:
        return {}
    rows = (view.offer(stand.state, stand.lot, len(tenders), bid) for bid in tenders[-1].bids)
    return {row["offer"]: row for row in rows}


def _awards(stand: Stand, before: State) -> Iterator[Tiding]:
    """Awards that were made or taken back, for those who were chosen."""
    state, lot = stand.state, stand.lot
    known = before.standing.get(lot.number)
    was = [] if known is None else view.awards(before, lot, known)
    now = view.awards(state, lot, state.standing[lot.number])
    for topic, these, those in (("award.made", now, was), ("award.canceled", was, now)):
        for data in these:
            if data not in those:
                yield stand.tiding(topic, data["supplier"], ("award", data))


def _order(written: Written, number: int) -> Iterator[Tiding]:
    """That an order was signed, and what became of its tranches, for whoever supplies it."""
    after = written.after
    order, then = after.sourcing.orders[number], written.before.sourcing.orders.get(number)
    if order.offer.supplier == BUYER:
        return
    stand = Stand(after, after.sourcing.lots[order.lot], written.entry.at_s)
    if then is None:
        data = view.order(after, order)
        yield stand.tiding("order.signed", data["supplier"], ("order", data))
    for word, topic in RECORDED.items():
        for data in _tranches(after, order, then, word):
            yield stand.tiding(topic, data["supplier"], ("tranche", data))


def _tranches(state: State, order: Order, then: Order | None, word: str) -> Iterator[Data]:
    known = () if then is None else getattr(then, word)
    rows = view.tranches(state, order)
    return (rows[tranche] for tranche in getattr(order, word) if tranche not in known)
