"""Law 6 for permits: none is drawn beyond its GPUs, and together they never exceed their pool."""

from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.contract.portfolio import Portfolio
from offtake.sourcing.command import Refused
from offtake.sourcing.permit import Permits, Stamp, evolve
from offtake.sourcing.permitting import GiveBack, Issue, Place, Revoke, State, Take, decide
from offtake.sourcing.requirement import Rules
from offtake.sourcing.requirement import State as Sourcing

PORTFOLIO = Portfolio.loads(
    """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
agreements:
  A:
    from: 1970-01-01
    clauses:
      e: {kind: exclusivity, holder: beta, from: 1970-01-01T00:00:15Z, until: 1970-01-01T00:00:20Z}
"""
)
RULES = Rules(PORTFOLIO.clauses, (1, 2), 0)
END_S = 30
capacities = st.lists(st.integers(0, 9), min_size=1, max_size=4)
soon, long, which = st.integers(0, 2), st.integers(1, 14), st.integers(0, 2)
take = st.tuples(st.just("take"), st.integers(1, 4), soon, long, which)
commands = st.one_of(
    st.tuples(st.just("issue"), st.integers(1, 6), soon, long, st.integers(1, 9)),
    take,
    take,
    take,
    st.tuples(st.just("back"), st.integers(0, 4), soon, long, which),
    st.tuples(st.just("revoke"), st.just(0), soon, long, which),
)
passing = st.sampled_from((0, 0, 0, 1, 2))
steps = st.lists(st.tuples(passing, commands), min_size=12, max_size=40)
"""How many seconds pass, then what is asked."""


def meant(
    row: tuple, place: Place, permits: Permits, now_s: int
) -> Issue | Take | GiveBack | Revoke | None:
    """A command of a row of chance, so that it often fits; None where it is about no permit."""
    word, gpus, soon_s, long_s, which = row
    start_s = now_s + soon_s
    if word == "issue":
        return Issue(place, 0, gpus, start_s, start_s + long_s, start_s + which)
    if not permits.rows:
        return None
    permit = permits.rows[max(len(permits.rows) - which, 1)]
    start_s = max(start_s, permit.start_s)
    key = str(len(permit.draws))
    match word:
        case "take":
            return Take(
                permit.number,
                place,
                "engine",
                key,
                gpus,
                start_s,
                min(start_s + long_s, permit.end_s),
            )
        case "back":
            return GiveBack(
                permit.number, "engine", str(long_s % max(len(permit.draws), 1)), gpus, start_s
            )
        case _:
            return Revoke(permit.number, "why")


@settings(deadline=None, max_examples=300)
@given(capacities, steps)
def test_gpus_drawn_never_exceed_the_permit_nor_permits_the_pool(
    gpus: list[int], rows: list[tuple[int, tuple]]
) -> None:
    place = Place("west", 1, 0, 0, 0, tuple((at_s * 8, each) for at_s, each in enumerate(gpus)))
    permits, now_s = Permits(), 0
    for number, (passes_s, row) in enumerate(rows):
        now_s += passes_s
        command = meant(row, place, permits, now_s)
        if command is None:
            continue
        try:
            told = decide(RULES, State(Sourcing(), permits), command, now_s)
        except Refused:
            continue
        permits = evolve(permits, told, Stamp(number))
        inside(permits, place, now_s)


def inside(permits: Permits, place: Place, now_s: int) -> None:
    """What must hold after every command, at every instant."""
    for permit in permits.rows.values():
        assert permit.drawn_gpu_s == sum(draw.gpu_s for draw in permit.draws.values())
        assert 0 <= permit.drawn_gpu_s <= permit.gpu_s
        assert permit.expires_at_s <= permit.end_s
    for at_s in range(END_S):
        there = max((row for row in place.steps if row[0] <= at_s), default=(0, 0))[1]
        drawn = 0
        for permit in permits.rows.values():
            own = sum(draw.gpus_at(at_s) for draw in permit.draws.values())
            assert own <= permit.gpus
            assert not own or permit.start_s <= at_s < permit.end_s
            drawn += own
        assert drawn <= there
        held = (piece for permit in permits.rows.values() for piece in permit.held(now_s))
        if at_s >= now_s:
            assert sum(row.gpus for row in held if row.start_s <= at_s < row.end_s) <= there


@settings(deadline=None, max_examples=200)
@given(steps)
def test_nothing_is_drawn_after_the_end_of_a_permit_nor_while_a_clause_denies_it(
    rows: list[tuple[int, tuple]],
) -> None:
    place = Place("west", 1, 0, 0, 0, ((0, 8),))
    permits, now_s = Permits(), 0
    for number, (passes_s, row) in enumerate(rows):
        now_s += passes_s
        command = meant(row, place, permits, now_s)
        if command is None:
            continue
        before = permits
        try:
            told = decide(RULES, State(Sourcing(), permits), command, now_s)
        except Refused:
            continue
        permits = evolve(permits, told, Stamp(number))
        if isinstance(command, Take):
            permit = before.rows[command.permit]
            assert now_s < min(permit.expires_at_s, permit.revoked_at_s)
            assert not 15 <= now_s < 20
            assert not 15 <= told.start_s < 20
        if isinstance(command, Issue):
            assert not 15 <= now_s < 20
            assert not told.start_s < 15 < told.expires_at_s
