"""Does a command of sourcing cost the same with a long past behind it as with a short one?

Lots are sourced from their requirement to the use of what was ordered, through
``sourcing.desk.carry_out``: noticed to the holder of a first refusal, refused, noticed to the
next, refused, tendered, bid for by two, closed, awarded, delivered, used. Behind them are other
lots that went the same way, every fourth of which still waits for its holder. The past is folded
from the events of one such lot, numbered anew; what is kept under the keys of the past is that
lot's, as nobody asks again. The commands, and what is recorded of them but for the numbers of
lots and orders, are the same whatever the past, or nothing is measured.

    python -m benchmarks.sourcing            # 1,000 and 300,000 lots; fails below 0.7
    python -m benchmarks.sourcing --small    # a check that it runs
"""

import argparse
import platform
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from resource import RUSAGE_SELF, getrusage
from typing import NamedTuple

from benchmarks.timing import by_turns, clocked

from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import NONE, Event
from offtake.sourcing.command import Answer, Bid, Command, Deliver, Proceed, Submit, Use
from offtake.sourcing.course import evolve
from offtake.sourcing.desk import Answered, Desk, Given, carry_out
from offtake.sourcing.requirement import Need, Offer, Recorded, Rules
from offtake.units.time import DAY_S, parse_instant

RATIO_MIN = 0.7
TEXT = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}, gamma: {}}
agreements:
  A:
    from: 2025-01-01
    until: 2030-01-01
    clauses:
      first: {kind: first_refusal, holder: alpha, window: 30d, partial: yes}
      second: {kind: first_refusal, holder: beta, window: 10d, rank: 2}
      only: {kind: exclusivity, holder: alpha, purposes: [research]}
      on-time: {kind: delivery, supplier: gamma, grace: 5d}
"""
DAY_AT_S = parse_instant("2025-03-01")
START_S, END_S = parse_instant("2025-09-01"), parse_instant("2026-09-01")
HOUR_S, TENDER_S = 3_600, 14 * DAY_S
WAITING = 2
"""The commands of a lot that still waits for its holder: all that came to it."""


class House(NamedTuple):
    """What sourcing decides by: the rules, and the portfolio with its names."""

    portfolio: Portfolio
    rules: Rules


class Past(NamedTuple):
    """What one lot's commands recorded, each with its commands; numbers as of lot 1, order 0."""

    given: tuple[Given, ...]
    recorded: tuple[tuple[Recorded, ...], ...]


def house() -> House:
    """Three suppliers, two first refusals, an exclusivity and a grace for late delivery."""
    portfolio = Portfolio.loads(TEXT)
    suppliers = tuple(portfolio.names.parties.index(name) for name in ("alpha", "beta", "gamma"))
    return House(portfolio, Rules(portfolio.clauses, suppliers, TENDER_S))


def commands(made: House, lot: int, order: int) -> Iterator[tuple[Command, int]]:
    """The life of a lot, and the instant of each command."""
    training = made.portfolio.names.purposes.index("training")
    limit = 3_000_000
    need = Need("r", training, 64, START_S, END_S, START_S + 90 * DAY_S, (), (), limit)
    closes_s = DAY_AT_S + TENDER_S
    _, beta, gamma = made.rules.suppliers
    yield Submit(lot, need), DAY_AT_S
    for _ in range(2):  # One holder after the other.
        yield Proceed(lot), DAY_AT_S
        yield Answer(lot, 0), DAY_AT_S
    yield Proceed(lot), DAY_AT_S
    yield Bid(lot, Offer(beta, 64, 2_100_000, START_S, END_S)), DAY_AT_S
    yield Bid(lot, Offer(gamma, 64, 2_000_000, START_S, END_S)), DAY_AT_S
    yield Proceed(lot), closes_s
    yield Proceed(lot), closes_s
    yield Deliver(order, 0), START_S
    yield Use(gamma, training, 64, START_S, START_S + HOUR_S), START_S + HOUR_S


