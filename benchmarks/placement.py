"""How fast jobs are placed, and read: the engines beside C, plain Python and simulation libraries.

Seven tables, each by turns and as medians of five rounds, with a hash of the answers where several
ways must agree; a way that gives another answer stops the benchmark. What is timed is the play
of the jobs alone unless a table says otherwise; ``peers.py`` and ``contract_simpy.py`` say what
the others are given, and where their model is simpler.

    python -m benchmarks.placement              # the real sizes; fails where a target is missed
    python -m benchmarks.placement --small      # a check that it runs and that answers agree
    python -m benchmarks.placement --only pool contract
"""

import argparse
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from benchmarks import peers, processes, workloads
from benchmarks.contract_simpy import by_simpy
from benchmarks.timing import Way, by_turns, clocked
from benchmarks.workloads import Case, answer, compiled, played, reference

from offtake.sim.placement import CONSERVATIVE, EASY, FIFO, FIRST_FIT, SHORTEST_FIRST


class Sizes(NamedTuple):
    """How many jobs each measurement plays."""

    quick: int = 20_000
    slow: int = 5_000
    large: int = 10_000_000
    contract: int = 200_000
    disciplines: int = 200_000
    plans: int = 20_000
    memory: int = 10_000_000
    csv: int = 1_000_000
    changes: int = workloads.CHANGES


SMALL = Sizes(300, 200, 2_000, 400, 400, 200, 2_000, 500, 5)


class Target(NamedTuple):
    """What is promised of a measurement."""

    name: str
    value: float
    least: float = 0.0
    most: float = float("inf")

    def __str__(self) -> str:
        wanted = f">= {self.least:g}" if self.least else f"<= {self.most:g}"
        said = "kept" if self.kept else "MISSED"
        return f"  {said}: {self.name}: {self.value:,.3g} (promised {wanted})"

    @property
    def kept(self) -> bool:
        """Whether it is as promised."""
        return self.least <= self.value <= self.most


def plays(make: Callable[[], Any], case: Case) -> Way:
    """The seconds an engine takes to play a case, made anew each time."""

    def once() -> float:
        engine = make()
        return clocked(lambda: played(engine, case))

    return once


def table(title: str, rates: dict[str, float], own: str) -> None:
    """Print jobs a second, and how many times slower than our own each is."""
    print(f"\n{title}\n{'':24} {'jobs a second':>14} {'ours is so many times':>22}")
    for name, rate in rates.items():
        print(f"{name:24} {rate:14,.0f} {rates[own] / rate:22,.2f}")


def rates_of(counts: dict[str, int], ways: dict[str, Way]) -> dict[str, float]:
    """Jobs a second of each way."""
    seconds = by_turns(ways)
    return {name: counts[name] / seconds[name] for name in ways}


def agreed(said: dict[str, Sequence[int]]) -> str:
    """The hash of an answer that all must give."""
    hashes = {name: answer(starts) for name, starts in said.items()}
    if len(set(hashes.values())) > 1:
        raise SystemExit(f"the answers differ: {hashes}")
    return next(iter(hashes.values()))


def one_pool(sizes: Sizes) -> Iterable[Target]:
    """First in, first out on one pool: C, plain Python, the reference, and the libraries."""
    case = workloads.one_pool(sizes.quick)
    with peers.CProgram(case) as program:
        yield from _with_peers(sizes, case, program)
    case = workloads.one_pool(sizes.large)
    with peers.CProgram(case) as program:
        yield from _with_c(case, program)


