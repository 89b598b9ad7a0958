"""A desk's database with a journal of so many entries, written as a desk writes them.

Commands are carried out by the real writer in full batches, with their decisions, hashes and
deadlines. They come in waves: requirements are raised, noticed to the holder of a first refusal
where it has one, answered, tendered, bid for by two, closed, awarded, signed and delivered; beside
them permits are issued, drawn on and given back, and use is metered. Every eighth requirement
that is held still waits for its holder. The same size gives the same journal. What is there
already is gone on from.

    python -m benchmarks.journals sqlite:///desk.db 100000
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from time import perf_counter

from offtake.desk import command as say
from offtake.desk.state import SYSTEM, By
from offtake.desk.store.engine import open_engine
from offtake.desk.store.migrate import migrate
from offtake.desk.writer import LIMIT_BATCH, Asked, Receipt, Writer
from offtake.units.time import instant_text, parse_instant

PORTFOLIO = """
currency: USD
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}, gamma: {}, delta: {}}
accelerators: {H100: {power: 1.3 kW}, B200: {power: 1.9 kW}}
pools:
  west: {supplier: alpha, accelerator: H100, capacity: 100000, rate: $2.10}
  east: {supplier: beta, accelerator: B200, capacity: 100000, rate: $3.40}
agreements:
  A:
    from: 2025-01-01
    until: 2032-01-01
    clauses:
      first: {kind: first_refusal, holder: alpha, purposes: [training], window: 90d, partial: yes}
      research: {kind: exclusivity, holder: alpha, purposes: [research]}
  B:
    from: 2025-01-01
    until: 2032-01-01
    clauses:
      api: {kind: exclusivity, holder: beta, purposes: [api]}
      on-time: {kind: delivery, supplier: gamma, grace: 30d}