def sourced(made: House, desk: Desk, lots: int) -> tuple[Desk, list[tuple[Recorded, ...]]]:
    """So many lots more, sourced to the end."""
    found = []
    names = made.portfolio.names
    for lot in range(len(desk.state.lots) + 1, len(desk.state.lots) + lots + 1):
        for place, (command, at_s) in enumerate(commands(made, lot, len(desk.state.orders))):
            given = Given(f"{lot} {place}", command, at_s)
            desk, recorded = carry_out(made.rules, names, desk, given)
            found.append(recorded)
    return desk, found


def past_of(made: House) -> Past:
    """What the first lot of a new desk does."""
    _, recorded = sourced(made, Desk(), 1)
    given = [Given("", command, at_s) for command, at_s in commands(made, 1, 0)]
    return Past(tuple(given), tuple(recorded))


def behind(made: House, past: Past, lots: int) -> Desk:
    """A desk with so many lots behind it, every fourth of them waiting for its holder."""
    state, answers = Desk().state, Desk().answers.mutate()
    for lot in range(1, lots + 1):
        steps = WAITING if lot % 4 == 0 else len(past.given)
        order = len(state.orders)
        for place in range(steps):
            command, known = past.given[place].command, past.recorded[place]
            need = command.need if isinstance(command, Submit) else None
            for item in known:
                state = evolve(made.rules, state, numbered(item.event, lot, order), need)
            answers[f"{lot} {place}"] = Answered(command, known)
    return Desk(state, answers.finish())


def numbered(event: Event, lot: int, order: int) -> Event:
    """An event as of another lot and order; of none where it was of none."""
    return event._replace(
        lot=NONE if event.lot == NONE else lot, order=NONE if event.order == NONE else order
    )


def digest_of(found: Sequence[tuple[Recorded, ...]]) -> str:
    """A hash of all that was recorded but for the numbers of lots and orders."""
    digest = sha256()
    for recorded in found:
        for item in recorded:
            verdicts = [decision.verdict.name for decision in item.decisions]
            digest.update(repr((numbered(item.event, 0, 0), verdicts, item.why)).encode())
    return digest.hexdigest()[:16]


def measure(pasts: Sequence[int], lots: int) -> tuple[dict[str, float], str]:
    """Commands a second with each past behind them, and a hash of what was recorded."""
    made = house()
    past = past_of(made)
    desks = {}
    for count in pasts:
        before_kib = getrusage(RUSAGE_SELF).ru_maxrss
        seconds = clocked(lambda count=count: desks.update({count: behind(made, past, count)}))
        grown = (getrusage(RUSAGE_SELF).ru_maxrss - before_kib) * 1024 / count
        print(f"{count:,} lots folded in {seconds:.1f} s; {grown:,.0f} bytes a lot")
    digests = {digest_of(sourced(made, desk, 20)[1]) for desk in desks.values()}
    if len(digests) > 1:
        raise SystemExit(f"the answers differ: {sorted(digests)}")
    ways = {
        f"{count:,}": lambda desk=desk: clocked(lambda: sourced(made, desk, lots))
        for count, desk in desks.items()
    }
    given = lots * len(past.given)
    return {name: given / seconds for name, seconds in by_turns(ways).items()}, digests.pop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and fail below the promised ratio."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--small", action="store_true", help="only show that it runs")
    small = parser.parse_args(arguments).small
    rates, digest = measure((10, 200), 5) if small else measure((1_000, 300_000), 500)
    print(f"{'lots behind':>12} {'commands a second':>18}")
    for name, rate in rates.items():
        print(f"{name:>12} {rate:18,.0f}")
    few, many = rates.values()
    print(f"ratio {many / few:.2f}; answers {digest}; Python {platform.python_version()}")
    if small or many / few >= RATIO_MIN:
        return 0
    print(f"below {RATIO_MIN}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
