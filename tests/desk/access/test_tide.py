"""What counts, or tells that something changed, tells of nothing that its reader may not see."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from desk.access.people import EVERYBODY, who
from desk.access.worlds import AFTER, BEFORE, BUYER, USED, Step, bid, raised
from desk.stories import Clock
from offtake.desk import command as say
from offtake.desk.access.role import Role
from offtake.desk.access.who import Who
from offtake.desk.pages import live
from offtake.desk.service import Service
from offtake.desk.state import State
from offtake.desk.store.engine import open_engine
from offtake.desk.store.migrate import migrate
from offtake.desk.view.tide import tide
from offtake.desk.writer import Asked, Receipt, Writer

SUPPLIERS = {name: who(Role.SUPPLIER, name) for name in ("alpha", "beta", "gamma", "delta")}
INSIDERS = {role.value: EVERYBODY[role] for role in Role if role is not Role.SUPPLIER}
PEOPLE: dict[str, Who] = {**INSIDERS, **SUPPLIERS}


class Told:
    """A desk that is told a story step by step."""

    def __init__(self, engine: Engine) -> None:
        self.clock = Clock()
        self.engine = engine
        self.writer = Writer(engine, self.clock)
        self.writer.open()

    def does(self, *steps: Step) -> Receipt | None:
        answer: Any = None
        for step in steps:
            self.clock.set(step.at)
            (answer,) = self.writer.write([Asked(step.command, step.by)])
            assert isinstance(answer, Receipt), answer
        return cast("Receipt | None", answer)

    @property
    def state(self) -> State:
        return self.writer.state


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    engine = open_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    migrate(engine)
    yield Told(engine)
    engine.dispose()


def changed_for(told: Told, *steps: Step) -> set[str]:
    """Who sees that something has changed when these steps are taken."""
    before = {name: tide(told.state, person) for name, person in PEOPLE.items()}
    told.does(*steps)
    return {name for name, person in PEOPLE.items() if tide(told.state, person) != before[name]}


def test_a_sealed_offer_changes_pages_for_its_bidder_alone(told: Told) -> None:
    told.does(*BEFORE)

    assert changed_for(told, bid("gamma", "2.83", "2025-03-08")) == {"gamma"}
    assert changed_for(told, bid("gamma", "2.82", "2025-03-09")) == {"gamma"}


def test_what_concerns_a_supplier_changes_its_pages_and_no_other_suppliers(told: Told) -> None:
    told.does(BEFORE[0], raised("texas", "2025-03-01"))

    assert changed_for(told, raised("nordics", "2025-03-01")) == set(INSIDERS)
    noticed = Step("2025-03-02", BUYER, say.Notice(requirement="texas"))
    assert changed_for(told, noticed) == {*INSIDERS, "alpha"}


def test_all_who_offered_see_that_the_tender_is_closed(told: Told) -> None:
    told.does(*BEFORE, bid("gamma", "2.83", "2025-03-08"))
    use = say.Use(supplier="delta", purpose="training", gpus=1, **USED)
    closed = Step("2025-03-21", BUYER, use)

    assert changed_for(told, closed) == {*INSIDERS, "beta", "gamma"}
    assert changed_for(told, AFTER[0]) == {*INSIDERS, "beta", "gamma"}
    assert changed_for(told, AFTER[1]) == {*INSIDERS, "beta"}


def test_a_sealed_offer_counts_neither_in_the_version_nor_in_what_was_told(told: Told) -> None:
    told.does(*BEFORE)
    version, count, seq = told.state.version_of("texas"), told.state.told, told.state.seq
    receipt = told.does(bid("gamma", "2.83", "2025-03-08"))

    assert receipt is not None
    assert (told.state.version_of("texas"), receipt.version) == (version, version)
    assert (told.state.told, told.state.seq) == (count, seq + 1)


def test_whoever_changes_a_requirement_is_not_stopped_by_an_offer_that_came(told: Told) -> None:
    told.does(*BEFORE)
    seen = told.state.version_of("texas")
    told.does(bid("gamma", "2.83", "2025-03-08"))
    words = {"purpose": "training", "gpus": 8, "start": "2025-09-01", "end": "2026-09-01"}
    change = say.Change(requirement="texas", version=seen, **words)

    receipt = told.does(Step("2025-03-09", BUYER, change))
    assert receipt is not None
    assert receipt.version == seen + 1


def test_counts_are_the_same_after_the_journal_is_folded_again(told: Told) -> None:
    told.does(*BEFORE, bid("gamma", "2.83", "2025-03-08"))
    told.does(Step("2025-03-09", BUYER, say.Propose(portfolio=told_text(told))))
    told.does(Step("2025-03-10", BUYER, say.Adopt(portfolio=told_text(told), proposal=1)))
    again = Writer(told.engine, told.clock)
    again.open()

    assert (again.state.seq, again.state.told) == (told.state.seq, told.state.told)
    assert again.state.version_of("texas") == told.state.version_of("texas")
    assert again.state.told == again.state.seq - 2
    assert again.state.proposals[1].adopted == told.state.proposals[1].adopted == told.state.seq


def told_text(told: Told) -> str:
    command = BEFORE[0].command
    assert isinstance(command, say.Adopt)
    return command.portfolio


class Ticking:
    """A service whose state is set from outside."""

    def __init__(self, state: State) -> None:
        self.state, self._changed, self.is_leaving = state, asyncio.Event(), False

    def set(self, state: State) -> None:
        self.state = state
        event, self._changed = self._changed, asyncio.Event()
        event.set()

    async def changed(self, seq: int) -> State:
        while self.state.seq <= seq:
            await self._changed.wait()
        return self.state


async def _heard(states: list[State], person: Who, after: str) -> list[str]:
    """What a page hears while these states come, one after the other."""
    service, heard = Ticking(states[0]), list[str]()

    async def listen() -> None:
        async for message in live._events(cast("Service", service), person, after):
            heard.append("beat" if message.comment else str(message.data))

    listening = asyncio.create_task(listen())
    for state in states[1:]:
        await asyncio.sleep(0.02)
        service.set(state)
    await asyncio.sleep(0.1)
    listening.cancel()
    return heard


@pytest.mark.parametrize("name", ["buyer", "beta", "gamma"])
def test_a_page_hears_of_what_its_reader_sees_and_beats_keep_their_time(
    told: Told, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(live, "PAUSE_S", 0)
    monkeypatch.setattr(live, "BEAT_S", 10)
    told.does(*BEFORE)
    states, person = [told.state], PEOPLE[name]
    after = tide(told.state, person)
    for number in range(4):
        told.does(bid("gamma", f"2.8{number}", "2025-03-08"))
        states.append(told.state)
    heard = asyncio.run(_heard(states, person, after))

    assert heard == (["changed"] * 4 if name == "gamma" else [])


def test_signs_of_life_are_not_put_off_by_what_is_not_to_be_seen(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PAUSE_S", 0)
    monkeypatch.setattr(live, "BEAT_S", 0.05)
    told.does(*BEFORE)
    states = [told.state]
    for number in range(8):  # One each 20 ms: put off by each, no beat would come before the end.
        told.does(bid("gamma", f"2.8{number}", "2025-03-08"))
        states.append(told.state)
    heard = asyncio.run(_heard(states, PEOPLE["beta"], tide(states[0], PEOPLE["beta"])))

    assert set(heard) == {"beat"}
    assert len(heard) >= 3


def test_an_empty_desk_has_no_tide() -> None:
    assert tide(State(), PEOPLE["buyer"]) == ""
