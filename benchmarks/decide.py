"""Which suppliers may serve this, and why: the compiled table, the plain rules, Cedar and Casbin.

Twenty clauses, eight suppliers; one question is answered for all eight suppliers at once. The
peers get the same rules in the fastest form they offer:

- Cedar (PyPI cedarpy): policies and entities parsed once, one batch of eight requests a
  question. A HOLD is a forbid of its own action: `Action::"act"` is forbidden by exclusivities,
  `Action::"proceed"` by first refusals; a supplier is held if only the second is refused.
  So a question is a batch of sixteen requests; with `verbose` off.
- Casbin (PyPI casbin): one policy line a clause, matched by an expression over purpose, instant
  and supplier, the effect being that of the first denying, then holding line.

What the peers do not do is left out of their timing, not of ours: our answers name the clauses
and the waivers that lifted others. All must give the same verdicts, or nothing is measured.

    python benchmarks/decide.py            # the real size; fails below 300 and 1,000 times
    python benchmarks/decide.py --small    # a check that it runs
"""

import argparse
import platform
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from random import Random
from statistics import median
from time import perf_counter

import casbin
import cedarpy

from offtake.contract.portfolio import Portfolio
from offtake.core.compiled import compile_asks
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS
from offtake.core.vocabulary import Act, Ask
from offtake.units.time import parse_instant

SUPPLIERS = tuple(f"s{number}" for number in range(1, 9))
PURPOSES = ("training", "research", "inference", "batch")  # None is a kind of another.
YEARS = tuple(range(2023, 2031))
RATIO_CEDAR_MIN, RATIO_CASBIN_MIN = 300, 1_000
ROUNDS = 5

Row = tuple[str, str, str, int, int]
"""(kind, holder or grantee, purpose, first year, end year): one clause."""


def rows() -> list[Row]:
    """Twenty clauses: exclusivities, first refusals and waivers over purposes and years."""
    dice = Random(1)
    kinds = ["exclusivity"] * 8 + ["first_refusal"] * 8 + ["waiver"] * 4
    found = []
    for kind in kinds:
        start = dice.choice(YEARS[:-2])
        end = dice.randint(start + 1, YEARS[-1])
        found.append((kind, dice.choice(SUPPLIERS), dice.choice(PURPOSES), start, end))
    return found


def portfolio(clauses: Sequence[Row]) -> Portfolio:
    """The clauses as a portfolio; the waivers lift the first exclusivities for a supplier."""
    lines = ["parties:", "  lab: {roles: [buyer]}", *(f"  {name}: {{}}" for name in SUPPLIERS)]
    lines += [
        "purposes: {batch: {}}",
        "agreements:",
        "  A:",
        "    from: 2023-01-01",
        "    until: 2031-01-01",
    ]
    lines.append("    clauses:")
    for number, (kind, who, purpose, start, end) in enumerate(clauses):
        terms = f"purposes: [{purpose}], from: {start}-01-01, until: {end}-01-01"
        if kind == "waiver":
            waived = number - 16
            terms = f"of: A/c{waived}, grantee: {who}, from: {start}-01-01, until: {end}-01-01"
        elif kind == "exclusivity":
            terms += f", holder: {who}"
        else:
            terms += f", holder: {who}, window: 30d, rank: {number}"
        lines.append(f"      c{number}: {{kind: {kind}, {terms}}}")
    return Portfolio.loads("\n".join(lines))


def questions(count: int) -> list[tuple[str, int]]:
    """(purpose, year) asked about; fresh objects, so that no cache of ours sees the same twice."""
    dice = Random(2)
    return [(dice.choice(PURPOSES), dice.choice(YEARS[:-1])) for _ in range(count)]


Verdicts = tuple[str, ...]
"""One verdict a supplier, in the order of ``SUPPLIERS``."""


