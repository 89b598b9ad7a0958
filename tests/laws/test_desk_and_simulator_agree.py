"""Laws 4 and 5: a desk of people and the simulator make the same journal; a retry nothing."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laws.sourced import FROM_S, UNTIL_S, played
from offtake.core.vocabulary import NONE, Event, EventKind
from offtake.desk import command as say
from offtake.desk.entry import Entry
from offtake.sim.market import Market
from offtake.sim.world import World
from offtake.sourcing.command import Answer, Bid, Command, Proceed, Refused, Sign, Submit
from offtake.sourcing.desk import Desk, Given, carry_out
from offtake.sourcing.requirement import Lot, Status
from offtake.supply.behavior import offer, reply, signed
from offtake.units.time import DAY_S
from simulation import law
from simulation.play import journal_of

FOLLOWING = (EventKind.DELIVERED, EventKind.TRANCHE_LATE, EventKind.TRANCHE_ENDED)
"""What follows an order is not sourcing any more."""


class People:
    """A desk whose people look at their one lot every morning, and forget nothing."""

    def __init__(self, world: World, market: Market) -> None:
        self.world, self.market = world, market
        self.desk, self.events, self.count = Desk(), list[Event](), 0
        self.models = {model.supplier: model for model in reversed(world.models)}

    def gives(self, command: Command, at_s: int) -> bool:
        """Give a command; whether anything came of it."""
        self.count += 1
        given = Given(str(self.count), command, at_s)
        try:
            self.desk, recorded = carry_out(self.market.rules, self.world.names, self.desk, given)
        except Refused:
            return False
        self.events += [item.event for item in recorded]
        return bool(recorded)

    def morning(self, at_s: int) -> None:
        """Whatever anybody may do about the lot today."""
        again = True
        while again and self.desk.state.lots:
            again = False
            for command in self.due(self.desk.state.lots[1], at_s):
                if self.gives(command, at_s):
                    again = True
                    break

    def due(self, lot: Lot, at_s: int) -> Iterator[Command]:
        """What there may be to do, the most urgent first."""
        began_s = self.events[-1].at_s
        if lot.status == Status.NOTICED and lot.notice is not None:
            holder = self.holder(lot)
            said = reply(self.models[holder], lot, self.world.names, 0, lot.notice.at_s)
            gpus = said.gpus
            if 0 < gpus < lot.noticed_gpus and not self.partial(lot, gpus):
                gpus = 0
            if gpus != NONE and said.at_s == at_s:
                yield Answer(1, gpus)
        elif lot.status == Status.ACCEPTED and began_s == at_s:
            made = signed(self.models[lot.holder], lot, self.market.quote, at_s)
            if made is not None:
                yield Sign(1, made)
        elif lot.status == Status.TENDERED and lot.closes_at_s == at_s + 7 * DAY_S:
            yield from self.bids(lot, at_s)
        yield Proceed(1, self.market.worth)

    def bids(self, lot: Lot, at_s: int) -> Iterator[Command]:
        for supplier in (1, 2, 3):
            model = self.models[supplier]
            orders = self.desk.state.orders.values()
            sold = sum(order.gpus for order in orders if order.offer.supplier == supplier)
            spare = max(model.spare[0][1] - sold, 0)
            made = offer(model, lot, self.market.quote, limit_gpus=spare, now_s=at_s)
            if made is not None and made.supplier not in [o.supplier for o in lot.offers]:
                yield Bid(1, made)

    def holder(self, lot: Lot) -> int:
        return int(self.version(lot).terms.holder)

    def partial(self, lot: Lot, gpus: int) -> bool:
        terms = self.version(lot).terms
        return bool(terms.partial) and gpus >= terms.minimum_lot_gpus

    def version(self, lot: Lot) -> Any:
        assert lot.notice is not None
        at_s = lot.notice.at_s
        return next(
            clause
            for clause in self.world.clauses
            if clause.clause == lot.clause and clause.from_s <= at_s < clause.until_s
        )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_people_who_look_every_day_make_the_journal_of_the_simulator(data: st.DataObject) -> None:
    world, market = played(data, requirements=1)
    people = People(world, market)
    for at_s in range(FROM_S, UNTIL_S, DAY_S):
        for submitted_s, need in world.needs:
            if submitted_s == at_s:
                people.gives(Submit(1, need), at_s)
        people.morning(at_s)

    simulated = [item.event for item in market.journal if item.event.kind not in FOLLOWING]
    assert people.events == simulated


AWARDING = range(300, 312)
"""Seeds of whole desks; several of their journals have awards."""


@cache
def journal(seed: int) -> list[Entry]:
    """The journal of a seed, played once."""
    return journal_of(seed)


def test_a_desks_journal_played_by_the_simulator_gives_the_same_findings_and_awards() -> None:
    """Of desks that many people use, that die and start again, and whose contracts change."""
    journals = [journal(seed) for seed in AWARDING]
    for entries in journals:
        law.holds(entries)
    happened = Counter(
        line["event"] for entries in journals for row in entries for line in row.events
    )
    assert happened["awarded"] > 5
    assert happened["lapsed"] > 5
    assert sum(isinstance(row.command, say.Adopt) for rows in journals for row in rows) > len(
        journals
    )


@pytest.mark.parametrize(
    ("event", "changed"),
    [
        ("awarded", {"gpus": 3}),
        ("awarded", {"decisions": []}),
        ("ordered", {"decisions": []}),
        ("notice_given", {"due": "2025-12-24"}),
        ("tender_opened", {"decisions": []}),
        ("lapsed", {"why": "nobody knows"}),
    ],
)
def test_a_journal_that_says_something_else_is_not_that_of_the_simulator(
    event: str, changed: dict[str, Any]
) -> None:
    entries = next(
        rows
        for rows in map(journal, AWARDING)
        if any(line["event"] == event for row in rows for line in row.events)
    )
    place = next(
        n for n, row in enumerate(entries) if row.events and row.events[0]["event"] == event
    )
    told = [{**entries[place].events[0], **changed}, *entries[place].events[1:]]
    entries = [*entries]
    entries[place] = replace(entries[place], events=told)
    with pytest.raises((AssertionError, Refused), match=r"entry \d+|needs a reason|terms"):
        law.holds(entries)


def ends_s(world: World, clause: int) -> int:
    """When a right ends, in whatever version."""
    return max(item.until_s for item in world.clauses if item.clause == clause)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_turn_ends_at_the_instant_that_the_clause_says(data: st.DataObject) -> None:
    """By the days as they are written, not by what the process keeps."""
    world, market = played(data)
    events = [item.event for item in market.journal]
    for place, event in enumerate(events):
        if event.kind not in (EventKind.NOTICE_GIVEN, EventKind.ACCEPTED):
            continue
        lot = [e for e in events[: place + 1] if e.lot == event.lot]
        noticed_s = next(e.at_s for e in reversed(lot) if e.kind == EventKind.NOTICE_GIVEN)
        (text,) = [
            clause.text
            for clause in world.clauses
            if clause.clause == event.clause and clause.from_s <= noticed_s < clause.until_s
        ]
        length = text.window if event.kind == EventKind.NOTICE_GIVEN else text.negotiation
        assert length.unit == "d"
        over_s = min(event.at_s + length.number * DAY_S, ends_s(world, event.clause))
        if over_s >= UNTIL_S:
            continue
        after = [e for e in events[place + 1 :] if e.lot == event.lot]
        ended = next(e for e in after if e.kind not in FOLLOWING)
        if ended.kind == EventKind.LAPSED:
            assert ended.at_s == over_s
        else:
            answers = (EventKind.ACCEPTED, EventKind.REFUSED)
            wanted = answers if event.kind == EventKind.NOTICE_GIVEN else (EventKind.ORDERED,)
            assert ended.kind in wanted
            assert ended.at_s < over_s


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_retry_gets_the_first_answer_and_changes_nothing(data: st.DataObject) -> None:
    world, market = played(data)
    desk = Desk()
    for command in market.given:
        desk, first = carry_out(market.rules, world.names, desk, command)
        again, second = carry_out(
            market.rules, world.names, desk, command._replace(at_s=command.at_s + 99)
        )
        assert (again, second) == (desk, first)
    assert desk.state == market.state


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_refused_command_leaves_no_trace_and_its_key_may_be_used(data: st.DataObject) -> None:
    world, market = played(data)
    desk = Desk()
    for command in market.given:
        before = known(desk)
        with pytest.raises(Refused):
            carry_out(market.rules, world.names, desk, command._replace(command=Answer(99, 0)))
        assert known(desk) == before
        desk, _ = carry_out(market.rules, world.names, desk, command)
    assert desk.state == market.state


def known(desk: Desk) -> dict[str, Any]:
    """A copy of all that a desk keeps, by name."""
    facts = desk.state.facts
    kept = {"answers": desk.answers, "lots": desk.state.lots, "orders": desk.state.orders}
    kept |= {"facts": facts.by_clause, "agreed": facts.agreed, "sought": facts.lots}
    kept |= {"latest": facts.latest}
    return {name: dict(value) for name, value in kept.items()}
