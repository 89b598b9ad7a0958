"""A clock that jumps, forward and back, while the desk serves: instants never go back.

What ran out is recorded at its own instant, once, however often the clock passes it.
"""

from collections import Counter
from random import Random

import pytest
from sqlalchemy import Engine

from desk.stories import ALPHA, BETA, BUYER, GAMMA, Story, submit
from desk.test_journal import rows_of
from offtake.desk import command as say
from offtake.desk.entry import Entry, read
from offtake.desk.replay import differences
from offtake.desk.state import By
from offtake.desk.writer import Asked
from offtake.units.time import DAY_S, instant_text, parse_instant

NAMES = tuple(f"r{number}" for number in range(30))
START, END = "2027-01-01", "2028-01-01"
JUMPS = 150


def entries_of(engine: Engine) -> list[Entry]:
    return [read(row.body) for row in rows_of(engine)]


def words(chance: Random, turn: int) -> tuple[say.AnyCommand, By]:
    """Something that somebody may say, whether it fits or not."""
    name = chance.choice(NAMES[: 3 + turn // 5])
    return chance.choice(
        (
            (submit(requirement=name, start=START, end=END), BUYER),
            (say.Notice(requirement=name), BUYER),
            (say.Notice(requirement=name), BUYER),
            (say.Answer(requirement=name, gpus=chance.choice((0, 24)), signed="A"), ALPHA),
            (say.Tender(requirement=name, open_for="5d"), BUYER),
            (say.Bid(requirement=name, gpus=64, price="$2.50"), BETA),
            (say.Bid(requirement=name, gpus=40, price="$2.40"), GAMMA),
            (say.Award(requirement=name, takes={"gamma": 40}, why="so"), BUYER),
            (say.Sign(requirement=name, supplier="gamma"), BUYER),
        )
    )


@pytest.mark.parametrize("seed", range(4))
def test_however_the_clock_jumps_instants_go_on_and_what_runs_out_does_so_once(
    engine: Engine, seed: int
) -> None:
    chance, story = Random(seed), Story(engine)
    now_s = story.clock.at_s
    for turn in range(JUMPS):
        now_s += chance.randrange(3 * DAY_S)
        wrong_d = chance.choice((-40, -1, 0, 0, 0, 0, 0, 5))
        story.clock.at_s = now_s + wrong_d * DAY_S
        asked = [Asked(*words(chance, turn)) for _ in range(chance.randrange(8))]
        story.writer.write(asked)
    entries = entries_of(engine)
    instants = [entry.at_s for entry in entries]
    assert instants == sorted(instants)
    assert all(entry.at_s <= parse_instant(entry.recorded) for entry in entries)
    ran_out = Counter(
        (entry.at, entry.requirement, entry.command.order, entry.command.tranche)
        for entry in entries
        if isinstance(entry.command, say.Due)
    )
    assert max(ran_out.values()) == 1
    assert len(ran_out) > 10
    assert list(differences(lambda: iter(entries))) == []
    assert Story(engine).writer.state == story.writer.state


def test_a_clock_that_is_a_year_ahead_and_put_right_lets_a_notice_lapse_once_when_it_was_due(
    engine: Engine,
) -> None:
    story = Story(engine)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    due = "2025-03-31"
    story.clock.set("2026-03-01")
    assert story.writer.is_due()
    story.writer.write([])
    story.clock.set("2025-03-02")
    assert not story.writer.is_due()
    story.writer.write([])
    receipt = story.ask(say.Tender(requirement="r", open_for="2d"))
    assert receipt.at == due  # Time waits for the clock: nothing is dated before what has happened.
    lapses = [entry for entry in entries_of(engine) if isinstance(entry.command, say.Due)]
    assert [(entry.at, entry.recorded) for entry in lapses] == [(due, "2026-03-01")]
    story.clock.set("2025-04-01")
    story.does(say.Bid(requirement="r", gpus=64, price="$2"), BETA)
    story.clock.set("2025-04-02")
    story.writer.write([])
    assert [entry.at for entry in entries_of(engine)][-1] == instant_text(
        parse_instant(due) + 2 * DAY_S
    )


def test_a_clock_that_is_put_back_lets_nothing_run_out_a_second_time(engine: Engine) -> None:
    story = Story(engine)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    story.clock.set("2025-04-01")
    story.writer.write([])
    seq = story.writer.state.seq
    for day in ("2025-03-30", "2025-03-31", "2025-04-02", "2025-03-01", "2025-05-01"):
        story.clock.set(day)
        story.writer.write([])
    assert story.writer.state.seq == seq
    again = Story(engine)
    again.clock.set("2025-03-30")
    again.writer.write([])
    assert again.writer.state.seq == seq