def _with_peers(sizes: Sizes, case: Case, program: peers.CProgram) -> Iterable[Target]:
    few = workloads.one_pool(sizes.slow)
    single = workloads.one_gpu_each(few)
    program.seconds()
    said = {"compiled": played(compiled(case), case).start_s, "C": program.starts()}
    said["reference"] = played(reference(case), case).start_s
    for name, way in (("heapq", peers.plain_python), ("SimPy", peers.by_simpy)):
        said[name] = way(case)[1]
    said["AccaSim"] = peers.by_accasim(case)[1]
    digests = [agreed(said)]
    said = {"compiled": played(compiled(few), few).start_s, "salabim": peers.by_salabim(few)[1]}
    digests.append(agreed(said))
    said = {"compiled": played(compiled(single), single).start_s}
    said |= {"Ciw": peers.by_ciw(single)[1], "heap": peers.plain_servers(single)[1]}
    digests.append(agreed(said))
    ways: dict[str, Way] = {
        "compiled": plays(partial(compiled, case), case),
        "C, binary heap": program.seconds,
        "plain Python, heapq": lambda: peers.plain_python(case)[0],
        "reference": plays(partial(reference, case), case),
        "SimPy": lambda: peers.by_simpy(case)[0],
        "salabim": lambda: peers.by_salabim(few)[0],
        "Ciw, one GPU a job": lambda: peers.by_ciw(single)[0],
        "AccaSim": lambda: peers.by_accasim(case)[0],
    }
    counts = dict.fromkeys(ways, sizes.quick)
    counts |= {"salabim": sizes.slow, "Ciw, one GPU a job": sizes.slow}
    rates = rates_of(counts, ways)
    table(f"FIFO, one pool, {sizes.quick:,} jobs; answers {' '.join(digests)}", rates, "compiled")
    yield Target("of C's rate", rates["compiled"] / rates["C, binary heap"], least=0.75)
    yield Target("times SimPy", rates["compiled"] / rates["SimPy"], least=120)
    yield Target("times AccaSim", rates["compiled"] / rates["AccaSim"], least=5_000)


def _with_c(case: Case, program: peers.CProgram) -> Iterable[Target]:
    program.seconds()
    digest = agreed({"compiled": played(compiled(case), case).start_s, "C": program.starts()})
    ways: dict[str, Way] = {
        "compiled": plays(partial(compiled, case), case),
        "C, binary heap": program.seconds,
        "compiled, laid out too": lambda: clocked(lambda: played(compiled(case), case).start_s),
    }
    rates = rates_of(dict.fromkeys(ways, case.count), ways)
    table(f"FIFO, one pool, {case.count:,} jobs; answers {digest}", rates, "compiled")
    yield Target("of C's rate, many jobs", rates["compiled"] / rates["C, binary heap"], least=0.75)


def contract(sizes: Sizes) -> Iterable[Target]:
    """Eight pools, six kinds, 200 changes a pool: the reference, and SimPy with the same rules."""
    for count in (sizes.quick, sizes.contract):
        case = workloads.contract(count, changes=sizes.changes)
        engine, plain = played(compiled(case), case), played(reference(case), case)
        (_, starts), pools = by_simpy(case)
        said = {"compiled": engine.start_s, "reference": plain.start_s, "SimPy": starts}
        digest = agreed(said)
        agreed({"compiled": engine.pool, "reference": plain.pool, "SimPy": pools})
        ways: dict[str, Way] = {
            "compiled": plays(partial(compiled, case), case),
            "SimPy": lambda case=case: by_simpy(case)[0][0],
            "reference": plays(partial(reference, case), case),
        }
        rates = rates_of(dict.fromkeys(ways, count), ways)
        shape = f"{case.pools} pools, {workloads.KINDS} kinds, {sizes.changes} changes a pool"
        table(f"FIFO, {shape}, {count:,} jobs; answers {digest}", rates, "compiled")
    yield Target("contract case, times SimPy", rates["compiled"] / rates["SimPy"], least=40)
    ratio = rates["compiled"] / rates["reference"]
    yield Target("contract case, times reference", ratio, least=8)
    case = workloads.contract(sizes.large, changes=sizes.changes)
    found = by_turns({"all": lambda: clocked(lambda: played(compiled(case), case).start_s)})
    print(f"{case.count:,} jobs, laid out, played and answered: {found['all']:.2f} s")
    yield Target("contract case, seconds for many jobs", found["all"], most=2.5)


def disciplines(sizes: Sizes) -> Iterable[Target]:
    """Every discipline at load 0.99 and 1.05, requests exact or one to five times too long."""
    for load in (0.99, 1.05):
        for slack in (False, True):
            case = workloads.one_pool(sizes.disciplines, load=load, slack=slack)
            few = workloads.one_pool(sizes.plans, load=load, slack=slack)
            ways, counts = {}, {}
            for discipline in (FIFO, EASY, FIRST_FIT, SHORTEST_FIRST, CONSERVATIVE):
                own = few if discipline == CONSERVATIVE else case
                ways[discipline] = plays(partial(compiled, own, discipline), own)
                counts[discipline] = own.count
                ways[discipline]()
            rates = rates_of(counts, ways)
            says = "requests too long" if slack else "requests exact"
            digest = answer(played(compiled(case, EASY), case).start_s)
            title = f"one pool, load {load}, {says}, {case.count:,} jobs ({few.count:,}"
            table(f"{title} with plans); EASY's answer {digest}", rates, FIFO)
            share = rates[EASY] / rates[FIFO]
            least = 0.2 if load < 1 and not slack else 0.1  # It does not collapse.
            yield Target(f"EASY of FIFO's rate, load {load}, {says}", share, least=least)


