"""The words that clauses and engines share: asks, findings, events, decisions."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from immutables import Map

from offtake.core.names import UNSTATED
from offtake.units.time import FOREVER_S, NEVER

SILENT = 0
"""The finding of a clause that has nothing to say about an ask."""
NONE = -1
"""No value: an ask or event that does not state this quantity."""


class Verdict(IntEnum):
    """Ordered by severity: the verdict on an ask is the worst of its findings (D1)."""

    PERMIT = 0
    HOLD = 1  # Permitted later, once the named obligation is discharged.
    DENY = 2


class Act(IntEnum):
    """What is asked. Each is a bit, so that a scope can name several."""

    SUPPLY = 1  # May the buyer contract this supplier for this lot, on these terms, now?
    RUN = 2  # May a job of this purpose run on this supplier's pool, now?
    USE = 4  # May this party use or sell this asset through this channel, now?


class Capacity(IntEnum):
    """Whether an ask concerns capacity still to be contracted. Bits, as in ``Act``."""

    NEW = 1
    EXISTING = 2


class AppliesTo(IntEnum):
    """Which clauses a supply ask meets: those in force when signed, or when it runs (D2)."""

    SIGNATURE = 0
    SERVICE = 1
    BOTH = 2


class Ask(NamedTuple):
    """A question put to the contracts. Indices are those of ``Names``.

    ``supplier`` is the party whose capacity it is; for a use ask the party whose platform
    is the channel. ``own`` is 1 for capacity the buyer builds. Service runs during the
    half-open ``[start_s, end_s)``.
    """

    act: int
    supplier: int = UNSTATED
    purpose: int = UNSTATED
    accelerator: int = UNSTATED
    region: int = UNSTATED
    gpus: int = 1
    start_s: int = 0
    end_s: int = 1
    price_micros_per_gpu_h: int = NONE
    prepaid_ppm: int = NONE
    capacity: int = Capacity.NEW
    own: int = 0
    lot: int = NONE
    user: int = UNSTATED
    asset: int = UNSTATED
    product: int = UNSTATED


class EventKind(IntEnum):
    """What can happen. Numbers are permanent, because journals store them."""

    REQUIREMENT_SUBMITTED = 1
    REQUIREMENT_WITHDRAWN = 2
    NOTICE_GIVEN = 3
    ACCEPTED = 4
    REFUSED = 5
    LAPSED = 6
    TENDER_OPENED = 7
    OFFER_MADE = 8
    TENDER_CLOSED = 9
    AWARDED = 10
    ORDERED = 11
    DELIVERED = 12
    TRANCHE_LATE = 13
    TRANCHE_ENDED = 14
    SERVICE_ENDED = 15
    UNSERVED = 16
    DEFAULT_DECLARED = 17
    DEFAULT_CURED = 18
    USAGE_RECORDED = 19
    REQUIREMENT_CHANGED = 20
    AWARD_CANCELED = 21


class Event(NamedTuple):
    """Something that happened: what, when, and the figures that clauses may need.

    ``clause`` is an index into ``Names.clauses``; an event without one concerns them all.
    ``party`` is who acted or who supplies. Quantities not stated are ``NONE``. A notice of a
    part says of how many GPUs (``of_gpus``; 0: of all). Deadlines that a calendar sets are worked
    out when the event is recorded, so that rules compare integers: when an answer is due, until
    when an accepted lot waits for an order, until when others may be contracted
    (``fallen_until_at_s``: when no order was signed), and how late they may start.
    """

    kind: int
    at_s: int
    lot: int = NONE
    clause: int = NONE
    party: int = UNSTATED
    purpose: int = UNSTATED
    accelerator: int = UNSTATED
    region: int = UNSTATED
    gpus: int = 0
    start_s: int = NONE
    end_s: int = NONE
    price_micros_per_gpu_h: int = NONE
    prepaid_ppm: int = NONE
    due_at_s: int = NEVER
    rank: int = 0
    order: int = NONE
    tranche: int = NONE
    own: int = 0
    tranches: int = 1
    spacing_s: int = 0
    lead_s: int = 0
    of_gpus: int = 0
    order_due_at_s: int = NEVER
    free_until_at_s: int = NEVER
    fallen_until_at_s: int = NEVER
    start_until_at_s: int = NEVER


class Finding(NamedTuple):
    """What one clause says of one ask.

    Codes are permanent, because journals store them: severity x 10,000, clause code x 100,
    then a serial. Severity leads, so the worst finding is the greatest code.
    """

    code: int
    verdict: Verdict
    rule: str  # Rule number in docs/reference/clauses, e.g. "FR4".
    reason: str  # A permanent CamelCase token, e.g. "WindowOpen".
    says: str  # A sentence with places for the figures: "{holder} may answer until {due_at}".


class Obligation(NamedTuple):
    """Who must do what by when before a HOLD dissolves (D4)."""

    party: int
    act: str
    due_at_s: int


def never(terms: Any) -> tuple[int, int]:
    """For kinds whose answer depends on the named parts of an ask only, not on its figures."""
    return 0, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseType:
    """One kind of clause, by facet. A facet left out: this kind has no say there."""

    code: int
    name: str
    text: type  # What people write: a frozen dataclass with declared terms.
    terms: type  # What rules see: a NamedTuple of integers.
    lower: Callable[..., Any]  # (text, names, period) -> terms
    facts: type | None = None
    per_lot: bool = False  # Facts are kept for each lot, not for the clause as a whole.
    findings: tuple[Finding, ...] = ()
    rules: tuple[str, ...] = ()  # Every numbered rule; each has a golden case and a page.
    parties: tuple[str, ...] = ()  # The fields of terms and facts that are parties.
    rule: Callable[..., int] | None = None  # May this be done?
    lifts: Callable[..., int] | None = None  # Does it set aside that clause's finding?
    obligation: Callable[..., Obligation] | None = None  # What must happen first?
    evolve: Callable[..., Any] | None = None  # What did that event change?
    learns_of: frozenset[EventKind] | None = None  # Of others it learns nothing; None: any may.
    of_all: tuple[EventKind, ...] | None = None  # Without a lot, what changes all; None: any may.
    binds: Callable[[Any], bool] | None = None  # Does a round stand that keeps its terms (S9)?
    price: Callable[..., Any] | None = None  # What does this use cost?
    least: Callable[..., int | None] | None = None  # What is its lowest price in a scope?
    repriced: Callable[..., tuple[int, ...]] | None = None  # When do its prices change?
    charge: Callable[..., Any] | None = None  # What is due for the period?
    floor: Callable[..., Any] | None = None  # What was promised to be taken, by period?
    about: Callable[..., Any] | None = None  # Which uses does that floor concern?
    short: Callable[..., Any] | None = None  # What is missing of a floor, and at what rate?
    carried: Callable[..., Any] | None = None  # What do earlier periods bring to a floor?
    sums: Callable[..., Any] | None = None  # Which uses must be added up for its charge?
    closes: Callable[..., bool] | None = None  # Is what it leaves unpriced not the list's to price?
    remedy: Callable[..., Any] | None = None  # What may be ended, after what went wrong?
    varies: Callable[..., tuple[int, int]] | None = None  # (acts, purposes) where figures matter.
    instants: Callable[..., tuple[int, ...]] | None = None  # When its answer changes by itself.
    beside: Callable[..., Any] | None = None  # Its terms, read with others of its kind.
    figures: Callable[..., Any] | None = None  # What its sentences need beside terms and facts.
    quantities: Callable[..., tuple[int, ...]] | None = None  # The GPUs beyond which it changes.

    def __post_init__(self) -> None:
        for finding in self.findings:
            assert finding.code // 10_000 == finding.verdict, finding
            assert finding.code % 10_000 // 100 == self.code, finding


class Period(NamedTuple):
    """When a version of a clause is in force, and until when it was agreed to be.

    An amendment that cuts a clause short does not change what its parties had agreed before:
    who looks at the term left in 2024 does not know an amendment of 2025.
    """

    from_s: int
    until_s: int
    agreed_until_s: int


class BoundClause(NamedTuple):
    """One version of a clause: its kind, its terms, and when it is in force.

    Versions of one clause share ``clause`` (its index in ``Names.clauses``) and so their
    facts; their periods ``[from_s, until_s)`` do not overlap.
    """

    clause: int
    clause_id: str  # "MSFT-1/first-refusal"
    agreement: str
    kind: ClauseType
    terms: Any
    from_s: int = 0
    until_s: int = FOREVER_S
    applies_to: int = AppliesTo.SIGNATURE
    source: str = ""
    text: Any = None  # As written, for civil deadlines; rules never see it.


class Lot(NamedTuple):
    """What notices said was sought, so that a later ask for the same can be recognized.

    ``gpus`` is all that was ever sought under this lot, ``ordered_gpus`` what was ordered of it.
    ``turn`` is the number of its last notice, among all. ``newer`` and ``older`` are the lots
    noticed next after and before it of those that are sought for the same (``core.sought``).
    """

    purpose: int
    accelerator: int
    region: int
    gpus: int = 0
    ordered_gpus: int = 0
    turn: int = 0
    newer: int | None = None
    older: int | None = None

    @property
    def what(self) -> tuple[int, int, int]:
        """Purpose, accelerator and region; the last two ``UNSTATED`` where any will do."""
        return self.purpose, self.accelerator, self.region

    @property
    def sought(self) -> bool:
        """Whether not all of it is ordered."""
        return self.ordered_gpus < self.gpus


class Facts(NamedTuple):
    """All that has happened, folded: the only memory that rules have.

    ``by_clause`` maps (clause, lot) to that clause's facts; lot ``NONE`` holds what concerns
    no lot, and is where the facts of a new lot begin. ``agreed`` keeps the terms a round
    was opened under (S9). ``lots`` says what was noticed; ``latest`` which of those that are still
    sought was noticed last, by purpose, accelerator and region; ``notices`` how many there were.
    The maps are in no order, and equal to maps of their kind alone, not to a ``dict``.
    """

    by_clause: Map[tuple[int, int], Any] = Map()
    agreed: Map[tuple[int, int], Any] = Map()
    lots: Map[int, Lot] = Map()
    latest: Map[tuple[int, int, int], int] = Map()
    notices: int = 0


class Found(NamedTuple):
    """A finding in its place: which clause said it, from which facts, and what must happen."""

    clause: BoundClause
    finding: Finding
    facts: Any
    obligation: Obligation | None = None


class Waived(NamedTuple):
    """A finding that another clause sets aside; it stays visible (D3)."""

    found: Found
    by: BoundClause


class Decision(NamedTuple):
    """The answer to an ask, with every finding that led to it, worst first (D5)."""

    verdict: Verdict
    findings: tuple[Found, ...]
    waived: tuple[Waived, ...]
    ask: Ask
    at_s: int
