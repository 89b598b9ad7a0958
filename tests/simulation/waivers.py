"""Waivers given at a desk: what people say, what an auditor knows of them, and what they lift."""

from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple

from offtake.contract.portfolio import Portfolio
from offtake.contract.problem import Unreadable
from offtake.core.decide import decide
from offtake.core.vocabulary import NONE, Act, Ask, Capacity, Decision
from offtake.desk import command as say
from offtake.desk.state import State
from oracle import reading, rules
from simulation.contracts import DAY_S, PURPOSES, SUPPLIERS, day

Rows = list[dict[str, Any]]
PROBES = 4
"""Asks that desk and oracle are compared on, each time the journal has grown under a waiver."""
SCOPES: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"limit": 20},
    {"limit": "8", "purposes": ("training",)},
    {"transaction": True},
    {"price": "$2"},
    {"purposes": ("research", "inference")},
    {"purposes": ("training",), "price": "$2.50", "transaction": True},
    {"accelerators": ("H100",), "limit": 40},
)
"""What waivers cover."""
WRONG: tuple[dict[str, Any], ...] = (
    {"start": "2025-01-01"},
    {"end": "2025-01-01"},
    {"limit": 0},
    {"price": "2 apples"},
    {"purposes": ("leisure",)},
    {"grantee": "omega"},
)
"""What no waiver may say."""


def words(chance: Random, clause: str, signed: str, now_s: int) -> say.Waive:
    """A waiver of a clause for somebody; now and then a wrong one."""
    said: dict[str, Any] = {"clause": clause, "grantee": chance.choice(SUPPLIERS)}
    said |= chance.choice(SCOPES)
    roll = chance.random()
    if roll < 0.1:
        said["start"] = day(now_s + 3 * DAY_S)
    elif roll < 0.3:
        said["end"] = day(now_s + chance.choice((2, 40)) * DAY_S)
    elif roll < 0.4:
        said |= chance.choice(WRONG)
    return say.Waive(signed=signed, **said)


def meaning(text: str) -> list[Any]:
    """What a portfolio says clause by clause, however it is written."""
    clauses = Portfolio.loads(text).clauses
    return [(row.clause_id, row.kind.name, row.from_s, row.until_s, row.terms) for row in clauses]


def legible(text: str) -> bool:
    """Whether a portfolio can be read: not every waiver that is said makes one that can."""
    try:
        Portfolio.loads(text)
    except Unreadable:
        return False
    return True


class Probe(NamedTuple):
    """An ask in words: a supply ask, or a run ask that states no price."""

    supplier: str
    purpose: str
    gpus: int
    price: int  # Dollars; 0 in a run ask.
    lot: str = ""


def probes(chance: Random, lots: list[str]) -> list[Probe]:
    """Some asks that waivers may be about."""
    return [
        Probe(
            chance.choice(SUPPLIERS),
            chance.choice(PURPOSES),
            chance.choice((4, 9, 21)),
            chance.choice((0, 2, 2, 3)),
            chance.choice(("", *lots)),
        )
        for _ in range(PROBES)
    ]


def lifts_as_said(state: State, world: Mapping[str, Any], at_s: int, probe: Probe) -> Decision:
    """What a desk decides, once the oracle says the same: verdict, findings, and what is lifted.

    Raises:
        AssertionError: It says something else.
    """
    made = decide(state.in_force.clauses, state.sourcing.facts, _ask(state, at_s, probe), at_s)
    said = said_of(world, at_s, probe)
    found = [row.finding.rule for row in made.findings]
    lifted = [(row.found.finding.rule, row.by.clause_id) for row in made.waived]
    desk = made.verdict.name.lower(), found, lifted
    oracle = said["verdict"], said["findings"], said["waived"]
    assert desk == oracle, f"{probe}: the desk says {desk}, and the waivers mean {oracle}"
    return made


def said_of(world: Mapping[str, Any], at_s: int, probe: Probe) -> dict[str, Any]:
    """What the oracle says of an ask."""
    said: dict[str, Any] = rules.decide(world, _asked(at_s, probe), at_s)
    return said


def _ask(state: State, at_s: int, probe: Probe) -> Ask:
    names = state.in_force.portfolio.names
    return Ask(
        Act.SUPPLY if probe.price else Act.RUN,
        supplier=names.parties.index(probe.supplier),
        purpose=names.purposes.index(probe.purpose),
        accelerator=0,
        gpus=probe.gpus,
        start_s=at_s + 60 * DAY_S,
        end_s=at_s + 425 * DAY_S,
        price_micros_per_gpu_h=probe.price * 10**6 if probe.price else NONE,
        capacity=Capacity.NEW if probe.price else Capacity.EXISTING,
        lot=int(probe.lot) if probe.lot and probe.price else NONE,
    )


def _asked(at_s: int, probe: Probe) -> dict[str, Any]:
    row: dict[str, Any] = {"act": "run", "capacity": "existing"}
    if probe.price:
        row = {"act": "supply", "capacity": "new", "price": f"${probe.price}"}
        row |= {"lot": probe.lot} if probe.lot else {}
    row |= {"supplier": probe.supplier, "purpose": probe.purpose, "gpus": probe.gpus}
    asked: dict[str, Any] = reading.ask({**row, "accelerator": "H100"}, at_s)
    return asked | {"start": at_s + 60 * DAY_S, "end": at_s + 425 * DAY_S}
