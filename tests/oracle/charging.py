"""What is due, worked out slowly in fractions of a dollar. Imports nothing of offtake (checked)."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from oracle import carrying, crediting
from oracle.reading import BUYER, FOREVER, PURPOSES, WATTS
from oracle.scopes import covered, for_purpose

DAY = 86_400


def micros(dollars):
    """A fraction of a dollar, at the nearest micro-dollar (ties to even)."""
    return Fraction(round(dollars * 10**6), 10**6)


def rate_card(clause, use, before):
    """RC1, RC2: rule, price, closeness and line of a use, GPU-hour by GPU-hour.

    ``before`` says what each line of this version has priced in the month so far.
    """
    terms = clause["terms"]
    ask = {**use, "act": "run", "asset": None, "capacity": "existing"}
    lines = [
        line
        for line in terms["lines"]
        if use["from"] in range(line.get("from", 0), line.get("until", FOREVER))
        and covered(line, ask, permission=False)
    ]
    if use["supplier"] != terms["supplier"] or not covered(terms, ask, permission=False):
        return None
    if not lines:
        return None

    def closeness(line):
        return ["accelerators" in line, "regions" in line, "purposes" in line]

    line = max(lines, key=lambda line: (closeness(line), line.get("from", 0)))
    tiers = sorted((tier["above_gpu_h"], tier["price"]) for tier in line.get("tiers", []))
    place = clause["id"], clause["from"], terms["lines"].index(line)
    total = Fraction(0)
    for number in range(before[place], before[place] + use["gpu_h"]):
        price = [line["price"], *(price for above, price in tiers if number >= above)][-1]
        total += _after_layers(terms, price, use["from"], lambda layer: _is_about(layer, ask))
    return "RC2" if tiers else "RC1", total, closeness(line), place


def _is_about(layer, ask):
    return covered(layer, ask, permission=False, but=("asks", "capacity"))


def _after_layers(terms, price, at, concerned):
    """RC3: what is left of a price after the discount and each layer, in order."""
    price = Fraction(int(price * (1 - terms["discount"]) * 10**6), 10**6)
    for layer in terms.get("adjustments", []):
        if at not in range(layer.get("from", 0), layer.get("until", FOREVER)):
            continue
        if concerned(layer):
            exact = price * (1 - layer.get("discount", 0)) * _moved(layer, at)
            price = Fraction(int(exact * 10**6), 10**6)
    return price


def _moved(layer, at):
    """An index against its base, in millionths, within what was agreed."""
    levels = layer.get("index")
    if not levels:
        return Fraction(1)

    def stands(day):
        return [levels[0][1], *(level for since, level in levels if since <= day)][-1]

    moved = Fraction(int(stands(at) / stands(layer.get("base_date", 0)) * 10**6), 10**6)
    moved = min(moved, 1 + layer.get("most_up", FOREVER))
    return max(moved, 1 - layer.get("most_down", 1))


def priced(world, use, before):
    """RC1: rule, price and line by the closest clause in force; None is a gap."""
    best = None
    for clause in world["clauses"]:
        terms, found = clause["terms"], None
        if use["from"] not in range(clause["from"], clause["until"]):
            continue
        if clause["kind"] == "rate_card":
            found = rate_card(clause, use, before)
        elif clause["kind"] == "take_or_pay" and terms["rate"] is not None:
            ask = {**use, "act": "run", "asset": None, "capacity": "existing"}
            if use["supplier"] == terms["supplier"] and covered(terms, ask, permission=False):
                found = "TP1", use["gpu_h"] * terms["rate"], [True, True, True, True], None
        if found is not None and (best is None or found[2] > best[2]):
            best = found
    return best and (best[0], micros(best[1]), best[3])


def take_or_pay(world, taken, period):
    """TP2 to TP6: what every commitment is short of, when its periods end.

    ``taken`` rows are (use, dollars), in order of time. Each floor is a row that says what has
    been counted against it: hours and dollars taken, hours not delivered, what was paid.
    """
    floors = [row for clause in world["clauses"] for row in _floors(clause)]
    for use, dollars in taken:
        _count(floors, use, dollars, _by_taking)
    for row in floors:
        if not row["hours"] and row["clause"]["terms"]["rate"] is None:
            row["rate"] = _cheapest(world, row)
    missing = [use for row in world["tranches"] for use in _not_there(world, row)]
    for use in sorted([*world["undelivered"], *missing], key=lambda use: use["from"]):
        _count(floors, use, 0, _by_missing)
    order = sorted(floors, key=lambda row: (row["end"], -row["months"]))
    charges, lots = [], carrying.nothing_yet()
    for number, row in enumerate(order):
        supplier = row["clause"]["terms"]["supplier"]
        made_up = carrying.carry(row, lots, _short)
        dollars, hours = _short(row)
        if period[0] < row["end"] <= period[1]:
            charges += [("TP2", BUYER, supplier, dollars)] if dollars > 0 else []
            charges += [("TP3", supplier, BUYER, made_up[0])] if made_up[0] else []
        later = [other for other in order[number + 1 :] if _counts_towards(row, other)]
        for months in {other["months"] for other in later}:
            fee, in_hours = dollars, hours
            back = made_up
            for other in sorted(later, key=lambda other: floors.index(other)):
                if other["months"] == months and dollars > 0:
                    fee, in_hours = _pay(other, fee, in_hours)
                if other["months"] == months and made_up[0]:
                    back = _pay_back(other, *back)
    return charges + [due for row in floors for due in carrying.ahead(row, period)]


def _short(row):
    """Dollars, and for a floor in hours the hours, that are missing; below 0 if more than full."""
    rate = _rate(row)
    if row["kind"] == "money":
        lowered = max(row["amount"] - micros(row["gone"] * rate), 0)
        return lowered - row["dollars"] - row["paid"] - row["carried"], 0
    hours = max(row["amount"] - row["gone"], 0) - row["hours"] - row["paid_hours"]
    hours -= row["carried"]
    return micros(hours * rate), max(hours, 0)


def _rate(row):
    own = row["clause"]["terms"]["rate"]
    if own is not None:
        return own
    return micros(row["dollars"] / row["hours"]) if row["hours"] else row["rate"]


def _cheapest(world, floor):
    """The least that a card states, on the floor's first day, for anything it is about."""
    prices = []
    for card in world["clauses"]:
        terms = card["terms"]
        if card["kind"] != "rate_card" or terms["supplier"] != floor["clause"]["terms"]["supplier"]:
            continue
        for line in terms["lines"]:
            begun = range(max(card["from"], line.get("from", 0)), card["until"])
            now = floor["start"] in begun and floor["start"] < line.get("until", FOREVER)
            if now and _meet(floor["clause"]["terms"], terms, line):
                free = [tier["price"] for tier in line.get("tiers", []) if not tier["above_gpu_h"]]
                price = [line["price"], *free][-1]
                own = floor["clause"]["terms"]
                prices.append(
                    _after_layers(
                        terms,
                        price,
                        floor["start"],
                        lambda layer, line=line, own=own: _meet(own, line, layer),
                    )
                )
    return min(prices, default=Fraction(0))


