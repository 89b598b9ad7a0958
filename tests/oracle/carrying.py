"""What one period of a commitment leaves to the next, kept as lots. Imports no offtake.

Lots are ``[until, amount, dollars]``: what an earlier period left, in the measure of its floor,
and until when it helps.
"""

from collections import defaultdict
from fractions import Fraction

from oracle.reading import BUYER, later


def nothing_yet():
    """The lots of every clause, by its id and the measure of its floor: none so far."""
    return defaultdict(lambda: {"paid": [], "beyond": []})


def carry(row, lots, short):
    """TP3, TP4: fill what is missing with earlier excess, or make earlier shortfalls up.

    Periods come in order of time. Returns the credit for what is made up, in dollars and hours.
    """
    terms, book = row["clause"]["terms"], lots[row["clause"]["id"], row["kind"]]
    for name, kept in book.items():
        book[name] = [lot for lot in kept if row["end"] <= lot[0] and lot[1]]
    missing = short(row)[0 if row["kind"] == "money" else 1]
    if missing > 0:
        most = _whole(row, row["amount"] * terms["carry_limit"])
        row["carried"] = sum(part for _, part, _ in _draw(book["beyond"], min(missing, most)))
        missing -= row["carried"]
        if missing:
            until = _until(row, terms["make_up"])
            book["paid"].append([until, missing, short(row)[0]])
        return Fraction(0), Fraction(0)
    taken = row["dollars"] if row["kind"] == "money" else row["hours"]
    beyond = max(taken - _lowered(row, short), 0)
    drawn = _draw(book["paid"], beyond)
    hours = sum((part for _, part, _ in drawn), Fraction(0))
    if beyond > hours:
        book["beyond"].append([_until(row, terms["carry_forward"]), beyond - hours, 0])
    if row["kind"] == "money":
        return hours, Fraction(0)
    each = [min(paid, _micros(row["dollars"] * part / row["hours"])) for _, part, paid in drawn]
    return sum(each, Fraction(0)), hours


def _lowered(row, short):
    """What of the floor is left of what was not delivered."""
    if row["kind"] == "money":
        free = {**row, "paid": 0, "carried": 0}
        return short(free)[0] + row["dollars"]
    return max(row["amount"] - row["gone"], 0)


def _draw(lots, amount):
    """Take an amount from lots, the oldest first; each part with what was paid for it."""
    parts = []
    for lot in lots:
        part = min(amount, lot[1])
        if part <= 0:
            continue
        paid = _micros(lot[2] * part / lot[1])
        parts.append((lot[0], part, paid))
        lot[1], lot[2], amount = lot[1] - part, lot[2] - paid, amount - part
    return parts


def ahead(row, period):
    """TP6: the prepaid share, paid as the period begins and given back as it ends."""
    terms = row["clause"]["terms"]
    amount = row["amount"]
    if row["kind"] != "money":
        amount = _micros(amount * (terms["rate"] or 0))
    amount = _micros(amount * terms["prepaid"])
    if amount and period[0] <= row["start"] < period[1]:
        yield "TP6", BUYER, terms["supplier"], amount
    if amount and period[0] < row["end"] <= period[1]:
        yield "TP6", terms["supplier"], BUYER, amount


def _until(row, length):
    return row["end"] if length is None else later(row["end"], length)


def _whole(row, amount):
    """Whole micro-dollars or GPU-seconds, rounded down."""
    units = 10**6 if row["kind"] == "money" else 3_600
    return Fraction(int(amount * units), units)


def _micros(dollars):
    return Fraction(round(dollars * 10**6), 10**6)
