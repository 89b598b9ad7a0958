"""A notice of first refusal with all that a complete one says (S2), from what was recorded.

What each field is for, and which rule asks for it: docs/reference/notice.md.
"""

from dataclasses import dataclass
from typing import NamedTuple

from offtake.clauses import first_refusal
from offtake.clauses.first_refusal import Text
from offtake.contract.in_force import versions
from offtake.contract.model import Document
from offtake.contract.portfolio import Portfolio
from offtake.core.explain import one_line
from offtake.core.names import BUYER, UNSTATED, Names, name_of
from offtake.core.vocabulary import NONE, BoundClause, Event, EventKind
from offtake.sourcing.requirement import Lot
from offtake.units.capacity import PPM
from offtake.units.money import Rounding, price_of
from offtake.units.time import FOREVER_S, Calendar, Duration, after


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """The clause that asks for the notice. ``until_s`` is when the right itself ends (S9)."""

    agreement: str
    agreement_title: str
    clause: str
    form: str  # offer_first or matching
    says: str
    source: str
    until_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What is offered, on which terms. ``accelerators`` or ``regions`` empty: any will do.

    ``shows_offer`` says that the terms are those of another's offer (FR8, FR9); ``offeror`` is
    whose, where the holder is told.
    """

    requirement: str
    requirement_title: str
    purpose: str
    accelerators: tuple[str, ...]
    regions: tuple[str, ...]
    gpus: int
    of_gpus: int
    start_s: int
    end_s: int
    price_micros_per_gpu_h: int
    currency: str
    prepaid_ppm: int
    shows_offer: bool
    offeror: str
    tranches: int
    spacing_s: int

    @property
    def term_s(self) -> int:
        """How long the capacity is to run."""
        return self.end_s - self.start_s

    @property
    def rent_micros(self) -> int:
        """What all of it costs over the whole term, to the nearest millionth."""
        return price_of(self.gpus * self.term_s, self.price_micros_per_gpu_h, Rounding.HALF_EVEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """How and until when the holder may answer: strictly before ``due_at_s`` (FR4).

    ``window`` is None where the due instant was stated and not counted. ``least_gpus`` is the
    smallest part that may be accepted: all of them where no part may (FR6).
    """

    received_at_s: int
    window: Duration | None
    calendar: Calendar
    due_at_s: int
    least_gpus: int
    answer_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What follows an answer or silence.

    ``order_due_at_s`` is for an acceptance in the last second (FR10), ``free_until_at_s`` for
    silence (FR7). The tolerances and ``start_until_at_s`` bound the terms of others (FR7).
    """

    negotiation: Duration
    order_due_at_s: int
    free_window: Duration
    free_until_at_s: int
    price_tolerance_ppm: int
    quantity_tolerance_ppm: int
    term_tolerance_ppm: int
    start_until_at_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDocument:
    """A complete notice. Instants are UTC seconds.

    ``again`` says that the holder has let this lot go before (FR8).
    """

    notice: str
    again: bool
    buyer: str
    holder: str
    right: Right
    offered: Offered
    answering: Answering
    following: Following

    @property
    def price_most_micros_per_gpu_h(self) -> int:
        """The highest price for others that is no better than this one (FR7)."""
        tolerance_ppm = self.following.price_tolerance_ppm
        return self.offered.price_micros_per_gpu_h * (PPM + tolerance_ppm) // PPM

    @property
    def term_most_s(self) -> int:
        """The longest term for others that is no better than this one (FR7)."""
        return self.offered.term_s * (PPM + self.following.term_tolerance_ppm) // PPM