class Ours:
    """Both of our own ways to answer."""

    def __init__(self, clauses: Sequence[Row]) -> None:
        made = portfolio(clauses)
        self.clauses = made.clauses
        self.suppliers = tuple(made.names.parties.index(name) for name in SUPPLIERS)
        self.table = compile_asks(self.clauses, self.suppliers)
        self.purposes = {name: made.names.purposes.index(name) for name in PURPOSES}
        self.instants = {year: parse_instant(f"{year}-07-01") for year in YEARS}

    def asks(self, asked: Sequence[tuple[str, int]]) -> list[tuple[Ask, int]]:
        """Questions in our form; ready before the clock starts, as the peers' are."""
        return [
            (
                Ask(
                    Act.SUPPLY,
                    purpose=self.purposes[purpose],
                    start_s=self.instants[year],
                    end_s=self.instants[year] + 1,
                ),
                self.instants[year],
            )
            for purpose, year in asked
        ]

    def compiled(self, ask: Ask, now_s: int) -> object:
        return self.table.suppliers(ask, now_s)

    def plain(self, ask: Ask, now_s: int) -> object:
        return [
            decide(self.clauses, NO_FACTS, ask._replace(supplier=supplier), now_s)
            for supplier in self.suppliers
        ]

    def verdicts(self, ask: Ask, now_s: int) -> Verdicts:
        said = {a.supplier: a.verdict.name.lower() for a in self.table.suppliers(ask, now_s)}
        plain = [decision.verdict.name.lower() for decision in self.plain(ask, now_s)]
        assert [said[supplier] for supplier in self.suppliers] == plain
        return tuple(plain)


class Cedar:
    """The same rules as Cedar policies, parsed once."""

    def __init__(self, clauses: Sequence[Row]) -> None:
        policies = ["permit(principal, action, resource);"]
        for number, (kind, who, purpose, start, end) in enumerate(clauses):
            if kind == "waiver":
                continue
            action = "act" if kind == "exclusivity" else "proceed"
            unless = [f'principal == S::"{who}"']
            for other, (_, grantee, _, begins, stops) in enumerate(clauses):
                if clauses[other][0] == "waiver" and other - 16 == number:
                    inside = f"context.year >= {begins} && context.year < {stops}"
                    unless.append(f'(principal == S::"{grantee}" && {inside})')
            policies.append(
                f'forbid(principal, action == Action::"{action}", resource == P::"{purpose}")\n'
                f"when {{ context.year >= {start} && context.year < {end} }}\n"
                f"unless {{ {' || '.join(unless)} }};"
            )
        self.policies = cedarpy.PolicySet.from_str("\n".join(policies))
        self.entities = cedarpy.Entities.from_json_str("[]")

    def requests(self, purpose: str, year: int) -> list[dict[str, object]]:
        return [
            {
                "principal": f'S::"{supplier}"',
                "action": f'Action::"{action}"',
                "resource": f'P::"{purpose}"',
                "context": {"year": year},
            }
            for supplier in SUPPLIERS
            for action in ("act", "proceed")
        ]

    def ask(self, requests: list[dict[str, object]]) -> list[bool]:
        results = cedarpy.is_authorized_batch(requests, self.policies, self.entities)
        return [result.allowed for result in results]

    def verdicts(self, purpose: str, year: int) -> Verdicts:
        said = self.ask(self.requests(purpose, year))
        pairs = zip(said[::2], said[1::2], strict=True)
        return tuple(
            "deny" if not act else "permit" if proceed else "hold" for act, proceed in pairs
        )


MODEL = """
[request_definition]
r = sub, obj, year
[policy_definition]
p = holder, obj, begins, stops, grantee, wbegins, wstops, eft
[policy_effect]
e = !some(where (p.eft == deny))
[matchers]
m = r.obj == p.obj && r.year >= p.begins && r.year < p.stops && r.sub != p.holder && \
!(r.sub == p.grantee && r.year >= p.wbegins && r.year < p.wstops)
"""