"""
BUYER, ENGINE = By("p1", "Ada"), By("t1", "slurm")
SUPPLIERS = {name: By(f"s-{name}", name.title(), name) for name in ("alpha", "beta", "gamma")}
BIDDERS = (SUPPLIERS["beta"], SUPPLIERS["gamma"])
BEGINS_AT_S = parse_instant("2025-03-01")
START, END = "2027-01-01", "2028-01-01"
WAVES, WAVE_MIN, HOUR_S = 64, 8, 3_600
ENTRIES_MAX = 16
"""Of one requirement and what is done beside it; fewer than that are left to plain requirements."""

Said = tuple[say.AnyCommand, By]


class Hand:
    """A clock that is set by hand."""

    def __init__(self, at_s: int) -> None:
        self.at_s = at_s

    def now_s(self) -> int:
        return self.at_s


class Filling:
    """A desk whose journal grows by waves."""

    def __init__(self, writer: Writer, clock: Hand) -> None:
        self.writer, self.clock = writer, clock

    @property
    def seq(self) -> int:
        """How many entries there are."""
        return self.writer.state.seq

    def does(self, said: Iterable[Said]) -> list[Receipt]:
        """What is answered to commands, all of which are carried out."""
        asked = [Asked(command, by) for command, by in said]
        answers = []
        for first in range(0, len(asked), LIMIT_BATCH):
            answers += self.writer.write(asked[first : first + LIMIT_BATCH])
        wrong = [answer for answer in answers if not isinstance(answer, Receipt)]
        assert not wrong, wrong[0]
        return answers

    def wave(self, size: int) -> None:
        """So many requirements from their beginning to their delivery."""
        chance = Random(self.seq)
        held, free = self._raised(chance, size)
        self._runs(size)
        self.does((say.Notice(requirement=name), BUYER) for name in held)
        told = [name for place, name in enumerate(held) if place % 8]
        taken = [name for name in told if chance.random() < 0.3]
        answered = ((name, 64 if name in set(taken) else 0) for name in told)
        holder = SUPPLIERS["alpha"]
        self.does(
            (say.Answer(requirement=name, gpus=gpus, signed="A. Alpha"), holder)
            for name, gpus in answered
        )
        accepted = self.does(_accepted(name) for name in taken)
        tendered = [name for name in (*told, *free) if name not in set(taken)]
        ordered = [*accepted, *self._sold(chance, tendered)]
        orders = [number for receipt in ordered for number in receipt.orders]
        self.does((say.Deliver(order=number), BUYER) for number in orders)

    def rest(self, count: int) -> None:
        """So many requirements that nobody has looked at yet."""
        known = len(self.writer.state.numbers)
        self.does((_wanted(known + place, "inference"), BUYER) for place in range(1, count + 1))

    def _raised(self, chance: Random, size: int) -> tuple[list[str], list[str]]:
        """The requirements that a first refusal holds, and the others."""
        known = len(self.writer.state.numbers)
        purposes = chance.choices(("training", "inference"), k=size)
        made = [_wanted(known + place, purpose) for place, purpose in enumerate(purposes, 1)]
        self.does((command, BUYER) for command in made)
        held = [command.requirement for command in made if command.purpose == "training"]
        return held, [command.requirement for command in made if command.purpose != "training"]

    def _sold(self, chance: Random, names: Sequence[str]) -> list[Receipt]:
        """Tender, close after an hour, award to the cheaper one of two, and sign."""
        self.does((say.Tender(requirement=name, open_for="1h"), BUYER) for name in names)
        bids = {name: chance.sample(range(150, 300), k=2) for name in names}
        self.does(_bids(bids))
        self.clock.at_s += HOUR_S
        best = {name: BIDDERS[cents.index(min(cents))].party for name, cents in bids.items()}
        self.does(
            (say.Award(requirement=name, takes={party: 64}, why="the cheaper of the two"), BUYER)
            for name, party in best.items()
        )
        return self.does(
            (say.Sign(requirement=name, supplier=party), BUYER) for name, party in best.items()
        )

    def _runs(self, size: int) -> None:
        """Permits for the next hour, draws on them, half of which are given back, and use."""
        now_s = self.clock.now_s()
        until = instant_text(now_s + HOUR_S)
        issued = [
            say.IssuePermit(pool=pool, purpose="training", gpus=64, end=until)
            for pool in ("west", "east")
            for _ in range(max(size // 64, 1))
        ]
        permits = [receipt.permit for receipt in self.does((each, BUYER) for each in issued)]
        keys = [(permits[job % len(permits)], f"job-{job}") for job in range(size // 2)]
        self.does(
            (say.DrawPermit(permit=permit, engine="slurm", key=key, gpus=1), ENGINE)
            for permit, key in keys
        )
        self.does(
            (say.ReturnDraw(permit=permit, engine="slurm", key=key), ENGINE)
            for permit, key in keys[::2]
        )
        start, end = instant_text(now_s - HOUR_S), instant_text(now_s)
        words = {"purpose": "training", "gpus": 64, "start": start, "end": end}
        self.does([(say.Use(supplier="alpha", pool="west", **words), BUYER)])


def _wanted(number: int, purpose: str) -> say.Submit:
    return say.Submit(
        requirement=f"r-{number:07}",
        purpose=purpose,
        gpus=64,
        start=START,
        end=END,
        accelerators=("H100",),
        price_limit="$3",
        title=f"Requirement {number}",
    )


def _accepted(name: str) -> Said:
    command = say.SignAccepted(requirement=name, gpus=64, price="$2.90", supplier="alpha")
    return command, BUYER


def _bids(bids: dict[str, list[int]]) -> Iterator[Said]:
    for name, cents in bids.items():
        for by, cent in zip(BIDDERS, cents, strict=True):
            yield say.Bid(requirement=name, gpus=64, price=f"${cent / 100:.2f}"), by


def fill(url: str, entries: int) -> None:
    """Write a journal until it has so many entries; says on standard error how far it is."""
    engine = open_engine(url)
    migrate(engine)
    clock = Hand(BEGINS_AT_S)
    writer = Writer(engine, clock)
    writer.open()
    clock.at_s = max(clock.at_s, writer.state.at_s)
    filling = Filling(writer, clock)
    if writer.state.version is None:
        filling.does([(say.Adopt(portfolio=PORTFOLIO), SYSTEM)])
    size = min(max(entries // (WAVES * ENTRIES_MAX), WAVE_MIN), LIMIT_BATCH)
    began, first = perf_counter(), filling.seq
    while entries - filling.seq > size * ENTRIES_MAX:
        filling.wave(size)
        rate = (filling.seq - first) / (perf_counter() - began)
        print(f"{filling.seq:,} entries; {rate:,.0f} a second", file=sys.stderr, flush=True)
    filling.rest(entries - filling.seq)
    engine.dispose()


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill a database."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url", help="sqlite:///FILE or postgresql://...")
    parser.add_argument("entries", type=int)
    given = parser.parse_args(arguments)
    fill(given.url, given.entries)
    return 0


if __name__ == "__main__":
    sys.exit(main())