class Wording(NamedTuple):
    """What a portfolio says of a clause in words, and until when the right runs."""

    currency: str = "USD"
    agreement_title: str = ""
    says: str = ""
    source: str = ""
    right_until_s: int = FOREVER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What the desk adds to what was decided: which notice it is, and where to answer it.

    ``offeror`` is whose offer is shown, if the holder may know; empty: the terms alone (S3).
    """

    notice: str
    answer_at: str
    requirement_title: str = ""
    offeror: str = ""
    wording: Wording = Wording()


def notice_document(
    names: Names, clause: BoundClause, lot: Lot, notice: Event, sending: Sending
) -> NoticeDocument:
    """The complete notice that a recorded one is.

    Args:
        names: Of the portfolio that the notice was given under.
        clause: The version of the first refusal in force at the notice (S9).
        lot: As it stood when the notice was given: neither answered nor changed since.
        notice: The recorded event; the clock starts at its instant.
        sending: What the desk adds.
    """
    assert notice.kind == EventKind.NOTICE_GIVEN, notice
    assert notice.clause == clause.clause, (notice, clause)
    assert NONE not in (notice.price_micros_per_gpu_h, notice.start_s, notice.end_s), notice
    again = clause.clause in lot.declined
    answering = _answering(names, clause, notice, sending, again=again)
    return NoticeDocument(
        notice=one_line(sending.notice),
        again=again,
        buyer=one_line(names.title(BUYER)),
        holder=one_line(names.title(clause.terms.holder)),
        right=_right(clause, sending.wording),
        offered=_offered(names, lot, notice, sending),
        answering=answering,
        following=_following(clause.text, notice, answering, sending.wording),
    )


def _right(clause: BoundClause, wording: Wording) -> Right:
    return Right(
        agreement=one_line(clause.agreement),
        agreement_title=one_line(wording.agreement_title),
        clause=one_line(clause.clause_id),
        form=clause.text.form,
        says=one_line(wording.says),
        source=one_line(wording.source),
        until_s=wording.right_until_s,
    )


def _offered(names: Names, lot: Lot, notice: Event, sending: Sending) -> Offered:
    need = lot.need
    return Offered(
        requirement=one_line(need.requirement),
        requirement_title=one_line(sending.requirement_title),
        purpose=one_line(name_of(names.purposes, notice.purpose)),
        accelerators=_acceptable(notice.accelerator, need.accelerators, names.accelerators),
        regions=_acceptable(notice.region, need.regions, names.regions),
        gpus=notice.gpus,
        of_gpus=max(notice.gpus, notice.of_gpus),
        start_s=notice.start_s,
        end_s=notice.end_s,
        price_micros_per_gpu_h=notice.price_micros_per_gpu_h,
        currency=sending.wording.currency,
        prepaid_ppm=max(notice.prepaid_ppm, 0),
        shows_offer=notice.party != UNSTATED,
        offeror=one_line(sending.offeror),
        tranches=notice.tranches,
        spacing_s=notice.spacing_s,
    )


def _acceptable(noticed: int, wanted: tuple[int, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """What was noticed by name; where it was left open, all that the requirement accepts."""
    indices = wanted if noticed == UNSTATED else (noticed,)
    return tuple(one_line(name_of(known, index)) for index in indices)


def _answering(
    names: Names, clause: BoundClause, notice: Event, sending: Sending, *, again: bool
) -> Answering:
    text, gpus = clause.text, notice.gpus
    assert isinstance(text, Text), clause
    counted_s = first_refusal.due_at_s(text, names, notice.at_s, gpus, again=again)
    window = first_refusal.window(text, names, gpus, again=again)
    partial, least_gpus = clause.terms.partial, max(clause.terms.minimum_lot_gpus, 1)
    return Answering(
        received_at_s=notice.at_s,
        window=window if counted_s == notice.due_at_s else None,
        calendar=first_refusal.calendar(text, names),
        due_at_s=min(notice.due_at_s, sending.wording.right_until_s),
        least_gpus=min(least_gpus, gpus) if partial else gpus,
        answer_at=one_line(sending.answer_at),
    )


def _following(text: Text, notice: Event, answering: Answering, wording: Wording) -> Following:
    signed_s = after(answering.due_at_s - 1, text.negotiation, answering.calendar)
    return Following(
        negotiation=text.negotiation,
        order_due_at_s=min(signed_s, wording.right_until_s),
        free_window=text.free_window,
        free_until_at_s=notice.free_until_at_s,
        price_tolerance_ppm=text.price_tolerance,
        quantity_tolerance_ppm=text.quantity_tolerance,
        term_tolerance_ppm=text.term_tolerance,
        start_until_at_s=notice.start_until_at_s,
    )


def wording_of(portfolio: Portfolio, clause: BoundClause) -> Wording:
    """What a portfolio says of one version of a clause in words."""
    document = portfolio.document
    titles = {agreement.id: agreement.title for agreement in document.agreements}
    says = (
        version.clause.says
        for version in versions(document)
        if version.clause_id == clause.clause_id and version.from_s == clause.from_s
    )
    ends = (row.until_s for row in portfolio.clauses if row.clause == clause.clause)
    return Wording(
        currency=document.currency,
        agreement_title=titles.get(clause.agreement, ""),
        says=next(says, ""),
        source=_source(document, clause.source),
        right_until_s=max(ends, default=clause.until_s),
    )


def _source(document: Document, key: str) -> str:
    """A source by its title and where it is; by its key if it has no line of its own."""
    found = next((source for source in document.sources if source.id == key), None)
    return key if found is None else ", ".join(filter(None, (found.title, found.link)))
