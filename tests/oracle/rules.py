"""The specification, executed slowly. Imports nothing of offtake (checked).

Written from the numbered rules, on plain dicts with names and sets (``oracle.reading`` makes
them). There is no folding: whoever asks scans all that has happened. One function for each kind
of clause. Those that judge return None, or (verdict, rule) and for a hold who must act; those
that charge (``oracle.charging``) return what is due, in fractions of a dollar.
"""

from fractions import Fraction

from oracle.capping import concentration_cap, option
from oracle.charging import delivery, rate_card, revenue_share, statement, take_or_pay
from oracle.crediting import most_favored, prepayment, service_credit
from oracle.first_refusal import first_refusal, lot_of
from oracle.reading import PURPOSES
from oracle.scopes import at_work, covered, for_purpose, version_at

__all__ = [
    "decide",
    "delivery",
    "most_favored",
    "prepayment",
    "rate_card",
    "revenue_share",
    "service_credit",
    "statement",
    "take_or_pay",
]

# --- The clauses that judge -------------------------------------------------------------------


def exclusivity(world, clause, ask, now):
    """EX1 to EX3."""
    terms = clause["terms"]
    elsewhere = ask["act"] == "use" and ask["supplier"] is None
    if elsewhere or not covered(terms, ask, permission=False):
        return None
    return None if ask["supplier"] == terms["holder"] else ("deny", "EX3")


def waiver(world, clause, ask, now):
    """WV2, WV3: a waiver that would fit says why it helps no more; it forbids nothing."""
    terms = clause["terms"]
    if ask["supplier"] != terms["grantee"] or not covered(terms, ask, permission=True):
        return None
    if ask["act"] != "supply":  # Only contracting uses it up.
        return None
    return _spent(terms, _drawn(world)[clause["id"]], ask["gpus"], ask["price"])


def _spent(terms, signed, gpus, price):
    """Why a waiver under which these quantities were signed does not help with one more."""
    if terms["transaction"] and signed:
        return "permit", "WV3"
    if terms["price"] is not None and price != terms["price"]:
        return "permit", "WV3"
    if terms["limit"] is not None and sum(signed) + gpus > terms["limit"]:
        return "permit", "WV2"
    return None


def _drawn(world):
    """What was signed under each waiver: of those of one clause an order needs only one.

    It is the one given last, of equals the one written first, of those that helped with it.
    """
    given = {}
    for clause in world["clauses"]:
        if clause["kind"] == "waiver":
            given[clause["id"]] = min(clause["from"], given.get(clause["id"], clause["from"]))
    signed = {name: [] for name in given}
    for event in world["events"]:
        if event["event"] != "ordered":
            continue
        like = {**event, "supplier": event["party"], "asset": None, "act": "supply"}
        helped = []
        for name in sorted(given, key=lambda name: -given[name]):  # Stable: else as written.
            version = version_at(world, {"id": name}, event["at"])
            terms = version["terms"] if version is not None else None
            if terms is None or terms["of"] in helped or event["party"] != terms["grantee"]:
                continue
            price = terms["price"] if event["price"] is None else event["price"]
            fits = covered(terms, {**like, "capacity": "new"}, permission=True)
            if fits and _spent(terms, signed[name], event["gpus"], price) is None:
                signed[name].append(event["gpus"])
                helped.append(terms["of"])
    return signed


def build_right(world, clause, ask, now):
    """BR2, by counting what ran in the measuring period that the ask starts in."""
    terms = clause["terms"]
    if ask["act"] != "run" or not ask["own"] or ask["supplier"] != terms["grantee"]:
        return None
    if not covered({**terms, "purposes": None}, ask, permission=False):
        return None
    if for_purpose(terms, ask["purpose"], permission=True):
        return None
    if not terms["primarily"]:
        return "deny", "BR2"
    starts = max(now, ask["start"])
    begins = clause["from"]
    while begins + terms["measured_over"] <= starts:
        begins += terms["measured_over"]
    period = range(begins, begins + terms["measured_over"])
    length = ask["end"] - ask["start"]
    ran = {True: 0, False: ask["gpus"] * _common(range(starts, starts + length), period)}
    for event in world["events"]:  # Each version of the right measures what it was told.
        told = version_at(world, clause, event["at"]) is clause
        own = event["event"] == "usage_recorded" and event["own"]
        if told and own and event["party"] == terms["grantee"]:
            listed = for_purpose(terms, event["purpose"], permission=True)
            ran[listed] += event["gpus"] * _common(range(event["start"], event["end"]), period)
    share = Fraction(ran[True], ran[True] + ran[False])
    return None if share >= terms["primarily"] else ("deny", "BR2")