def _meet(*scopes):
    """Whether something is inside all these scopes."""
    words = {"accelerators": {*WATTS, "another"}, "regions": {"us", "eu", "elsewhere"}}
    for word, known in words.items():
        if not set.intersection(known, *(scope.get(word) or known for scope in scopes)):
            return False
    return any(
        all(for_purpose(scope, purpose, permission=True) for scope in scopes)
        for purpose in PURPOSES
    )


def _count(floors, use, dollars, how):
    """Count a use once in each length of period of one agreement, then of the next.

    Floors of one length are filled one after the other, and so are agreements; the last that
    a use fits takes all that is left.
    """
    fitting = [row for row in floors if _fits(row, use)]
    agreements = list(dict.fromkeys(row["clause"]["agreement"] for row in fitting))
    left = (Fraction(use["gpu_h"]), dollars)
    for agreement in agreements:
        levels = defaultdict(list)
        for row in fitting:
            if row["clause"]["agreement"] == agreement:
                levels[row["months"]].append(row)
        most = (Fraction(0), Fraction(0))
        for rows in levels.values():
            rest = left
            for row in rows:
                rest = _less(rest, how(row, *rest))
            most = tuple(map(max, most, _less(left, rest)))
        given = left if agreement == agreements[-1] else most
        for rows in levels.values():
            rest = given
            for row in rows:
                part = rest if row is rows[-1] else how(row, *rest)
                rest = _less(rest, part)
                if how is _by_taking:
                    row["hours"], row["dollars"] = row["hours"] + part[0], row["dollars"] + part[1]
                else:
                    row["gone"] += part[0]
        left = _less(left, given)


def _less(whole, part):
    return whole[0] - part[0], whole[1] - part[1]


