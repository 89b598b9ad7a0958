"""Build right: the buyer may build and run capacity of its own, for stated purposes.

The market's words: *primarily* training means that training keeps the stated share of the
GPU-hours, measured over consecutive periods. Rules BR1 and BR2:
docs/reference/clauses/build_right.md.
"""

from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.names import UNSTATED, Names
from offtake.core.scope import covers
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import (
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
from offtake.units.capacity import PPM
from offtake.units.time import Duration

OUTSIDE_BUILD_RIGHT, SHARE_NOT_KEPT = 20_401, 20_402


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote. ``purposes`` are those the build is for."""

    grantee: str = term(Value.PARTY, "Who may build.")
    partners: tuple[str, ...] | None = term(
        Value.PARTIES, "With whom it may build, for the record.", default=None
    )
    primarily: int | None = term(
        Value.SHARE,
        "The share of GPU-hours its purposes must keep; only those purposes if absent.",
        default=None,
    )
    measured_over: Duration = term(
        Value.DURATION,
        "The length of the periods the share is measured over.",
        default=Duration(90, "d"),
    )


class Terms(NamedTuple):
    """What was granted; ``primarily_ppm`` 0 means the purposes only."""

    purposes: int
    accelerators: int
    regions: int
    suppliers: int
    assets: int
    capacity: int
    acts: int
    grantee: int
    primarily_ppm: int
    measured_over_s: int
    measured_from_at_s: int


class Facts(NamedTuple):
    """GPU-seconds run on own capacity in the latest measuring period with any."""

    period: int = 0
    listed_gpu_s: int = 0
    other_gpu_s: int = 0


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers."""
    return Terms(
        *scope_of(text, names, permission=True),
        grantee=names.parties.index(text.grantee),
        primarily_ppm=text.primarily or 0,
        measured_over_s=text.measured_over.longest_s,
        measured_from_at_s=period.from_s,
    )


def lifts(clause: BoundClause, facts: Facts, ask: Ask, found: Found) -> bool:
    """Apply BR1: for its purposes it lifts what its own agreement says against building."""
    if ask.act == Act.USE or not ask.own or ask.supplier != clause.terms.grantee:
        return False
    return found.clause.agreement == clause.agreement and bool(covers(clause.terms, ask))


def rule(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> int:
    """Apply BR2 to what would run on own capacity."""
    if ask.act != Act.RUN or not ask.own or ask.supplier != terms.grantee:
        return SILENT
    if terms.purposes >> ask.purpose & 1:
        return SILENT
    if not terms.primarily_ppm:
        return OUTSIDE_BUILD_RIGHT
    return SILENT if _keeps_share(terms, facts, ask, now_s) else SHARE_NOT_KEPT


def _keeps_share(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> bool:
    """Whether the listed purposes would still have their share once the ask has run."""
    current = _period(terms, now_s) == facts.period
    listed_gpu_s = facts.listed_gpu_s if current else 0
    other_gpu_s = (facts.other_gpu_s if current else 0) + ask.gpus * (ask.end_s - ask.start_s)
    return listed_gpu_s * PPM >= terms.primarily_ppm * (listed_gpu_s + other_gpu_s)


def _period(terms: Terms, at_s: int) -> int:
    return (at_s - terms.measured_from_at_s) // terms.measured_over_s


def evolve(terms: Terms, facts: Facts, event: Event, clause: int) -> Facts:
    """Add what was run on own capacity; a new measuring period starts from nothing."""
    if event.kind != EventKind.USAGE_RECORDED or not event.own or event.party != terms.grantee:
        return facts
    period = _period(terms, event.at_s)
    if period != facts.period:
        facts = Facts(period=period)
    used_gpu_s = event.gpus * (event.end_s - event.start_s)
    if event.purpose != UNSTATED and terms.purposes >> event.purpose & 1:
        return facts._replace(listed_gpu_s=facts.listed_gpu_s + used_gpu_s)
    return facts._replace(other_gpu_s=facts.other_gpu_s + used_gpu_s)


def varies(terms: Terms) -> tuple[int, int]:
    """For running other purposes while a share is kept: how much would run matters (BR2)."""
    return (int(Act.RUN), -1) if terms.primarily_ppm else (0, 0)


CLAUSE = ClauseType(
    code=4,
    name="build_right",
    text=Text,
    terms=Terms,
    lower=lower,
    facts=Facts,
    rules=("BR1", "BR2"),
    parties=("grantee",),
    rule=rule,
    varies=varies,
    lifts=lifts,
    evolve=evolve,
    findings=(
        Finding(
            OUTSIDE_BUILD_RIGHT,
            Verdict.DENY,
            "BR2",
            "OutsideBuildRight",
            "{grantee} may run only {purposes} on what it builds, not {purpose}",
        ),
        Finding(
            SHARE_NOT_KEPT,
            Verdict.DENY,
            "BR2",
            "ShareNotKept",
            "on what {grantee} builds, {purposes} must keep {primarily} of the GPU-hours; they "
            "have {listed_gpu_h} of {total_gpu_h} GPU-hours in this period",
        ),
    ),
)
