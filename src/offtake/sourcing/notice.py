"""First refusals on a lot: whom to ask next, with what, and until when (S2, FR9, FR11)."""

from collections.abc import Sequence

from offtake.clauses.first_refusal import SENIOR_FIRST, dated_notice
from offtake.core.decide import decide
from offtake.core.names import BUYER, Names
from offtake.core.vocabulary import (
    NONE,
    BoundClause,
    Decision,
    Event,
    EventKind,
    Facts,
    Verdict,
)
from offtake.sourcing.requirement import Lot, Offer, Rules, ask_of, wanted

LIMIT_ROUNDS = 4
"""Notices of a lot under one clause, since its last order, before no more are given."""


def partition(rules: Rules, facts: Facts, lot: Lot, now_s: int) -> tuple[Decision, ...]:
    """What the contracts say of each supplier for the lot as it was required (S1)."""
    return tuple(
        decide(rules.clauses, facts, ask_of(lot, wanted(lot, supplier)), now_s)
        for supplier in rules.suppliers
    )


def to_notice(decisions: Sequence[Decision], lot: Lot) -> BoundClause | None:
    """The first refusal whose holder is to be asked next: the lowest rank that holds (FR11).

    A matching right without an offer to show waits for the tender (FR9); a right that was
    noticed ``LIMIT_ROUNDS`` times without an order is not asked again.
    """
    holding: dict[int, BoundClause] = {}
    for decision in decisions:
        for found in decision.findings:
            duty = found.obligation
            if duty is None or duty.party != BUYER or found.finding.code == SENIOR_FIRST:
                continue
            if found.finding.verdict is Verdict.HOLD:
                holding.setdefault(found.clause.clause, found.clause)
    askable = [
        clause
        for clause in holding.values()
        if lot.shown is not None or not getattr(clause.terms, "matching", 0)
        if lot.asked.count(clause.clause) < LIMIT_ROUNDS
    ]
    return min(askable, key=lambda clause: (clause.terms.rank, clause.clause), default=None)


def notice(clause: BoundClause, lot: Lot, offer: Offer, names: Names, now_s: int) -> Event:
    """A complete notice to the holder (S2); the clock starts on receipt, here at once.

    ``offer`` holds the terms: those of the requirement, or another supplier's offer (FR9), of
    which no more is noticed than it would supply.
    """
    assert offer.price_micros_per_gpu_h != NONE, offer
    gpus = min(offer.gpus, lot.open_gpus)
    given = Event(
        EventKind.NOTICE_GIVEN,
        now_s,
        lot=lot.number,
        clause=clause.clause,
        party=offer.supplier,
        purpose=lot.need.purpose,
        accelerator=offer.accelerator,
        region=offer.region,
        gpus=gpus,
        of_gpus=lot.open_gpus if gpus < lot.open_gpus else 0,
        start_s=offer.start_s,
        end_s=offer.end_s,
        price_micros_per_gpu_h=offer.price_micros_per_gpu_h,
        prepaid_ppm=offer.prepaid_ppm,
    )
    return dated_notice(clause.text, names, given, again=clause.clause in lot.declined)
