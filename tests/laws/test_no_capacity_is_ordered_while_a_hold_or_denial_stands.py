"""Law 2, law 6 and S7 over whole courses of sourcing, with modelled suppliers."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from laws.sourced import played
from offtake.clauses.first_refusal import CLAUSE
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS, evolve
from offtake.core.vocabulary import BoundClause, Event, EventKind, Verdict
from offtake.sourcing import process
from offtake.sourcing.command import Sign
from offtake.sourcing.course import offer_of
from offtake.sourcing.desk import Desk, carry_out
from offtake.sourcing.requirement import Lot, Offer, ask_of


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_order_was_permitted_and_no_gpu_is_sold_twice(data: st.DataObject) -> None:
    world, market = played(data)
    facts, offered = NO_FACTS, {}
    for recorded in market.journal:
        event = recorded.event
        if event.kind == EventKind.OFFER_MADE:
            offered[event.lot, event.party] = event.gpus
        if event.kind == EventKind.ORDERED:
            lot = market.state.lots[event.lot]
            ask = ask_of(lot, offer_of(event))._replace(gpus=event.gpus)
            assert decide(world.clauses, facts, ask, event.at_s).verdict is Verdict.PERMIT
        if event.kind == EventKind.AWARDED:
            offered[event.lot, event.party] -= event.gpus
            assert offered[event.lot, event.party] >= 0
        facts = evolve(world.clauses, facts, event)
    for lot in market.state.lots.values():
        mine = [o.gpus for o in market.state.orders.values() if o.lot == lot.number]
        assert sum(mine) + lot.open_gpus == lot.need.gpus
    assert facts == market.state.facts


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_what_a_holder_accepts_and_signs_in_time_it_gets(data: st.DataObject) -> None:
    """Unless an exclusivity denies the holder itself, a right begins after its notice (D2), or
    it goes beyond what a holder asked before it let go, in terms or time (FR8).
    """
    world, market = played(data)
    desk = Desk()
    for given_ in market.given:
        desk, recorded = carry_out(market.rules, world.names, desk, given_)
        for item in recorded:
            if item.event.kind == EventKind.ACCEPTED:
                lot = desk.state.lots[item.event.lot]
                others = beside(world.clauses, lot.notice)
                last_s = min(lot.order_due_at_s, lot.notice.start_s) - 1
                for at_s in (item.event.at_s, max(item.event.at_s, last_s)):
                    signed = Sign(lot.number, noticed_terms(lot))
                    ask = ask_of(lot, signed.offer.signed_at(at_s))
                    if decide(others, desk.state.facts, ask, at_s).verdict is Verdict.PERMIT:
                        made = process.decide(market.rules, world.names, desk.state, signed, at_s)
                        assert [one.event.kind for one in made] == [EventKind.ORDERED]
                        assert made[0].event.gpus == item.event.gpus


def beside(clauses: Sequence[BoundClause], notice: Event) -> list[BoundClause]:
    """All clauses but the right that was noticed, and those there were that rank after it."""
    there = {
        clause.clause
        for clause in clauses
        if clause.from_s <= notice.at_s < clause.until_s
        if clause.kind is CLAUSE and clause.terms.rank >= notice.rank
    }
    return [clause for clause in clauses if clause.clause not in there]


def noticed_terms(lot: Lot) -> Offer:
    """What was noticed, offered by the holder that accepted it."""
    notice = lot.notice
    return Offer(
        lot.holder,
        lot.accepted_gpus,
        notice.price_micros_per_gpu_h,
        notice.start_s,
        notice.end_s,
        accelerator=notice.accelerator,
        region=notice.region,
        prepaid_ppm=notice.prepaid_ppm,
    )
