"""First refusals on a lot: whom to ask next, with what, and until when (S2, FR9, FR11)."""

from collections.abc import Sequence

from offtake.core.decide import decide
from offtake.core.names import Names
from offtake.core.vocabulary import (
    BoundClause,
    Decision,
    Event,
    EventKind,
    Facts,
    Verdict,
)
from offtake.sourcing.requirement import Lot, Offer, Rules, ask_of, wanted


def partition(rules: Rules, facts: Facts, lot: Lot, now_s: int) -> tuple[Decision, ...]:
    """What the contracts say of each supplier for the lot as it was required (S1)."""
    return tuple(
        decide(rules.clauses, facts, ask_of(lot, wanted(lot, supplier)), now_s)
        for supplier in rules.suppliers
    )


def to_notice(decisions: Sequence[Decision], lot: Lot) -> BoundClause | None:
    """The first refusal whose holder is to be asked next: the lowest rank that holds (FR11).

    A clause whose holder is through with the lot in this form is not asked again unless its
    finding says so; a matching right without an offer to show waits for the tender (FR9).
    """
    holding: dict[int, BoundClause] = {}
    for decision in decisions:
        for found in decision.findings:
            duty = found.obligation
            if found.finding.verdict is Verdict.HOLD and duty is not None and duty.party == 0:
                holding.setdefault(found.clause.clause, found.clause)
    askable = [
        clause
        for clause in holding.values()
        if lot.shown is not None or not getattr(clause.terms, "matching", 0)
    ]
    return min(askable, key=lambda clause: (clause.terms.rank, clause.clause), default=None)


def notice(clause: BoundClause, lot: Lot, offer: Offer, names: Names, now_s: int) -> Event:
    """A complete notice to the holder (S2); the clock starts on receipt, here at once.

    ``offer`` holds the terms: those of the requirement, or another supplier's offer (FR9).
    """
    from offtake.clauses.first_refusal import due_at_s

    again = lot.rounds > 0 and clause.clause in lot.declined
    return Event(
        EventKind.NOTICE_GIVEN,
        now_s,
        lot=lot.number,
        clause=clause.clause,
        party=offer.supplier,
        purpose=lot.need.purpose,
        accelerator=offer.accelerator,
        region=offer.region,
        gpus=lot.open_gpus,
        start_s=offer.start_s,
        end_s=offer.end_s,
        price_micros_per_gpu_h=offer.price_micros_per_gpu_h,
        prepaid_ppm=offer.prepaid_ppm,
        due_at_s=due_at_s(clause.text, names, now_s, lot.open_gpus, again=again),
        rank=clause.terms.rank,
    )
