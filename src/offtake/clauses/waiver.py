"""Waiver: the holder of a right consents to what its clause would forbid or delay.

The market's words: the *grantee* is the supplier it helps; a *transaction-specific* waiver
falls when price or counterparty changes; a standing one may hold at one price only. Rules WV1
to WV3: docs/reference/clauses/waiver.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.names import Names
from offtake.core.scope import covers
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import (
    NONE,
    SILENT,
    Act,
    Ask,
    BoundClause,
    ClauseType,
    Event,
    EventKind,
    Finding,
    Found,
    Period,
    Verdict,
)
from offtake.units.capacity import Size
from offtake.units.money import Money

EXHAUSTED, FALLEN = 301, 302


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote. ``suppliers`` in the scope are the grantees."""

    of: str = term(Value.CLAUSE, "The clause whose findings it lifts.")
    grantee: str = term(Value.PARTY, "The supplier whom it helps.")
    limit: Size | None = term(
        Value.SIZE, "The most capacity it covers; no limit if absent.", default=None
    )
    transaction: bool = term(Value.FLAG, "Whether it covers one transaction only.", default=False)
    price: Money | None = term(
        Value.MONEY, "The one price per GPU-hour it helps at; any if absent.", default=None
    )


class Terms(NamedTuple):
    """What was granted, and the waivers that orders are drawn from before this one."""

    purposes: int
    accelerators: int
    regions: int
    suppliers: int
    assets: int
    capacity: int
    acts: int
    of: int
    grantee: int
    limit_gpus: int
    transaction: int
    price_micros_per_gpu_h: int
    before: tuple["Before", ...] = ()


class Before(NamedTuple):
    """One version of a waiver that orders are drawn from first, if it is of the same clause."""

    clause: int
    from_s: int
    until_s: int
    terms: Terms


class Facts(NamedTuple):
    """How much of it is used, and how many transactions were signed under it."""

    used_gpus: int = 0
    transactions: int = 0
    before: tuple[tuple[int, int, int], ...] = ()  # The same of ``Before``, each by its clause.


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers. A waiver is a permission: it does not cover what is left open."""
    limit = text.limit
    return Terms(
        *scope_of(text, names, permission=True),
        of=names.clauses.index(text.of),
        grantee=names.parties.index(text.grantee),
        limit_gpus=NONE if limit is None else limit.in_gpus(names.watts_of(text.accelerators)),
        transaction=int(text.transaction),
        price_micros_per_gpu_h=NONE if text.price is None else text.price.micros,
    )


def beside(clause: BoundClause, waivers: Sequence[BoundClause]) -> Terms:
    """The terms with all waivers that come before: given later, or as late and written earlier.

    A consent is given for what is about to be signed. And only a waiver that is as old as
    another has heard of all that was drawn from that one.
    """
    given: dict[int, int] = {}
    for other in waivers:
        given[other.clause] = min(other.from_s, given.get(other.clause, other.from_s))
    turn = {index: (-from_s, index) for index, from_s in given.items()}
    first = [other for other in waivers if turn[other.clause] < turn[clause.clause]]
    first.sort(key=lambda other: turn[other.clause])
    before = tuple(
        Before(other.clause, other.from_s, other.until_s, other.terms._replace(before=()))
        for other in first
    )
    own: Terms = clause.terms
    return own._replace(before=before)


def standing(terms: Terms, facts: Facts, ask: Ask) -> int:
    """Whether it still helps: SILENT, or the finding that says why not (WV2, WV3).

    Only contracting uses a waiver up; what runs later on that capacity needs none left.
    """
    if ask.act != Act.SUPPLY:
        return SILENT
    if terms.transaction and facts.transactions > 0:
        return FALLEN
    if terms.price_micros_per_gpu_h not in (NONE, ask.price_micros_per_gpu_h):
        return FALLEN
    if terms.limit_gpus != NONE and facts.used_gpus + ask.gpus > terms.limit_gpus:
        return EXHAUSTED
    return SILENT


def rule(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> int:
    """Say why a waiver that fits no longer helps; it forbids nothing itself."""
    if ask.supplier != terms.grantee or not covers(terms, ask):
        return SILENT
    return standing(terms, facts, ask)


def lifts(clause: BoundClause, facts: Facts, ask: Ask, found: Found) -> bool:
    """Apply WV1: inside its scope, quantity and price it lifts the named clause's findings."""
    terms: Terms = clause.terms
    if found.clause.clause != terms.of or ask.supplier != terms.grantee:
        return False
    return bool(covers(terms, ask)) and standing(terms, facts, ask) == SILENT


def evolve(terms: Terms, facts: Facts, event: Event, clause: int) -> Facts:
    """Count what was ordered under it (WV2): what no waiver of the same clause took before."""
    if event.kind != EventKind.ORDERED:
        return facts
    known = {index: Facts(used, signed) for index, used, signed in facts.before}
    served = set()
    for other in terms.before:
        own = known.get(other.clause, Facts())
        in_force = other.from_s <= event.at_s < other.until_s
        if in_force and other.terms.of not in served and _helped(other.terms, own, event):
            known[other.clause] = _drawn(own, event)
            served.add(other.terms.of)
    before = tuple((index, *seen[:2]) for index, seen in sorted(known.items()))
    facts = facts._replace(before=before)
    helped = terms.of not in served and _helped(terms, facts, event)
    return _drawn(facts, event) if helped else facts


def _helped(terms: Terms, facts: Facts, event: Event) -> bool:
    """Whether an order was signed under a waiver: in its scope, with what was left, at its price.

    An order that does not say its price is taken to have kept the one agreed.
    """
    price = event.price_micros_per_gpu_h
    signed = Ask(
        Act.SUPPLY,
        supplier=event.party,
        purpose=event.purpose,
        accelerator=event.accelerator,
        region=event.region,
        gpus=event.gpus,
        price_micros_per_gpu_h=terms.price_micros_per_gpu_h if price == NONE else price,
    )
    fits = event.party == terms.grantee and covers(terms, signed)
    return bool(fits) and standing(terms, facts, signed) == SILENT


def _drawn(facts: Facts, event: Event) -> Facts:
    return facts._replace(
        used_gpus=facts.used_gpus + event.gpus, transactions=facts.transactions + 1
    )


def varies(terms: Terms) -> tuple[int, int]:
    """For contracting under a limit, at a price or once: quantity and price matter."""
    priced = terms.price_micros_per_gpu_h != NONE
    bounded = terms.limit_gpus != NONE or terms.transaction or priced
    return (int(Act.SUPPLY), terms.purposes) if bounded else (0, 0)


CLAUSE = ClauseType(
    code=3,
    name="waiver",
    text=Text,
    terms=Terms,
    lower=lower,
    facts=Facts,
    rules=("WV1", "WV2", "WV3"),
    parties=("grantee",),
    rule=rule,
    varies=varies,
    lifts=lifts,
    beside=beside,
    evolve=evolve,
    learns_of=frozenset({EventKind.ORDERED}),
    findings=(
        Finding(
            EXHAUSTED,
            Verdict.PERMIT,
            "WV2",
            "WaiverExhausted",
            "a waiver for {grantee} covers {limit_gpus} GPUs, of which {used_gpus} are used",
        ),
        Finding(
            FALLEN,
            Verdict.PERMIT,
            "WV3",
            "WaiverFallen",
            "a waiver for {grantee} was given at another price, or for one transaction, now signed",
        ),
    ),
)
