"""Option: the buyer may order up to a quantity at a price agreed before, within a window.

The market's words: the option is *open* within its *exercise window*; an order at its price
*exercises* it; the *premium* is paid for having it. Rules OP1 to OP4:
docs/reference/clauses/option.md.
"""

from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.account import Account, Charge
from offtake.core.names import Names
from offtake.core.scope import covers
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import (
    NONE,
    SILENT,
    Act,
    Ask,
    ClauseType,
    Event,
    EventKind,
    Finding,
    Period,
    Verdict,
)
from offtake.units.capacity import Size
from offtake.units.money import Money
from offtake.units.time import DAY_S, FOREVER_S

OPEN, CLOSED, USED_UP = 1301, 1302, 1303


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote."""

    supplier: str = term(Value.PARTY, "Who is bound to deliver.")
    price: Money = term(Value.MONEY, "The price per GPU-hour at which it may be ordered.")
    limit: Size = term(Value.SIZE, "The most that may be ordered in all.")
    opens: int | None = term(
        Value.INSTANT, "From when it may be exercised; the clause's first day.", default=None
    )
    closes: int | None = term(
        Value.INSTANT, "Until when it may be exercised; the clause's end.", default=None
    )
    premium: Money | None = term(
        Value.MONEY, "What is paid for it when the clause begins.", default=None
    )


class Terms(NamedTuple):
    """What the parties agreed."""

    purposes: int
    accelerators: int
    regions: int
    suppliers: int
    assets: int
    capacity: int
    acts: int
    supplier: int
    price_micros_per_gpu_h: int
    limit_gpus: int
    opens_at_s: int
    closes_at_s: int
    premium_micros: int
    from_at_s: int


class Facts(NamedTuple):
    """How much of it is exercised."""

    used_gpus: int = 0


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers. An option is a permission: it does not cover what is left open."""
    return Terms(
        *scope_of(text, names, permission=True),
        supplier=names.parties.index(text.supplier),
        price_micros_per_gpu_h=text.price.micros,
        limit_gpus=text.limit.in_gpus(names.watts_of(text.accelerators)),
        opens_at_s=period.from_s if text.opens is None else text.opens,
        closes_at_s=period.until_s if text.closes is None else text.closes,
        premium_micros=0 if text.premium is None else text.premium.micros,
        from_at_s=period.from_s,
    )


def rule(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> int:
    """Say whether what is asked is inside the option; it forbids nothing (OP1 to OP3)."""
    if ask.act != Act.SUPPLY or not _is_at_its_price(terms, ask):
        return SILENT
    if not terms.opens_at_s <= now_s < terms.closes_at_s:
        return CLOSED
    return USED_UP if facts.used_gpus + ask.gpus > terms.limit_gpus else OPEN


def _is_at_its_price(terms: Terms, ask: Ask) -> bool:
    """Whether an ask is of what the option is about, at its price or at none."""
    if ask.price_micros_per_gpu_h not in (NONE, terms.price_micros_per_gpu_h):
        return False
    return ask.supplier == terms.supplier and bool(covers(terms, ask))


def evolve(terms: Terms, facts: Facts, event: Event, clause: int) -> Facts:
    """Count an order at its price, within its window and its limit, as an exercise (OP3)."""
    if event.kind != EventKind.ORDERED:
        return facts
    ordered = Ask(
        Act.SUPPLY,
        supplier=event.party,
        purpose=event.purpose,
        accelerator=event.accelerator,
        region=event.region,
        gpus=event.gpus,
        price_micros_per_gpu_h=event.price_micros_per_gpu_h,
    )
    if rule(terms, facts, ordered, event.at_s) != OPEN:
        return facts
    return Facts(facts.used_gpus + event.gpus)


def charge(terms: Terms, account: Account) -> list[Charge]:
    """The premium, when the clause begins (OP4)."""
    if not terms.premium_micros or not account.has_start(terms.from_at_s):
        return []
    parties = account.buyer, terms.supplier
    start_s, closes_s = terms.from_at_s, terms.closes_at_s
    end_s = closes_s if start_s < closes_s < FOREVER_S else start_s + DAY_S
    return [Charge("OP4", *parties, terms.premium_micros, start_s, end_s, due_at_s=start_s)]


def varies(terms: Terms) -> tuple[int, int]:
    """For contracting what it is about: quantity and price matter."""
    return int(Act.SUPPLY), terms.purposes


def instants(terms: Terms) -> tuple[int, ...]:
    """When it opens and closes."""
    edges = terms.opens_at_s, terms.closes_at_s
    return tuple(edge for edge in edges if edge < FOREVER_S)


CLAUSE = ClauseType(
    code=13,
    name="option",
    text=Text,
    terms=Terms,
    lower=lower,
    facts=Facts,
    rules=("OP1", "OP2", "OP3", "OP4"),
    parties=("supplier",),
    rule=rule,
    evolve=evolve,
    learns_of=frozenset({EventKind.ORDERED}),
    charge=charge,
    varies=varies,
    instants=instants,
    findings=(
        Finding(
            OPEN,
            Verdict.PERMIT,
            "OP1",
            "OptionOpen",
            "an option on {limit_gpus} GPUs of {supplier}, of which {used_gpus} are ordered, may "
            "be exercised until {closes_at}",
        ),
        Finding(
            CLOSED,
            Verdict.PERMIT,
            "OP2",
            "OptionClosed",
            "an option on {limit_gpus} GPUs of {supplier} may be exercised from {opens_at} to "
            "{closes_at} only",
        ),
        Finding(
            USED_UP,
            Verdict.PERMIT,
            "OP3",
            "OptionUsedUp",
            "an option covers {limit_gpus} GPUs of {supplier}, of which {used_gpus} are ordered",
        ),
    ),
)
