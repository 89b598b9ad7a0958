"""Words of the journal and of the views, as people say them."""

import re

from offtake.desk.state import SYSTEM
from offtake.desk.words import Words, later

TERMS: dict[str, str] = {
    "permit": later("permitted"),
    "hold": later("on hold"),
    "deny": later("forbidden"),
    "open": later("open"),
    "closed": later("closed"),
    "submitted": later("raised"),
    "noticed": later("waiting for an answer"),
    "tendered": later("out to tender"),
    "ordered": later("ordered"),
    "unserved": later("unserved"),
    "withdrawn": later("withdrawn"),
    "accepted": later("accepted"),
    "awarded": later("awarded"),
    "delivered": later("delivered"),
    "late": later("late"),
    "ended": later("ended"),
    "due": later("due"),
    "signed": later("signed"),
    "refused": later("refused"),
    "lapsed": later("lapsed"),
    "fallen": later("fallen"),
    "dropped": later("dropped"),
    "taken": later("taken"),
    "passed over": later("passed over"),
    "proposed": later("proposed"),
    "adopted": later("adopted"),
    "answer": later("Answer to a notice"),
    "order": later("Order to be signed"),
    "close": later("Tender closes"),
    "delivery": later("Delivery"),
    "supply": later("Supply"),
    "run": later("Run"),
    "use": later("Use"),
    "step notice": later("A notice comes first"),
    "step tender": later("A tender is next"),
    "step award": later("An award is next"),
    "step give_up": later("Nobody can supply what is left"),
    "the holder's answer": later("the holder's answer"),
    "offers, until the tender closes": later("offers, until the tender closes"),
    "the signed order of the holder": later("the signed order of the holder"),
    "the signed orders of the award": later("the signed orders of the award"),
    "submit": later("raised it"),
    "change": later("changed it"),
    "withdraw": later("withdrew it"),
    "notice": later("gave notice"),
    "tender": later("opened a tender"),
    "bid": later("made an offer"),
    "award": later("confirmed an award"),
    "unaward": later("took an award back"),
    "sign": later("signed an order"),
    "sign_accepted": later("signed an accepted order"),
    "give_up": later("recorded that nobody can supply it"),
    "deliver": later("recorded a delivery"),
    "cancel": later("ended a tranche"),
    "default": later("recorded a default"),
    "issue_permit": later("issued a permit"),
    "draw_permit": later("drew on a permit"),
    "return_draw": later("gave back of a permit"),
    "revoke_permit": later("revoked a permit"),
    "adopt": later("put a portfolio in force"),
    "propose": later("proposed a portfolio"),
    "requirement_submitted": later("requirement raised"),
    "requirement_changed": later("requirement changed"),
    "requirement_withdrawn": later("requirement withdrawn"),
    "notice_given": later("notice given"),
    "tender_opened": later("tender opened"),
    "offer_made": later("offer made"),
    "tender_closed": later("tender closed"),
    "award_canceled": later("award taken back"),
    "tranche_late": later("tranche late"),
    "tranche_ended": later("tranche ended"),
    "usage_recorded": later("use recorded"),
    "default_declared": later("default declared"),
    "default_cured": later("default cured"),
    "permit_issued": later("permit issued"),
    "permit_drawn": later("permit drawn on"),
    "permit_returned": later("given back"),
    "permit_revoked": later("permit revoked"),
    "waiver_given": later("waiver given"),
    "on course": later("on course"),
    "falls short": later("falls short"),
    "not known": later("not known"),
    "role buyer": later("buyer"),
    "role approver": later("approver"),
    "role engineer": later("engineer"),
    "role finance": later("finance"),
    "role auditor": later("auditor"),
    "role supplier": later("supplier"),
    "role administrator": later("administrator"),
    "give notice": later("give notice"),
    "offer the lot again": later("offer the lot again"),
    "answer the notice": later("answer the notice"),
    "wait for the senior holder": later("wait for the senior holder"),
}

DEEDS: dict[str, str] = {
    "answer": later("answered a notice"),
    "use": later("recorded use"),
    "late": later("recorded that a tranche is late"),
    "due": later("recorded what ran out"),
    "waive": later("gave a waiver"),
}
"""Commands whose word means something else where it stands alone."""

