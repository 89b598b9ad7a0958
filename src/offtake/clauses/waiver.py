"""Waiver: the holder of a right consents to what its clause would forbid or delay.

The market's words: the *grantee* is the supplier it helps; a *transaction-specific* waiver
falls when price or counterparty changes. Rules WV1 to WV3:
docs/reference/clauses/waiver.md.
"""

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
    transaction: bool = term(
        Value.FLAG, "Whether it covers one transaction at one price.", default=False
    )
    price: Money | None = term(
        Value.MONEY, "The price per GPU-hour it was given for.", default=None
    )


class Terms(NamedTuple):
    """What was granted."""

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


class Facts(NamedTuple):
    """How much of it is used, and how many transactions were signed under it."""

    used_gpus: int = 0
    transactions: int = 0


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


def standing(terms: Terms, facts: Facts, ask: Ask) -> int:
    """Whether it still helps: SILENT, or the finding that says why not (WV2, WV3).

    Only contracting uses a waiver up; what runs later on that capacity needs none left.
    """
    if ask.act != Act.SUPPLY:
        return SILENT
    if terms.transaction and (
        facts.transactions > 0
        or terms.price_micros_per_gpu_h not in (NONE, ask.price_micros_per_gpu_h)
    ):
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
    """Count what was ordered under it (WV2)."""
    if event.kind != EventKind.ORDERED or event.party != terms.grantee:
        return facts
    signed = Ask(
        Act.SUPPLY,
        supplier=event.party,
        purpose=event.purpose,
        accelerator=event.accelerator,
        region=event.region,
    )
    if not covers(terms, signed):
        return facts
    return Facts(facts.used_gpus + event.gpus, facts.transactions + 1)


def varies(terms: Terms) -> tuple[int, int]:
    """For contracting under a limit or for one transaction: quantity and price matter."""
    bounded = terms.limit_gpus != NONE or terms.transaction
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
    evolve=evolve,
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
            "a waiver for {grantee} was given for one transaction at another price",
        ),
    ),
)