def nodes(sizes: Sizes) -> Iterable[Target]:
    """Whole nodes and parts of GPUs: both engines."""
    for discipline in (FIFO, FIRST_FIT, EASY):
        case = workloads.on_nodes(sizes.slow)
        engine, plain = (played(make(case, discipline), case) for make in (compiled, reference))
        digest = agreed({"compiled": engine.start_s, "reference": plain.start_s})
        agreed({"compiled": engine.pool, "reference": plain.pool})
        ways: dict[str, Way] = {
            "compiled": plays(partial(compiled, case, discipline), case),
            "reference": plays(partial(reference, case, discipline), case),
        }
        rates = rates_of(dict.fromkeys(ways, case.count), ways)
        table(
            f"{discipline} on nodes of 8, {case.count:,} jobs; answers {digest}", rates, "compiled"
        )
        ratio = rates["compiled"] / rates["reference"]
        yield Target(f"{discipline} on nodes, times reference", ratio, least=8)


def memory(sizes: Sizes) -> Iterable[Target]:
    """Peak memory of a process above the jobs it was given, the answer included."""
    print(f"\nbytes a job above the input, {sizes.memory:,} jobs")
    with TemporaryDirectory() as folder:
        for discipline in (FIFO, FIRST_FIT, SHORTEST_FIRST, EASY):
            found = processes.memory_bytes_a_job(sizes.memory, discipline, Path(folder))
            print(f"{discipline:24} {found:14.1f}")
            if sizes != SMALL:  # A few jobs fill no page.
                yield Target(f"bytes a job, {discipline}", found, most=40)


def reading(sizes: Sizes) -> Iterable[Target]:
    """CPU of ``offtake run`` as a whole process, from a CSV to journal, schedule and report."""
    with TemporaryDirectory() as folder:
        here = Path(folder)
        portfolio, trace = processes.write_csv(sizes.csv, here)
        taken, shown = [], set()
        for number in range(1 + (5 if sizes != SMALL else 0)):  # The first may compile.
            cpu, said = processes.reading_cpu_s(portfolio, trace, here / f"out{number}")
            taken.append(cpu)
            shown.add(said)
        assert len(shown) == 1, "the same inputs gave different results"
    found = float(np.median(taken[1:] or taken))
    print(f"\n`offtake run --out`, CSV of {sizes.csv:,} jobs: {found:.2f} s of CPU")
    yield Target("CSV to result, seconds of CPU", found, most=2.0)


def starting(sizes: Sizes) -> Iterable[Target]:
    """What the first use of the compiled engine costs, and the next."""
    with TemporaryDirectory() as folder:
        first, later, bare = processes.starting_s(Path(folder), sizes.slow)
    print(f"\na process that plays {sizes.slow:,} jobs on eight pools, seconds of wall time")
    print(f"{'first use, compiling':24} {first:14.2f}")
    print(f"{'next use, cached':24} {later:14.2f}")
    print(f"{'the same, not playing':24} {bare:14.2f}")
    yield Target("seconds that the cached engine adds to a process", later - bare, most=2.0)


TABLES: dict[str, Callable[[Sizes], Iterable[Target]]] = {
    "pool": one_pool,
    "contract": contract,
    "disciplines": disciplines,
    "nodes": nodes,
    "memory": memory,
    "reading": reading,
    "starting": starting,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables and the targets, and fail where one is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--small", action="store_true", help="only show that it runs")
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    given = parser.parse_args(arguments)
    print(f"Python {platform.python_version()}, {platform.machine()}; C: cc {peers.C_FLAGS}")
    targets = [
        target for name in given.only for target in TABLES[name](SMALL if given.small else Sizes())
    ]
    if given.small:
        return 0
    print("\ntargets")
    for target in targets:
        print(target)
    return 0 if all(target.kept for target in targets) else 1


if __name__ == "__main__":
    sys.exit(main())
