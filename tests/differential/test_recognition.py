"""Which lot an ask means: as found by a look at all lots, the latest noticed first."""

from itertools import product
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from offtake.core.evolve import NO_FACTS, evolve
from offtake.core.names import UNSTATED
from offtake.core.sought import recognized
from offtake.core.vocabulary import NONE, Act, Ask, Event, EventKind, Facts

PURPOSES, PLACES = (0, 1, UNSTATED), (0, 1, UNSTATED)
ASKS = [Ask(Act.SUPPLY, 0, *what) for what in product(PURPOSES, PLACES, PLACES)]
EVENTS = st.lists(
    st.builds(
        Event,
        kind=st.sampled_from([EventKind.NOTICE_GIVEN, EventKind.NOTICE_GIVEN, EventKind.ORDERED]),
        at_s=st.just(0),
        lot=st.integers(NONE, 5),
        purpose=st.sampled_from([0, 0, 1, UNSTATED]),
        accelerator=st.sampled_from(PLACES),
        region=st.sampled_from(PLACES),
        gpus=st.integers(0, 4),
        of_gpus=st.sampled_from([0, 0, 6]),
    ),
    max_size=40,
)


class Sought(NamedTuple):
    """What was noticed of a lot, and ordered of it."""

    purpose: int
    accelerator: int
    region: int
    gpus: int
    ordered_gpus: int


def after(lots: dict[int, Sought], event: Event) -> dict[int, Sought]:
    """The lots that notices told of, latest last."""
    known = lots.get(event.lot)
    if event.kind == EventKind.NOTICE_GIVEN:
        ordered = known.ordered_gpus if known else 0
        gpus = max(known.gpus if known else 0, ordered + max(event.gpus, event.of_gpus))
        rest = {number: lot for number, lot in lots.items() if number != event.lot}
        what = event.purpose, event.accelerator, event.region
        return {**rest, event.lot: Sought(*what, gpus, ordered)}
    if known is None:
        return lots
    return {**lots, event.lot: known._replace(ordered_gpus=known.ordered_gpus + event.gpus)}


def meant(ask: Ask, lots: dict[int, Sought]) -> int:
    """The lot that an ask means, looked for from the last to the first."""
    for number, lot in reversed(lots.items()):
        same = lot.accelerator in (ask.accelerator, UNSTATED)
        same = same and lot.region in (ask.region, UNSTATED)
        if same and ask.purpose == lot.purpose and lot.ordered_gpus < lot.gpus:
            return number
    return NONE


@given(EVENTS)
def test_an_ask_means_the_lot_that_a_look_at_all_finds(events: list[Event]) -> None:
    facts, lots = NO_FACTS, dict[int, Sought]()
    for event in events:
        facts, lots = evolve((), facts, event), after(lots, event)

        assert [recognized(ask, facts).lot for ask in ASKS] == [meant(ask, lots) for ask in ASKS]
        assert {number: lot[:5] for number, lot in facts.lots.items()} == lots


@given(EVENTS)
def test_the_chains_hold_every_lot_that_is_sought_in_the_order_of_its_last_notice(
    events: list[Event],
) -> None:
    facts = NO_FACTS
    for event in events:
        facts = evolve((), facts, event)
    by_turn = sorted(facts.lots.items(), key=lambda row: -row[1].turn)
    wanted: dict[tuple[int, int, int], list[int]] = {}
    for number, lot in by_turn:
        if lot.sought:
            wanted.setdefault(lot.what, []).append(number)

    assert {what: chain(facts, last) for what, last in facts.latest.items()} == wanted
    idle = [lot for lot in facts.lots.values() if not lot.sought]
    assert all(lot.newer is lot.older is None for lot in idle)


def chain(facts: Facts, last: int) -> list[int]:
    """The lots of a chain from its end on, each of which knows the one before."""
    found, number, newer = list[int](), last, None
    while number is not None:
        assert facts.lots[number].newer == newer
        found.append(number)
        number, newer = facts.lots[number].older, number
    return found


@given(EVENTS)
def test_an_ask_that_names_a_lot_or_is_not_of_supply_means_what_it_says(
    events: list[Event],
) -> None:
    facts = NO_FACTS
    for event in events:
        facts = evolve((), facts, event)
    others = [ask._replace(lot=9) for ask in ASKS] + [ask._replace(act=Act.RUN) for ask in ASKS]

    assert [recognized(ask, facts) for ask in others] == others