def _common(one, other):
    """The seconds that two periods share."""
    return len(range(max(one.start, other.start), min(one.stop, other.stop)))


def ip_licence(world, clause, ask, now):
    """IP1 to IP3."""
    terms = clause["terms"]
    assets = terms.get("assets")
    if ask["act"] != "use" or ask["user"] == terms["licensor"]:
        return None
    if assets is not None and ask["asset"] is not None and ask["asset"] not in assets:
        return None
    if ask["user"] != terms["licensee"]:
        if not terms["exclusive"] or _ended(clause, now):
            return None
        kept = ask["product"] is None or _in_products(terms, ask["product"])
        return ("deny", "IP2") if kept else None
    for other in world["clauses"]:
        if other["kind"] != "ip_licence" or now not in range(other["from"], other["until"]):
            continue
        granted = other["terms"]
        same = all(granted[word] == terms[word] for word in ("licensor", "licensee"))
        assets = granted.get("assets")  # The clause itself is about what the ask leaves open.
        fits = other is clause or assets is None or ask["asset"] in assets
        if same and fits and not _ended(other, now) and _licensed(granted, ask):
            return None
    return "deny", "IP3" if _ended(clause, now) else "IP1"


def _ended(clause, now):
    expires = clause["terms"]["expires"]
    return expires is not None and now >= expires


def _licensed(terms, ask):
    """Whether a licence covers a product; one that is not stated only if all are."""
    if ask["product"] is None:
        return terms["products"] is None and not terms["except_products"]
    return _in_products(terms, ask["product"])


def _in_products(terms, product):
    listed = terms["products"] is None or product in terms["products"]
    return listed and product not in terms["except_products"]


# --- The decision -----------------------------------------------------------------------------

JUDGES = {
    judge.__name__: judge
    for judge in (
        exclusivity,
        first_refusal,
        waiver,
        build_right,
        ip_licence,
        option,
        concentration_cap,
    )
}


def decide(world, ask, now):
    """D1 to D4: the verdict, the rules found (worst first), and those set aside, by whom."""
    world = {**world, "events": [event for event in world["events"] if event["at"] <= now]}
    ask = {**ask, "lot": lot_of(world, ask)}
    met = [clause for clause in world["clauses"] if at_work(clause, ask, now)]
    found, waived = {"deny": [], "hold": [], "permit": []}, []
    must = []
    for clause in met:
        said = JUDGES[clause["kind"]](world, clause, ask, now) if clause["kind"] in JUDGES else None
        if said is None:
            continue
        helpers = [other["id"] for other in met if helps(world, other, clause, ask, now)]
        if helpers and said[0] != "permit":
            waived.append((said[1], helpers[0]))
            continue
        found[said[0]].append(said[1])
        must += said[2:]
    verdict = "deny" if found["deny"] else "hold" if found["hold"] else "permit"
    findings = found["deny"] + found["hold"] + found["permit"]
    return {"verdict": verdict, "findings": findings, "waived": waived, "must": must}


def helps(world, helper, clause, ask, now):
    """D3: WV1, BR1. Whether a clause sets aside what another says."""
    terms = helper["terms"]
    if helper["kind"] == "waiver":
        fits = terms["of"] == clause["id"] and ask["supplier"] == terms["grantee"]
        spent = waiver(world, helper, ask, now)
        return fits and spent is None and covered(terms, ask, permission=True)
    if helper["kind"] == "build_right":
        own = ask["own"] and ask["supplier"] == terms["grantee"] and ask["act"] != "use"
        if not own or helper["agreement"] != clause["agreement"]:
            return False
        return covered(terms, ask, permission=True) or _left_to_br2(terms, clause, ask)
    return False


def _left_to_br2(terms, clause, ask):
    """Whether running another purpose is a matter of its share alone, whatever the clause says.

    That is so for clauses which stand against the listed purposes as well.
    """
    if ask["act"] != "run" or not terms["primarily"] or clause["kind"] == "build_right":
        return False
    against = any(
        for_purpose(clause["terms"], purpose, permission=False)
        and for_purpose(terms, purpose, permission=True)
        for purpose in PURPOSES
    )
    return against and covered({**terms, "purposes": None}, ask, permission=True)
