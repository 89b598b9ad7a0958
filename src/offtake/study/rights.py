"""Who may supply and run what, and when that changes: the decisions of a portfolio over time."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from offtake.contract.portfolio import Portfolio
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS
from offtake.core.explain import sentence
from offtake.core.names import BUYER, UNSTATED, Names
from offtake.core.vocabulary import Act, Ask, BoundClause, Capacity, Decision, Verdict
from offtake.report.figures import Lane, RightsMap, Span
from offtake.units.time import DAY_S, FOREVER_S

ALL_PURPOSES = "all purposes"


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


class Rules(NamedTuple):
    """Clauses under a name: those of a regime."""

    title: str
    clauses: Sequence[BoundClause]


def rights_map(
    portfolio: Portfolio,
    act: Act,
    period: tuple[int, int],
    clauses: Sequence[BoundClause] | None = None,
) -> RightsMap:
    """The rights map: a lane for each supplier and purpose; purposes that never differ merged."""
    rules = Rules("", portfolio.clauses if clauses is None else clauses)
    return rights_maps(portfolio, act, period, [rules])


def rights_maps(
    portfolio: Portfolio, act: Act, period: tuple[int, int], sets: Sequence[Rules]
) -> RightsMap:
    """The rights maps of several sets of clauses in one, so that their lanes stand together.

    A lane for each supplier, purpose and set; purposes that differ under none of the sets are
    merged, and so are sets that give one lane.
    """
    lanes: list[Lane] = []
    known = portfolio.names.purposes
    for supplier in suppliers_of(portfolio):
        by_spans: dict[tuple[tuple[Span, ...], ...], list[str]] = {}
        said: dict[tuple[tuple[Span, ...], ...], list[list[Span]]] = {}
        for purpose, name in enumerate(known):
            asked = (act, supplier, purpose)
            found = [_asked(portfolio.names, rules, asked, period) for rules in sets]
            alike = tuple(tuple(span._replace(says="") for span in spans) for spans in found)
            by_spans.setdefault(alike, []).append(name)
            said.setdefault(alike, found)
        for alike, purposes in by_spans.items():
            lane = Lane(
                _title(portfolio.names, supplier),
                _named(purposes, known),
                (),
                portfolio.names.parties[supplier],
                tuple(purposes),
            )
            lanes += _lanes(lane, said[alike], sets)
    what = "supply new capacity" if act == Act.SUPPLY else "run"
    title = f"{portfolio.document.title or 'Portfolio'}: who may {what}"
    return RightsMap(title, *period, tuple(lanes))


def _asked(
    names: Names, rules: Rules, asked: tuple[Act, int, int], period: tuple[int, int]
) -> list[Span]:
    """The spans of one act, supplier and purpose under a set of clauses."""
    act, supplier, purpose = asked
    edges = turns(rules.clauses, *period)
    asks = [ask_about(act, supplier=supplier, purpose=purpose, at_s=edge) for edge in edges[:-1]]
    return _spans(names, rules.clauses, asks, edges)


def _lanes(whole: Lane, found: Sequence[list[Span]], sets: Sequence[Rules]) -> list[Lane]:
    """The lanes of one supplier and some purposes: one for each set of clauses that differs."""
    if len(sets) == 1:
        return [whole._replace(spans=tuple(found[0]))]
    groups: dict[tuple[Span, ...], list[str]] = {}
    for spans, rules in zip(found, sets, strict=True):
        groups.setdefault(tuple(spans), []).append(rules.title)
    lanes = []
    for alike, titles in groups.items():
        of = [] if whole.purpose == ALL_PURPOSES else [whole.purpose]
        under = [] if len(titles) == len(sets) else ["; ".join(titles)]
        label = ": ".join(of + under) or ALL_PURPOSES
        lanes.append(whole._replace(purpose=label, spans=alike))
    return lanes


def runs_map(
    portfolio: Portfolio, period: tuple[int, int], sets: Sequence[Rules]
) -> RightsMap | None:
    """Where work may run, at the suppliers that have pools or may get them; None if anywhere."""
    figure = rights_maps(portfolio, Act.RUN, period, sets)
    document, names = portfolio.document, portfolio.names
    running = {pool.supplier for pool in document.pools}
    running |= {behavior.supplier for behavior in document.behaviors}
    titles = {_title(names, names.parties.index(party)) for party in running}
    lanes = tuple(lane for lane in figure.lanes if lane.supplier in titles)
    return figure._replace(lanes=lanes) if restricts(figure._replace(lanes=lanes)) else None


def _title(names: Names, supplier: int) -> str:
    """A supplier on a map; the buyer supplies what it builds."""
    title = names.title(supplier)
    return f"{title} (own build)" if supplier == BUYER else title


def restricts(figure: RightsMap) -> bool:
    """Whether any clause speaks on a map."""
    return any(span.clauses for lane in figure.lanes for span in lane.spans)


def _named(purposes: Sequence[str], known: Sequence[str]) -> str:
    """A set of purposes in the fewest words."""
    others = [name for name in known if name not in purposes]
    if not others:
        return ALL_PURPOSES
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
