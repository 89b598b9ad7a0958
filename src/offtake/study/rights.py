"""Who may supply and run what, and when that changes: the decisions of a portfolio over time."""

from collections.abc import Sequence
from itertools import pairwise

from offtake.contract.portfolio import Portfolio
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS
from offtake.core.explain import sentence
from offtake.core.names import BUYER, UNSTATED, Names
from offtake.core.vocabulary import Act, Ask, BoundClause, Capacity, Decision, Verdict
from offtake.report.figures import Lane, RightsMap, Span
from offtake.units.time import DAY_S, FOREVER_S


def suppliers_of(portfolio: Portfolio) -> list[int]:
    """The parties that may supply, the buyer first: it may build."""
    names = portfolio.names
    roles = {party.id: party.roles for party in portfolio.document.parties}
    parties = range(len(names.parties))
    return [n for n in parties if n == BUYER or "supplier" in roles.get(names.parties[n], ())]


def ask_about(act: Act, *, supplier: int, purpose: int, at_s: int) -> Ask:
    """The plainest ask of a kind: one GPU, nothing else stated."""
    return Ask(
        act,
        supplier=supplier,
        purpose=purpose,
        accelerator=UNSTATED,
        start_s=at_s,
        end_s=at_s + DAY_S,
        capacity=Capacity.NEW if act == Act.SUPPLY else Capacity.EXISTING,
        own=int(supplier == BUYER),
    )


def turns(clauses: Sequence[BoundClause], from_s: int, until_s: int) -> list[int]:
    """The instants within a period at which a clause enters or leaves force, and its ends."""
    edges = {edge for clause in clauses for edge in (clause.from_s, clause.until_s)}
    inside = {edge for edge in edges if from_s < edge < until_s}
    return sorted({from_s, until_s, *inside})


def rights_map(
    portfolio: Portfolio,
    act: Act,
    period: tuple[int, int],
    clauses: Sequence[BoundClause] | None = None,
) -> RightsMap:
    """The rights map: a lane for each supplier and purpose; purposes that never differ merged."""
    in_use = portfolio.clauses if clauses is None else clauses
    edges = turns(in_use, *period)
    lanes: list[Lane] = []
    for supplier in suppliers_of(portfolio):
        by_spans: dict[tuple[Span, ...], list[str]] = {}
        for purpose, name in enumerate(portfolio.names.purposes):
            asks = [
                ask_about(act, supplier=supplier, purpose=purpose, at_s=edge) for edge in edges[:-1]
            ]
            spans = _spans(portfolio.names, in_use, asks, edges)
            by_spans.setdefault(tuple(span._replace(says="") for span in spans), []).append(name)
        title = portfolio.names.title(supplier)
        title = f"{title} (own build)" if supplier == BUYER else title
        lanes += [
            Lane(title, _named(purposes, portfolio.names.purposes), spans)
            for spans, purposes in by_spans.items()
        ]
    what = "supply new capacity" if act == Act.SUPPLY else "run"
    title = f"{portfolio.document.title or 'Portfolio'}: who may {what}"
    return RightsMap(title, *period, tuple(lanes))


def _named(purposes: Sequence[str], known: Sequence[str]) -> str:
    """A set of purposes in the fewest words."""
    others = [name for name in known if name not in purposes]
    if not others:
        return "all purposes"
    return f"all but {', '.join(others)}" if len(others) < len(purposes) else ", ".join(purposes)


def _spans(
    names: Names, clauses: Sequence[BoundClause], asks: Sequence[Ask], edges: Sequence[int]
) -> list[Span]:
    """The verdicts between the edges, equal neighbours joined."""
    spans: list[Span] = []
    for ask, (from_s, until_s) in zip(asks, pairwise(edges), strict=True):
        decision = decide(clauses, NO_FACTS, ask, from_s)
        span = Span(
            from_s,
            until_s,
            decision.verdict.name.lower(),
            causes(decision),
            says(decision, names),
        )
        if spans and spans[-1][2:4] == span[2:4]:
            spans[-1] = spans[-1]._replace(until_s=until_s)
        else:
            spans.append(span)
    return spans


def causes(decision: Decision) -> tuple[str, ...]:
    """The clauses a verdict rests on; for a permission the waivers it needed."""
    if decision.verdict is Verdict.PERMIT:
        return tuple(dict.fromkeys(waived.by.clause_id for waived in decision.waived))
    return tuple(
        dict.fromkeys(
            found.clause.clause_id
            for found in decision.findings
            if found.finding.verdict is decision.verdict
        )
    )


def says(decision: Decision, names: Names) -> str:
    """The first finding as a sentence; empty when no clause objects."""
    if not decision.findings:
        return ""
    return sentence(decision.findings[0], decision.ask, names, decision.at_s)


def horizon(portfolio: Portfolio) -> tuple[int, int]:
    """From the first agreement to the end of the simulation, or a year past the last change."""
    starts = [clause.from_s for clause in portfolio.clauses]
    ends = [clause.until_s for clause in portfolio.clauses if clause.until_s < FOREVER_S]
    until_s = portfolio.document.simulation.ends
    if until_s < 0:
        until_s = max([*starts, *ends], default=0) + 365 * DAY_S
    return min(starts, default=0), until_s