def _fits(row, use):
    terms = row["clause"]["terms"]
    ask = {**use, "act": "run", "asset": None, "capacity": "existing"}
    inside = covered(terms, ask, permission=False, but=("asks", "capacity"))
    return inside and use["supplier"] == terms["supplier"] and use["from"] in _span(row)


def _span(row):
    return range(row["start"], row["end"])


def _by_taking(row, hours, dollars):
    """How much of (hours, dollars) a floor still takes; what it splits, it splits in proportion."""
    short, missing = _short(row)
    if row["kind"] == "money":
        if short >= dollars and short > 0:
            return hours, dollars
        part = max(short, Fraction(0))
        return (_up(hours * part / dollars) if part else Fraction(0)), part
    if missing >= hours:
        return hours, dollars
    return missing, micros(dollars * missing / hours)


def _by_missing(row, hours, _):
    """How many hours that were not there a floor still takes."""
    short, missing = _short(row)
    if row["kind"] == "money":
        missing = _up(max(short, 0) / _rate(row)) if _rate(row) else Fraction(0)
    return min(missing, hours), Fraction(0)


def _up(hours):
    """Whole GPU-seconds, rounded up."""
    return Fraction(-(-(hours * 3_600) // 1), 3_600)


def _counts_towards(row, other):
    """Whether a shortfall billed for one floor counts for another: a shorter in a longer one."""
    terms, others = row["clause"]["terms"], other["clause"]["terms"]
    same = row["clause"]["agreement"] == other["clause"]["agreement"]
    if not same or terms["supplier"] != others["supplier"] or row["months"] == other["months"]:
        return False
    if row["months"] > other["months"]:
        terms, others = others, terms
    for word in ("purposes", "accelerators", "regions"):
        inner, outer = terms.get(word), others.get(word)
        if outer is not None and (inner is None or not _all_in(word, inner, outer)):
            return False
    return other["start"] < row["end"] <= other["end"]


def _all_in(word, inner, outer):
    if word != "purposes":
        return inner <= outer
    return all(for_purpose({"purposes": outer}, purpose, permission=True) for purpose in inner)


def _pay(row, fee, hours):
    """Count a fee towards a floor; returns what is left of it for the next of that length."""
    short, missing = _short(row)
    if row["kind"] == "money":
        part = min(max(short, 0), fee)
        row["paid"] += part
        return fee - part, hours - (_up(hours * part / fee) if part else 0)
    if not hours and _rate(row):
        hours = Fraction(int(fee / _rate(row) * 3_600), 3_600)
    part = min(missing, hours)
    row["paid_hours"] += part
    return (fee - micros(fee * part / hours) if hours else fee), hours - part


def _pay_back(row, fee, hours):
    """Count less of a fee towards a floor; returns what is left for the next of that length."""
    if row["kind"] == "money":
        part = min(row["paid"], fee)
        row["paid"] -= part
        return fee - part, hours - (_up(hours * part / fee) if part else 0)
    if not hours and _rate(row):
        hours = Fraction(int(fee / _rate(row) * 3_600), 3_600)
    part = min(row["paid_hours"], hours)
    row["paid_hours"] -= part
    return (fee - micros(fee * part / hours) if hours else fee), hours - part


MONTHS = {"month": 1, "quarter": 3, "year": 12, "term": FOREVER}


def _floors(clause):
    """The periods of a commitment with the floor of each, found by walking the days.

    Of a civil period that lies only partly in the term the same part of the floor is owed;
    capacity to be kept busy is owed by the hour anyway. One true-up is one period.
    """
    if clause["kind"] != "take_or_pay":
        return []
    terms, from_, until = clause["terms"], clause["from"], clause["until"]
    steps = terms.get("ramp") or [(from_, terms["floor"])]
    rows = []
    for piece in _pieces(terms["per"], from_, until, clause["agreed_until"]):
        inside = [day for day in piece if from_ <= day < until]
        floors = [floor for since, floor in steps if inside and since <= inside[0]]
        if not floors:
            continue
        kind, amount = floors[-1]
        part = 24 * len(inside) if kind == "gpus" else Fraction(len(inside), len(piece))
        # Whole GPU-seconds and micro-dollars.
        owed = micros(amount * part) if kind == "money" else amount * part
        owed = Fraction(round(owed * 3_600), 3_600) if kind == "gpu_h" else owed
        row = {"clause": clause, "start": inside[0], "end": inside[-1] + DAY, "amount": owed}
        row |= {"kind": "money" if kind == "money" else "hours", "months": MONTHS[terms["per"]]}
        rows.append(row)
    if terms["model"] == "discontinuous" and rows:
        total = {"amount": sum(row["amount"] for row in rows), "end": rows[-1]["end"]}
        rows = [rows[0] | total | {"months": FOREVER}]
    columns = ("hours", "dollars", "gone", "paid", "paid_hours", "rate", "carried")
    nothing = dict.fromkeys(columns, Fraction(0))
    return [row | nothing for row in rows]


def _pieces(per, from_, until, agreed_until):
    """The days of each civil period that the term touches, or of the whole term."""
    first = int(datetime(datetime.fromtimestamp(from_, UTC).year, 1, 1, tzinfo=UTC).timestamp())
    first, last = (from_, agreed_until) if per == "term" else (first, until + 366 * DAY)
    days = defaultdict(list)
    for at in range(first, last, DAY):
        day = datetime.fromtimestamp(at, UTC)
        named = {
            "month": (day.year, day.month),
            "quarter": (day.year, (day.month + 2) // 3),
            "year": day.year,
            "term": 0,
        }
        days[named[per]].append(at)
    return days.values()


def revenue_share(clause, reports, period):
    """RS1 to RS3: gross, one row for each report, until the cap."""
    terms, total, rows = clause["terms"], Fraction(0), []
    paid_in = defaultdict(Fraction)
    for report in sorted(reports, key=lambda report: report["from"]):
        start, end = max(report["from"], clause["from"]), min(report["until"], clause["until"])
        if report["base"] != terms["base"] or start >= end:
            continue
        inside = Fraction(end - start, report["until"] - report["from"])
        share, rule = micros(report["amount"] * terms["percent"] * inside), "RS1"
        last = datetime.fromtimestamp(end - 1, UTC)
        number = last.year, (last.month - 1) // MONTHS[terms["per"]]
        for cap, paid in ((terms["cap"], total), (terms["period_cap"], paid_in[number])):
            if cap is not None and paid + share > cap:
                share, rule = cap - paid, "RS2"
        total += share
        paid_in[number] += share
        if share and period[0] < end <= period[1]:
            rows.append((rule, terms["payer"], terms["payee"], share))
    return rows


def delivery(clause, late):
    """DL1: what may be ended of a late tranche, and from when."""
    terms = clause["terms"]
    if late["supplier"] != terms["supplier"] or terms["remedy"] == "none":
        return None
    silent = dict.fromkeys(("purpose", "accelerator", "region", "asset"))
    ordered = {**silent, **late, "act": "supply", "capacity": "new"}
    if not covered(terms, ordered, permission=False, but=("asks", "capacity")):
        return None
    day = datetime.fromtimestamp(late["due"], UTC) + timedelta(seconds=terms["grace"])
    return ("order" if late["tranche"] == 0 else "tranche"), int(day.timestamp())


def _not_there(world, tranche):
    """DL2: the days on which a tranche was missing; one that was ended never comes."""
    comes = tranche.get("comes", tranche["end"])
    for clause in world["clauses"]:
        ended = delivery(clause, tranche) if clause["kind"] == "delivery" else None
        if ended is not None and comes > ended[1]:
            comes = tranche["end"]
    silent = dict.fromkeys(("purpose", "accelerator", "region"))
    for day in range(tranche["due"], comes, DAY):
        yield {**silent, **tranche, "from": day, "gpu_h": tranche["gpus"] * 24}


def statement(world, period):
    """M1: all that is due for a period, clause by clause, and how many uses nothing prices."""
    rows, taken, gaps = [], [], 0
    before = defaultdict(lambda: defaultdict(int))
    for use in sorted(world["uses"], key=lambda use: use["from"]):
        day = datetime.fromtimestamp(use["from"], UTC)
        month = before[day.year, day.month]
        found = priced(world, use, month)
        if found is None:
            gaps += 1
            continue
        month[found[2]] += use["gpu_h"]
        taken.append((use, found[1]))
        rows.append((found[0], BUYER, use["supplier"], found[1]))
    rows += take_or_pay(world, taken, period)
    for clause in world["clauses"]:
        if clause["kind"] == "revenue_share":
            rows += revenue_share(clause, world["reports"], period)
        if clause["kind"] in crediting.CREDITS:
            rows += crediting.CREDITS[clause["kind"]](world, clause, taken, period)
    return rows, gaps
