"""Build right: the buyer may build and run capacity of its own, for stated purposes.

The market's words: *primarily* training means that training keeps the stated share of the
GPU-hours, measured over consecutive periods. Rules BR1 and BR2:
docs/reference/clauses/build_right.md.
"""

from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.names import ALL, UNSTATED, Names
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
from offtake.units.time import Duration, after

LIMIT_PERIODS = 1_000
"""The most measuring periods that one use counts in, from the one it is recorded in."""
CODES = OUTSIDE_BUILD_RIGHT, SHARE_NOT_KEPT = 20_401, 20_402


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
    measured_over: Duration
    measured_from_at_s: int


class Ran(NamedTuple):
    """GPU-seconds run on own capacity in one measuring period of one version of the right."""

    measured_from_at_s: int  # The version, by the day its periods are counted from.
    number: int
    listed_gpu_s: int
    other_gpu_s: int


class Facts(NamedTuple):
    """What ran, or is running, in the latest measuring period and those after it."""

    ran: tuple[Ran, ...] = ()


class Share(NamedTuple):
    """The GPU-seconds of a measuring period, for explanations."""

    listed_gpu_s: int
    total_gpu_s: int


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers."""
    return Terms(
        *scope_of(text, names, permission=True),
        grantee=names.parties.index(text.grantee),
        primarily_ppm=text.primarily or 0,
        measured_over=text.measured_over,
        measured_from_at_s=period.from_s,
    )


def lifts(clause: BoundClause, facts: Facts, ask: Ask, found: Found) -> bool:
    """Apply BR1: inside its scope it lifts what its own agreement says against building.

    Running other purposes under ``primarily`` is left to BR2 alone. What does not concern the
    listed purposes at all, such as a promise about an API, does not stand against building.
    """
    terms: Terms = clause.terms
    if ask.act == Act.USE or not ask.own or ask.supplier != terms.grantee:
        return False
    if found.clause.agreement != clause.agreement:
        return False
    if covers(terms, ask):
        return True
    if not terms.primarily_ppm or ask.act != Act.RUN or found.finding.code in CODES:
        return False
    against_building = found.clause.terms.purposes & terms.purposes
    return bool(against_building and covers(terms._replace(purposes=ALL), ask))


def rule(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> int:
    """Apply BR2 to what would run on own capacity inside the scope."""
    if ask.act != Act.RUN or not ask.own or ask.supplier != terms.grantee:
        return SILENT
    if not _concerns(terms, ask) or terms.purposes >> ask.purpose & 1:
        return SILENT
    if not terms.primarily_ppm:
        return OUTSIDE_BUILD_RIGHT
    return SILENT if _keeps_share(terms, facts, ask, now_s) else SHARE_NOT_KEPT


def _concerns(terms: Terms, ask: Ask) -> int:
    """Whether the ask, whatever its purpose, is in scope; what it leaves open is, for BR2 denies.

    The terms' own bits are those of a permission (BR1), which what is left open is not.
    """
    left_open = 1 << UNSTATED
    restricted = terms._replace(
        purposes=ALL,
        accelerators=terms.accelerators | left_open,
        regions=terms.regions | left_open,
        suppliers=terms.suppliers | left_open,
        assets=terms.assets | left_open,
    )
    return covers(restricted, ask)


def _keeps_share(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> bool:
    """Whether the listed purposes would still have their share once the ask has run.

    Of the ask counts what would run in the period it starts in.
    """
    at_s = max(now_s, ask.start_s)
    ends_s = _begins_s(terms, _period(terms, at_s) + 1)
    asked_gpu_s = ask.gpus * min(ask.end_s - ask.start_s, ends_s - at_s)
    listed_gpu_s, total_gpu_s = figures(terms, facts, ask, now_s)
    return listed_gpu_s * PPM >= terms.primarily_ppm * (total_gpu_s + asked_gpu_s)


def figures(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> Share:
    """What has run in the measuring period that an ask would start in."""
    number = _period(terms, max(now_s, ask.start_s))
    for row in facts.ran:
        if (row.measured_from_at_s, row.number) == (terms.measured_from_at_s, number):
            return Share(row.listed_gpu_s, row.listed_gpu_s + row.other_gpu_s)
    return Share(0, 0)


def _period(terms: Terms, at_s: int) -> int:
    """The number of the measuring period an instant lies in; -1 before the first."""
    passed_s = at_s - terms.measured_from_at_s
    number = passed_s // terms.measured_over.longest_s
    while number >= 0 and _begins_s(terms, number + 1) <= at_s:
        number += 1  # Civil periods are shorter than the longest of their kind.
    return max(number, -1)


def _begins_s(terms: Terms, number: int) -> int:
    """The start of a measuring period: counted on the calendar from the first day of the right."""
    over = terms.measured_over
    return after(terms.measured_from_at_s, Duration(over.number * number, over.unit))


def evolve(terms: Terms, facts: Facts, event: Event, clause: int) -> Facts:
    """Add what was run on own capacity to the measuring periods it ran in.

    Periods that ended before the event are forgotten: nobody asks about them any more. What
    runs on counts in ``LIMIT_PERIODS`` periods at most.
    """
    if event.kind != EventKind.USAGE_RECORDED or not event.own or event.party != terms.grantee:
        return facts
    from_s = terms.measured_from_at_s
    now = _period(terms, event.at_s)
    ran = {
        row.number: row
        for row in facts.ran
        if row.measured_from_at_s == from_s and row.number >= now
    }
    listed = event.purpose != UNSTATED and terms.purposes >> event.purpose & 1
    last = min(_period(terms, event.end_s), now + LIMIT_PERIODS - 1)
    for number in range(max(_period(terms, event.start_s), now), last + 1):
        begins_s, ends_s = _begins_s(terms, number), _begins_s(terms, number + 1)
        inside_s = min(event.end_s, ends_s) - max(event.start_s, begins_s)
        if inside_s > 0:
            row = ran.get(number, Ran(from_s, number, 0, 0))
            used_gpu_s = event.gpus * inside_s
            ran[number] = row._replace(
                listed_gpu_s=row.listed_gpu_s + (used_gpu_s if listed else 0),
                other_gpu_s=row.other_gpu_s + (0 if listed else used_gpu_s),
            )
    return Facts(tuple(ran[number] for number in sorted(ran)))


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
    figures=figures,
    lifts=lifts,
    evolve=evolve,
    learns_of=frozenset({EventKind.USAGE_RECORDED}),
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
