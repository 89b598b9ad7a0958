"""What each reason code means to whoever meets it: wait, change the request, or escalate to whom.

Every code that a clause kind declares has an entry here (a test asks); the pages of the desk and
docs/reference/reasons.md show them.
"""

from typing import NamedTuple

from offtake.clauses import KINDS
from offtake.core.vocabulary import Finding
from offtake.desk.words import later


class Advice(NamedTuple):
    """What to do about a finding."""

    wait: str
    change: str
    escalate: str


ADVICE: dict[str, Advice] = {
    "ExclusiveToHolder": Advice(
        later("Until the exclusivity ends or is amended; the rights map shows when."),
        later("Take the holder's capacity, another purpose, or what lies outside the scope."),
        later("The approver, to ask the holder for a waiver."),
    ),
    "NotNotified": Advice(
        later("Nothing runs yet: waiting alone changes nothing."),
        later("Nothing needs to change: a notice of this lot must be given."),
        later("The buyer, who gives the notice."),
    ),
    "WindowOpen": Advice(
        later("Until the holder answers, or the due instant passes in silence."),
        later("A changed requirement is noticed anew, and its window starts again."),
        later("The holder's account desk, for an early answer."),
    ),
    "PartNotOffered": Advice(
        later("Nothing runs for this part."),
        later("Ask for the whole that was offered, or offer the part by itself."),
        later("The buyer, who gives the notice of the part."),
    ),
    "FreeWindowOver": Advice(
        later("The free window does not open again by itself."),
        later("Nothing needs to change: the lot must be offered again, with the shorter window."),
        later("The buyer, who gives the notice."),
    ),
    "BetterTerms": Advice(
        later("Waiting changes nothing while the terms stay as they are."),
        later("Bring price, start, quantity, term and prepayment back to what was noticed."),
        later("The buyer, who may offer the better terms to the holder."),
    ),
    "OtherOffer": Advice(
        later("Until the holder has answered about the offer that it was shown."),
        later("Take the offer that was shown, or show this one."),
        later("The buyer, who gives the notice of this offer."),
    ),
    "OfferNotShown": Advice(
        later("Until the tender has closed and its best offer is shown."),
        later("Nothing needs to change: open a tender first."),
        later("The buyer, who opens the tender and shows the offer."),
    ),
    "SeniorHolderFirst": Advice(
        later("Until the holder that ranks before has answered, or signed, or let go."),
        later("Nothing needs to change."),
        later("The senior holder's account desk, for an early answer."),
    ),
    "Accepted": Advice(
        later("Until the order is signed, or the acceptance falls at the end of the negotiation."),
        later("Take the holder's capacity."),
        later("The approver, who signs the order with the holder."),
    ),
    "PartlyAccepted": Advice(
        later("Until the holder's order is signed, or its acceptance falls."),
        later("Ask for no more than the rest."),
        later("The buyer, who opens a tender for the rest."),
    ),
    "WaiverExhausted": Advice(
        later("A waiver that is used up does not grow back."),
        later("Ask for no more than is left of it."),
        later("The approver, to ask for another waiver."),
    ),
    "WaiverFallen": Advice(
        later("A waiver of one transaction does not come back."),
        later("Go back to the price and the counterparty that it was given for."),
        later("The approver, to ask for another waiver."),
    ),
    "OutsideBuildRight": Advice(
        later("Until the right is amended."),
        later("Run it on a supplier's pool, or run what the build right names."),
        later("The approver, to ask for a wider right."),
    ),
    "ShareNotKept": Advice(
        later("Until the listed purposes have their share again, or the period ends."),
        later("Run it on a supplier's pool."),
        later("The capacity lead, who can move listed work to the build."),
    ),
    "OutsideLicence": Advice(
        later("Until a licence is granted."),
        later("Use what is licensed for this product."),
        later("Counsel, to ask the licensor."),
    ),
    "LicensedExclusively": Advice(
        later("Until the exclusive licence ends."),
        later("Sell through the licensee."),
        later("Counsel, to ask the licensee for consent."),
    ),
    "LicenceEnded": Advice(
        later("A licence that has ended does not come back by itself."),
        later("Use what is licensed still."),
        later("Counsel, to renew it."),
    ),
    "OptionOpen": Advice(
        later("Until its window closes or it is used up."),
        later("Order at the option's price."),
        later("The approver, to exercise it."),
    ),
    "OptionClosed": Advice(
        later("Until its window opens; one that has closed does not open again."),
        later("Ask for a price as anybody else."),
        later("Counsel, to ask for a longer window."),
    ),
    "OptionUsedUp": Advice(
        later("An option that is used up does not come back."),
        later("Order what is left of it, or ask for a price."),
        later("The approver, to agree a larger option."),
    ),
    "ShareTooLarge": Advice(
        later("Until others supply more, or what this supplier has ends."),
        later("Contract another supplier, or a smaller lot."),
        later("The approver, to ask for a higher cap."),
    ),
}


class Reason(NamedTuple):
    """A reason code with the kind of clause that gives it."""

    kind: str
    finding: Finding
    advice: Advice


def reasons() -> dict[str, Reason]:
    """Every reason code there is, by its token."""
    return {
        finding.reason: Reason(kind.name, finding, ADVICE[finding.reason])
        for kind in KINDS.values()
        for finding in kind.findings
    }
