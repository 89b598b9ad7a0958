"""Law 2, law 6 and S7 over whole courses of sourcing, with modelled suppliers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from laws.sourced import played
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS, evolve
from offtake.core.vocabulary import EventKind, Verdict
from offtake.sourcing.course import offer_of
from offtake.sourcing.requirement import ask_of


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
