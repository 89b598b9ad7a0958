"""Why: the decisions on a requirement, for every supplier, as of an instant; and on any ask."""

from typing import Any

from offtake.core.decide import decide
from offtake.core.explain import data
from offtake.core.names import name_of
from offtake.core.vocabulary import Ask, Decision, EventKind, Verdict
from offtake.desk.act import next_step
from offtake.desk.state import State
from offtake.desk.view.requirement import Data, status
from offtake.desk.view.words import instant, name, names_at, price
from offtake.sourcing.notice import partition
from offtake.sourcing.requirement import Lot, Recorded, Status

STEPS = {
    EventKind.NOTICE_GIVEN: "notice",
    EventKind.TENDER_OPENED: "tender",
    EventKind.UNSERVED: "give_up",
    EventKind.AWARDED: "award",
}
WAITING = {
    Status.NOTICED: "the holder's answer",
    Status.TENDERED: "offers, until the tender closes",
    Status.ACCEPTED: "the signed order of the holder",
    Status.AWARDED: "the signed orders of the award",
}


def decision(state: State, made: Decision) -> Data:
    """A decision with the ask it answers."""
    names, ask = names_at(state), made.ask
    found = data(made, names)
    for row, item in zip(found["findings"], made.findings, strict=True):
        terms = item.clause.terms
        row["holder"] = name(names.parties, getattr(terms, "holder", -1)) or ""
    return {
        "supplier": name(names.parties, ask.supplier),
        "purpose": name(names.purposes, ask.purpose),
        "accelerator": name(names.accelerators, ask.accelerator),
        "region": name(names.regions, ask.region),
        "gpus": ask.gpus,
        "start": instant(ask.start_s),
        "end": instant(ask.end_s),
        "price": price(state, ask.price_micros_per_gpu_h),
        **found,
    }


def decided(state: State, ask: Ask, at_s: int) -> Decision:
    """The answer of the core to an ask: the same here as anywhere (D6)."""
    return decide(state.in_force.clauses, state.sourcing.facts, ask, at_s)


def why(state: State, lot: Lot, at_s: int) -> Data:
    """Every blocker of a requirement with its evidence, for each supplier, and what is next."""
    made = partition(state.in_force.rules, state.sourcing.facts, lot, at_s)
    parties, waits = names_at(state).parties, WAITING.get(lot.status)
    counts = {verdict.name.lower(): 0 for verdict in Verdict}
    for row in made:
        counts[row.verdict.name.lower()] += 1
    return {
        "requirement": lot.need.requirement,
        "status": status(state, lot),
        "at": instant(at_s),
        "waits_for": waits,
        "next": None if waits else step(state, next_step(state, lot, at_s)),
        "verdicts": counts,
        "decisions": [
            {**decision(state, row), "supplier": name_of(parties, row.ask.supplier)} for row in made
        ],
    }


def step(state: State, recorded: list[Recorded]) -> Data | None:
    """What would be next, and why; the awards that S4 proposes."""
    if not recorded:
        return None
    names, first = names_at(state), recorded[0]
    kind = EventKind(first.event.kind)
    awarded = [item for item in recorded if item.event.kind == EventKind.AWARDED]
    takes: dict[str, Any] = {names.parties[item.event.party]: item.event.gpus for item in awarded}
    clause = first.event.clause
    return {
        "step": STEPS.get(kind, kind.name.lower()),
        "why": first.why or None,
        "clause": names.clauses[clause] if clause >= 0 else None,
        "takes": takes or None,
    }