WHYS: dict[str, str] = {
    "the holder's answer": later("the holder's answer"),
    "silence to the end of the window": later("silence to the end of the window (FR4)"),
    "a first refusal holds the lot (S2)": later("a first refusal holds the lot (S2)"),
    "tendered to those whom no clause denies (S3)": later(
        "tendered to those whom no clause denies (S3)"
    ),
    "least total cost (S4)": later("least total cost (S4)"),
    "least total cost: rent, prepayment and delay": later(
        "least total cost: rent, prepayment and delay (S4)"
    ),
    "least total cost: fills a commitment that would be paid anyway": later(
        "least total cost: it fills a commitment that would be paid anyway (S4)"
    ),
    "the buyer chose it (S4)": later("the buyer chose it (S4)"),
    "the holder took it (FR5)": later("the holder took it (FR5)"),
    "no order was signed in time (FR10)": later("no order was signed in time (FR10)"),
    "the right has ended (S9)": later("the right has ended (S9)"),
    "the best offer is shown to the holder (FR8, FR9)": later(
        "the best offer is shown to the holder (FR8, FR9)"
    ),
    "price limit": later("every offer is above the price limit"),
    "too late": later("every offer comes too late"),
    "no supply": later("nobody offers any"),
}
"""Why sourcing took a step, where it is no person's own words."""
CLAUSES = r"[\w.-]+/[\w.-]+(?:, [\w.-]+/[\w.-]+)*"
OF_CLAUSES = {
    re.compile(rf"denied: (?P<clauses>{CLAUSES})"): later("forbidden by {clauses}"),
    re.compile(rf"no price to offer: (?P<clauses>{CLAUSES})"): later(
        "there is no price to offer to the holder of {clauses}"
    ),
    re.compile(rf"late beyond the grace \((?P<clauses>{CLAUSES}), (?P<rule>\w+)\)"): later(
        "late beyond the grace ({clauses}, {rule})"
    ),
}
"""The same, where clauses are named in it."""


CLAUSE_KINDS: dict[str, str] = {
    "exclusivity": later("clause|exclusivity"),
    "first_refusal": later("clause|first refusal"),
    "waiver": later("clause|waiver"),
    "build_right": later("clause|build right"),
    "take_or_pay": later("clause|take or pay"),
    "rate_card": later("clause|rate card"),
    "revenue_share": later("clause|revenue share"),
    "ip_licence": later("clause|ip licence"),
    "delivery": later("clause|delivery"),
    "prepayment": later("clause|prepayment"),
    "service_credit": later("clause|service credit"),
    "most_favored": later("clause|most favored"),
    "option": later("clause|option"),
    "concentration_cap": later("clause|concentration cap"),
}
"""Kinds of clause, as people call them."""
STATES: dict[str, str] = {
    "waiting": later("message|waiting"),
    "claimed": later("message|being sent"),
    "sent": later("message|sent"),
    "dead": later("message|given up"),
}
"""Where a message stands."""


def kind(name: str, words: Words) -> str:
    """A kind of clause; as it is where no language knows it."""
    return words(CLAUSE_KINDS[name]) if name in CLAUSE_KINDS else name.replace("_", " ")


def stands(state: str, words: Words) -> str:
    """Where a message stands."""
    return words(STATES[state]) if state in STATES else state


def say(word: str, words: Words) -> str:
    """A word of the journal in a language; as it is where no language knows it."""
    text = TERMS.get(word)
    return word.replace("_", " ") if text is None else words(text)


def deed(word: str, words: Words) -> str:
    """What somebody did, after their name."""
    return words(DEEDS[word]) if word in DEEDS else say(word, words)


def by_name(name: str, words: Words) -> str:
    """Who gave a command; the desk itself in the reader's words."""
    return words("the desk") if name == SYSTEM.name else name


def because(text: str, words: Words) -> str:
    """Why a step was taken; a person's own words as they are."""
    if text in WHYS:
        return words(WHYS[text])
    for pattern, says in OF_CLAUSES.items():
        if found := pattern.fullmatch(text):
            return words(says, **found.groupdict())
    return text
