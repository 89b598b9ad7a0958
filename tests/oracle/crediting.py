"""What comes back, and what is paid ahead, month by month. Imports no offtake."""

from collections import defaultdict
from datetime import UTC, datetime
from fractions import Fraction

from oracle.reading import BUYER, later
from oracle.scopes import covered

DAY = 86_400


def _micros(dollars):
    return Fraction(round(dollars * 10**6), 10**6)


def _months(clause):
    """The months of a clause, found by walking its days: (first second, end)."""
    days = defaultdict(list)
    for day in range(clause["from"], clause["until"], DAY):
        moment = datetime.fromtimestamp(day, UTC)
        days[moment.year, moment.month].append(day)
    return [(found[0], found[-1] + DAY) for found in days.values()]


def _taken(clause, taken):
    """Hours and dollars of the uses a clause is about, by month."""
    terms, sums = clause["terms"], {}
    for start, end in _months(clause):
        hours, dollars = Fraction(0), Fraction(0)
        for use, cost in taken:
            ask = {**use, "act": "run", "asset": None, "capacity": "existing"}
            inside = covered(terms, ask, permission=False, but=("asks", "capacity", "suppliers"))
            if inside and use["supplier"] == terms["supplier"] and start <= use["from"] < end:
                hours, dollars = hours + use["gpu_h"], dollars + cost
        sums[start, end] = hours, dollars
    return sums


def prepayment(world, clause, taken, period):
    """PP1 to PP3."""
    terms, start, end = clause["terms"], clause["from"], clause["until"]
    left, rows = terms["amount"], []
    if period[0] <= start < period[1]:
        rows.append(("PP1", BUYER, terms["supplier"], left))
    for (_, ended), (_, dollars) in _taken(clause, taken).items():
        drawn = min(left, dollars)
        left -= drawn
        if drawn and period[0] < ended <= period[1]:
            rows.append(("PP2", terms["supplier"], BUYER, drawn))
    if left and terms["at_end"] == "refund" and period[0] < end <= period[1]:
        rows.append(("PP3", terms["supplier"], BUYER, left))
    return rows


def service_credit(world, clause, taken, period):
    """SC1 to SC3."""
    terms, given, rows = clause["terms"], defaultdict(Fraction), []
    reports = [row for row in world["reports"] if row["base"] == terms["measure"]]
    reports = [row for row in reports if row.get("claimed") is not None and "measured" in row]
    for report in sorted(reports, key=lambda row: (row["claimed"], row["from"])):
        if report["claimed"] > later(report["until"], terms["claim_window"]):
            continue  # SC3: too late.
        missed = [tier for tier in terms["tiers"] if report["measured"] < tier["below"]]
        lowest = min(missed, key=lambda tier: (tier["below"], tier["credit"]), default=None)
        for month, (_, dollars) in _taken(clause, taken).items():
            if lowest is None or not report["from"] <= month[0] < month[1] <= report["until"]:
                continue
            credit = _micros(dollars * lowest["credit"])
            cap = Fraction(int(dollars * terms["capped"] * 10**6), 10**6) - given[month]
            rule, credit = ("SC1", credit) if credit <= cap else ("SC2", cap)
            given[month] += credit
            if credit and period[0] < max(report["claimed"], report["until"]) <= period[1]:
                rows.append((rule, terms["supplier"], BUYER, credit))
    return rows


def most_favored(world, clause, taken, period):
    """MF1 to MF3."""
    terms, refunded, rows = clause["terms"], defaultdict(Fraction), []

    def raised(report):
        return max(report.get("claimed") or 0, report["until"])

    reports = [row for row in world["reports"] if row["base"] == terms["prices"]]
    for report in sorted(reports, key=lambda row: (raised(row), row["from"])):
        months = {
            month: sums
            for month, sums in _taken(clause, taken).items()
            if report["from"] <= month[0]
            and month[1] <= report["until"]
            and raised(report) <= later(month[1], terms["look_back"])
        }
        if sum(hours for hours, _ in months.values()) < report.get("gpu_h", 0):
            continue  # MF2: given for more than the buyer took.
        for month, (hours, dollars) in months.items():
            more = dollars - _micros(hours * report["amount"]) - refunded[month]
            if more > 0:
                refunded[month] += more
                if period[0] < raised(report) <= period[1]:
                    rows.append(("MF1", terms["supplier"], BUYER, more))
    return rows


def _premium(world, clause, taken, period):
    """OP4."""
    terms = clause["terms"]
    if terms["premium"] and period[0] <= clause["from"] < period[1]:
        return [("OP4", BUYER, terms["supplier"], terms["premium"])]
    return []


CREDITS = {
    "prepayment": prepayment,
    "service_credit": service_credit,
    "most_favored": most_favored,
    "option": _premium,
}