class Casbin:
    """The same rules as two Casbin enforcers: one of denials, one of holds."""

    def __init__(self, clauses: Sequence[Row]) -> None:
        self.enforcers = []
        for wanted in ("exclusivity", "first_refusal"):
            model = casbin.Enforcer.new_model(text=MODEL)
            enforcer = casbin.Enforcer(model)
            for number, (kind, who, purpose, start, end) in enumerate(clauses):
                if kind != wanted:
                    continue
                waivers = [
                    c for n, c in enumerate(clauses) if c[0] == "waiver" and n - 16 == number
                ]
                grantee, begins, stops = (
                    (waivers[0][1], waivers[0][3], waivers[0][4]) if waivers else ("nobody", 0, 0)
                )
                enforcer.model["p"]["p"].policy.append(
                    [who, purpose, start, end, grantee, begins, stops, "deny"]
                )
            self.enforcers.append(enforcer)

    def ask(self, purpose: str, year: int) -> list[tuple[bool, bool]]:
        deny, hold = self.enforcers
        return [(deny.enforce(s, purpose, year), hold.enforce(s, purpose, year)) for s in SUPPLIERS]

    def verdicts(self, purpose: str, year: int) -> Verdicts:
        return tuple(
            "deny" if not act else "permit" if proceed else "hold"
            for act, proceed in self.ask(purpose, year)
        )


def timed(work: Callable[[], object], times: int) -> float:
    """Microseconds a question."""
    started = perf_counter()
    work()
    return (perf_counter() - started) / times * 1e6


def measure(count: int, slow_count: int) -> tuple[dict[str, float], str]:
    """Medians of interleaved rounds in microseconds a question, and a hash of all verdicts."""
    clauses = rows()
    ours, cedar, enforcers = Ours(clauses), Cedar(clauses), Casbin(clauses)
    asked = questions(count)
    digest = sha256()
    for (purpose, year), (ask, now_s) in zip(asked[:300], ours.asks(asked[:300]), strict=True):
        said = ours.verdicts(ask, now_s)
        assert said == cedar.verdicts(purpose, year), (purpose, year)
        assert said == enforcers.verdicts(purpose, year), (purpose, year)
        digest.update(" ".join(said).encode())
    asks, few = ours.asks(asked), asked[:slow_count]
    few_asks, requests = asks[:slow_count], [cedar.requests(*one) for one in few]
    rounds: dict[str, list[float]] = {name: [] for name in ("compiled", "plain", "Cedar", "Casbin")}
    for _ in range(ROUNDS):
        rounds["compiled"].append(timed(lambda: [ours.compiled(*one) for one in asks], count))
        rounds["plain"].append(timed(lambda: [ours.plain(*one) for one in few_asks], slow_count))
        rounds["Cedar"].append(timed(lambda: [cedar.ask(one) for one in requests], slow_count))
        rounds["Casbin"].append(timed(lambda: [enforcers.ask(*one) for one in few], slow_count))
    return {name: median(times) for name, times in rounds.items()}, digest.hexdigest()[:16]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and fail below the promised ratios."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--small", action="store_true", help="only show that it runs")
    small = parser.parse_args(arguments).small
    micros, digest = measure(2_000, 20) if small else measure(200_000, 400)
    print(f"{'':10} {'us a question':>14} {'times ours':>12}")
    for name, value in micros.items():
        print(f"{name:10} {value:14.2f} {value / micros['compiled']:12.0f}")
    print(f"answers {digest}; Python {platform.python_version()}, {platform.machine()}")
    cedar, enforcers = (micros[name] / micros["compiled"] for name in ("Cedar", "Casbin"))
    kept = small or (cedar >= RATIO_CEDAR_MIN and enforcers >= RATIO_CASBIN_MIN)
    if not kept:
        print(f"below {RATIO_CEDAR_MIN} (Cedar) or {RATIO_CASBIN_MIN} (Casbin)")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
