"""Options and caps on one supplier's share, by scanning all that was ordered. No offtake."""

from fractions import Fraction

from oracle.reading import BUYER, FOREVER, later
from oracle.scopes import covered, version_at


def option(world, clause, ask, now):
    """OP1 to OP3: what an option says of an ask; it forbids nothing."""
    terms = clause["terms"]
    if ask["act"] != "supply" or not _inside(terms, ask, ask["supplier"]):
        return None
    if not _is_open(clause, now):
        return "permit", "OP2"
    used = 0
    for event in world["events"]:
        told = event["event"] == "ordered" and version_at(world, clause, event["at"]) is not None
        if not told:
            continue
        version = version_at(world, clause, event["at"])
        ordered = {**event, "act": "supply", "asset": None, "capacity": "new"}
        own = version["terms"]
        fits = _inside(own, ordered, event["party"]) and _is_open(version, event["at"])
        if fits and used + event["gpus"] <= own["limit"]:
            used += event["gpus"]
    return "permit", "OP1" if used + ask["gpus"] <= terms["limit"] else "OP3"


def _inside(terms, ask, supplier):
    """Whether an ask or order is of what the option is about, at its price or at none."""
    if ask["price"] not in (None, terms["price"]) or supplier != terms["supplier"]:
        return False
    return covered(terms, {**ask, "supplier": supplier}, permission=True)


def _is_open(clause, at):
    terms = clause["terms"]
    opens = clause["from"] if terms["opens"] is None else terms["opens"]
    closes = clause["until"] if terms["closes"] is None else terms["closes"]
    return opens <= at < closes


def concentration_cap(world, clause, ask, now):
    """CC1, CC2: what a supplier would have of all, second by second of the period."""
    terms = clause["terms"]
    if ask["act"] != "supply" or ask["supplier"] == BUYER:
        return None
    if not covered(terms, ask, permission=False):
        return None
    period = range(ask["start"], ask["start"] + 1)
    if terms["measure"] == "gpu_hours":
        begins = clause["from"]
        while later(begins, terms["measured_over"]) <= ask["start"]:
            begins = later(begins, terms["measured_over"])
        period = range(begins, later(begins, terms["measured_over"]))
    rows = [(ask["supplier"], ask["gpus"], ask["start"], ask["end"])]
    for row in terms["held"]:
        rows.append((row["supplier"], row["gpus"], row.get("from", 0), row.get("until", FOREVER)))
    for event in world["events"]:
        version = version_at(world, clause, event["at"])
        if event["event"] != "ordered" or version is None:
            continue
        everybody = {**version["terms"], "suppliers": None}
        like = {**event, "act": "supply", "asset": None, "capacity": "new", "supplier": None}
        if covered(everybody, like, permission=False):
            start = event["at"] if event["start"] is None else event["start"]
            end = FOREVER if event["end"] is None else event["end"]
            rows.append((event["party"], event["gpus"], start, end))
    held = {True: 0, False: 0}
    for supplier, gpus, start, end in rows:
        inside = len(range(max(start, period.start), min(end, period.stop)))
        held[supplier == ask["supplier"]] += gpus * inside
    total = held[True] + held[False]
    if total <= terms["above"] * len(period):
        return None
    return ("deny", "CC1") if Fraction(held[True], total) > terms["at_most"] else None
