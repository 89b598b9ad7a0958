"""The specification, executed slowly. Imports nothing of offtake (checked).

Written from the numbered rules, on plain dicts with names and sets (``oracle.reading`` makes
them). There is no folding: whoever asks scans all that has happened. One function for each kind
of clause. Those that judge return None, or (verdict, rule) and for a hold who must act; those
that charge return what is due, in fractions of a dollar.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from oracle.reading import BUYER, FOREVER, PARENTS

DAY = 86_400
SCOPE = {
    "accelerators": "accelerator",
    "regions": "region",
    "suppliers": "supplier",
    "assets": "asset",
}

# --- Scopes and periods -----------------------------------------------------------------------


def covered(terms, ask, *, permission, but=()):
    """Whether all that an ask says is in scope.

    What it leaves open is covered by what restricts, not by what permits.
    """
    for part, word in SCOPE.items():
        wanted = terms.get(part)
        if wanted is None:
            continue
        if permission if ask[word] is None else ask[word] not in wanted:
            return False
    if "asks" not in but and ask["act"] not in (terms.get("asks") or {"supply", "run", "use"}):
        return False
    if "capacity" not in but and terms.get("capacity", "any") not in ("any", ask["capacity"]):
        return False
    return for_purpose(terms, ask["purpose"], permission=permission)


def for_purpose(terms, purpose, *, permission):
    """Whether a purpose, or one above it in the tree, is among those named."""
    wanted = terms.get("purposes")
    if wanted is None:
        return True
    if purpose is None:
        return not permission
    while purpose is not None:
        if purpose in wanted:
            return True
        purpose = PARENTS.get(purpose)
    return False


def at_work(clause, ask, now):
    """D2: which version of a clause an ask meets."""
    term = range(clause["from"], clause["until"])
    signed = now in term
    runs = len(range(max(ask["start"], term.start), min(ask["end"], term.stop))) > 0
    if ask["act"] != "supply":
        return signed
    return {"signature": signed, "service": runs, "both": signed or runs}[clause["applies_to"]]


def version_at(world, clause, at):
    """The version of a clause in force at an instant, if there is one."""
    for other in world["clauses"]:
        if other["id"] == clause["id"] and at in range(other["from"], other["until"]):
            return other
    return None


def heard(world, clause):
    """What has happened while some version of a clause was in force."""
    return [event for event in world["events"] if version_at(world, clause, event["at"])]


# --- The clauses that judge -------------------------------------------------------------------


def exclusivity(world, clause, ask, now):
    """EX1 to EX3."""
    terms = clause["terms"]
    elsewhere = ask["act"] == "use" and ask["supplier"] is None
    if elsewhere or not covered(terms, ask, permission=False):
        return None
    return None if ask["supplier"] == terms["holder"] else ("deny", "EX3")


def first_refusal(world, clause, ask, now):
    """FR1 to FR11."""
    own = [e for e in heard(world, clause) if e["lot"] in (None, ask["lot"])]
    notices = [
        number
        for number, e in enumerate(own)
        if e["event"] == "notice_given" and e["clause"] == clause["id"] and e["lot"] is not None
    ]
    noticed = own[notices[-1]] if notices else None
    if noticed is not None:  # S9: a round goes on under the terms it was opened with.
        clause = version_at(world, clause, noticed["at"])
    terms, holder = clause["terms"], clause["terms"]["holder"]

    if ask["act"] != "supply" or ask["capacity"] != "new" or ask["own"]:
        return None  # FR1
    if ask["supplier"] == holder:
        return None  # FR1
    if not covered(terms, ask, permission=False, but=("asks", "capacity")):
        return None  # FR1
    standing = [e["event"] for e in own if e["party"] == holder and "default" in e["event"]]
    if standing[-1:] == ["default_declared"]:
        return None  # FR2
    if clause["agreed_until"] - now < terms["least_term_left"]:
        return None  # FR2
    if noticed is None:
        return _unnoticed(clause, own, now)
    return _noticed(terms, own[notices[-1] :], ask, now)


def _unnoticed(clause, own, now):
    """FR11, FR9, FR3: whoever ranks before is asked first."""
    terms = clause["terms"]
    thinking = {}
    for event in own:
        other = event["clause"] is not None and event["clause"] != clause["id"]
        if not other or event["lot"] is None or event["rank"] >= terms["rank"]:
            continue
        if event["event"] == "notice_given":
            thinking[event["clause"]] = event["due"]
        elif event["event"] in ("accepted", "refused", "lapsed"):
            thinking.pop(event["clause"], None)
    if any(now < due for due in thinking.values()):
        return "hold", "FR11", BUYER
    return "hold", "FR9" if terms["form"] == "matching" else "FR3", BUYER


def _noticed(terms, course, ask, now):
    """FR4 to FR10; ``course`` begins with the notice of the last round."""
    notice, holder = course[0], terms["holder"]
    window = range(notice["at"], notice["due"])
    answers = [
        (number, event)
        for number, event in enumerate(course)
        if event["clause"] == notice["clause"]
        and event["event"] in ("accepted", "refused")
        and event["at"] in window
        and event["lot"] is not None
    ]
    if not answers and now in window:
        return "hold", "FR4", holder
    number, answer = answers[0] if answers else (0, None)
    taken = _taken(terms, notice, answer)
    freed = notice["due"] if answer is None else answer["at"]
    if taken:
        signing = range(answer["at"], answer["at"] + terms["negotiation"])
        signed = any(
            event["event"] == "ordered" and event["party"] == holder and event["at"] in signing
            for event in course[number:]
        )
        if not signed and now not in signing:
            taken, freed = 0, signing.stop  # FR10
    rest = notice["gpus"] - taken
    if rest == 0:
        return "deny", "FR5"
    if taken and ask["gpus"] > rest * (1 + terms["quantity_tolerance"]):
        return "deny", "FR6"
    if terms["reoffer_parts"] and ask["gpus"] < rest:
        return "hold", "FR6", BUYER
    if now not in range(freed, freed + terms["free_window"]):
        return "hold", "FR8", BUYER
    if terms["form"] == "matching" and ask["supplier"] != notice["party"]:
        return "hold", "FR9", BUYER
    return ("hold", "FR8", BUYER) if _better(terms, notice, ask, rest) else None


def _taken(terms, notice, answer):
    """FR5, FR6: what an answer takes; a part that was not agreed is nothing."""
    if answer is None or answer["event"] == "refused":
        return 0
    if answer["gpus"] >= notice["gpus"]:
        return notice["gpus"]
    allowed = terms["partial"] and answer["gpus"] >= terms["minimum_lot"]
    return answer["gpus"] if allowed else 0


def _better(terms, notice, ask, rest):
    """FR7: better for the supplier in any respect that both sides state."""

    def both(word):
        return ask[word] is not None and notice[word] is not None

    length, noticed = ask["end"] - ask["start"], notice["end"] - notice["start"]
    return any(
        (
            both("price") and ask["price"] > notice["price"] * (1 + terms["price_tolerance"]),
            both("prepaid") and ask["prepaid"] > notice["prepaid"],
            ask["start"] > notice["start"] + terms["start_slack"],
            ask["gpus"] > rest * (1 + terms["quantity_tolerance"]),
            length > noticed * (1 + terms["term_tolerance"]),
        )
    )


def waiver(world, clause, ask, now):
    """WV2, WV3: a waiver that would fit says why it helps no more; it forbids nothing."""
    terms = clause["terms"]
    if ask["supplier"] != terms["grantee"] or not covered(terms, ask, permission=True):
        return None
    if ask["act"] != "supply":  # Only contracting uses it up.
        return None
    signed = []
    for event in heard(world, clause):
        granted = version_at(world, clause, event["at"])["terms"]
        order = event["event"] == "ordered" and event["party"] == granted["grantee"]
        like = {**event, "supplier": event["party"], "asset": None, "act": "supply"}
        if order and covered(granted, {**like, "capacity": "new"}, permission=True):
            signed.append(event["gpus"])
    changed = terms["price"] is not None and ask["price"] != terms["price"]
    if terms["transaction"] and (signed or changed):
        return "permit", "WV3"
    if terms["limit"] is not None and sum(signed) + ask["gpus"] > terms["limit"]:
        return "permit", "WV2"
    return None


def build_right(world, clause, ask, now):
    """BR2, by counting what ran in the measuring period of now."""
    terms = clause["terms"]
    if ask["act"] != "run" or not ask["own"] or ask["supplier"] != terms["grantee"]:
        return None
    if for_purpose(terms, ask["purpose"], permission=True):
        return None
    if not terms["primarily"]:
        return "deny", "BR2"
    begins = clause["from"]
    while begins + terms["measured_over"] <= now:
        begins += terms["measured_over"]
    ran = {True: 0, False: ask["gpus"] * (ask["end"] - ask["start"])}
    for event in heard(world, clause):
        own = event["event"] == "usage_recorded" and event["own"]
        if own and event["party"] == terms["grantee"] and event["at"] >= begins:
            listed = for_purpose(terms, event["purpose"], permission=True)
            ran[listed] += event["gpus"] * (event["end"] - event["start"])
    share = Fraction(ran[True], ran[True] + ran[False])
    return None if share >= terms["primarily"] else ("deny", "BR2")


def ip_licence(world, clause, ask, now):
    """IP1 to IP3."""
    terms = clause["terms"]
    assets = terms.get("assets")
    if ask["act"] != "use" or ask["user"] == terms["licensor"]:
        return None
    if assets is not None and ask["asset"] is not None and ask["asset"] not in assets:
        return None
    ended = terms["expires"] is not None and now >= terms["expires"]
    if ask["user"] != terms["licensee"]:
        return ("deny", "IP2") if terms["exclusive"] and not ended else None
    if ended:
        return "deny", "IP3"
    product = ask["product"]
    if product is None:
        return None
    listed = terms["products"] is None or product in terms["products"]
    return None if listed and product not in terms["except_products"] else ("deny", "IP1")


# --- The decision -----------------------------------------------------------------------------

JUDGES = {
    judge.__name__: judge for judge in (exclusivity, first_refusal, waiver, build_right, ip_licence)
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
        same = helper["agreement"] == clause["agreement"]
        return bool(own) and same and covered(terms, ask, permission=True)
    return False


def lot_of(world, ask):
    """The lot an ask means: its own, or the latest noticed one for the same need."""
    if ask["lot"] is not None or ask["act"] != "supply":
        return ask["lot"]
    last = {}
    for event in world["events"]:
        if event["event"] == "notice_given":
            last.pop(event["lot"], None)
            last[event["lot"]] = event
    for lot, notice in reversed(last.items()):
        if ask["purpose"] == notice["purpose"] and all(
            ask[word] in (None, notice[word]) for word in ("accelerator", "region")
        ):
            return lot
    return None


# --- The clauses that charge ------------------------------------------------------------------


def micros(dollars):
    """A fraction of a dollar, at the nearest micro-dollar (ties to even)."""
    return Fraction(round(dollars * 10**6), 10**6)


def rate_card(clause, use, before):
    """RC1, RC2: rule, price and closeness of a use, GPU-hour by GPU-hour."""
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
    total = Fraction(0)
    for number in range(before, before + use["gpu_h"]):
        price = [line["price"], *(price for above, price in tiers if number >= above)][-1]
        exact = price * (1 - terms["discount"])
        total += Fraction(int(exact * 10**6), 10**6)
    return "RC2" if tiers else "RC1", total, closeness(line)


def priced(world, use, before):
    """RC1: rule and price by the closest clause in force; None is a gap."""
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
                found = "TP1", use["gpu_h"] * terms["rate"], [True, True, True, True]
        if found is not None and (best is None or found[2] > best[2]):
            best = found
    return best and (best[0], micros(best[1]))


def take_or_pay(clause, taken, missing, period):
    """TP2, TP5: the shortfall of each period; ``taken`` rows are (use, dollars)."""
    terms, owed = clause["terms"], []
    for start, end, (kind, amount) in _floors(clause):
        rows = [
            (use["gpu_h"], cost)
            for use, cost in taken
            if use["supplier"] == terms["supplier"] and start <= use["from"] < end
        ]
        hours, paid = sum(row[0] for row in rows), sum(row[1] for row in rows)
        rate = terms["rate"]
        if rate is None:
            rate = micros(paid / hours) if hours else Fraction(0)
        gone = sum(
            use["gpu_h"]
            for use in missing
            if use["supplier"] == terms["supplier"] and start <= use["from"] < end
        )
        if kind == "money":
            short = max(amount - gone * rate, 0) - paid
        else:
            floor = amount * Fraction(end - start, 3_600) if kind == "gpus" else amount
            short = (max(floor - gone, 0) - hours) * rate
        owed.append((start, end, micros(short)))
    if terms["model"] == "discontinuous" and owed:
        owed = [(owed[0][0], owed[-1][1], sum(row[2] for row in owed))]
    return [
        ("TP2", BUYER, terms["supplier"], short)
        for _, end, short in owed
        if short > 0 and period[0] < end <= period[1]
    ]


def _floors(clause):
    """The periods of a commitment with the floor of each, found by walking the days.

    Of a civil period that lies only partly in the term the same part of the floor is owed;
    capacity to be kept busy is owed by the hour anyway.
    """
    terms, from_, until = clause["terms"], clause["from"], clause["until"]
    steps = terms.get("ramp") or [(from_, terms["floor"])]
    first = int(datetime(datetime.fromtimestamp(from_, UTC).year, 1, 1, tzinfo=UTC).timestamp())
    last = until + 366 * DAY
    if terms["per"] == "term":
        first, last = from_, clause["agreed_until"]
    days = defaultdict(list)
    for at in range(first, last, DAY):
        day = datetime.fromtimestamp(at, UTC)
        named = {
            "month": (day.year, day.month),
            "quarter": (day.year, (day.month + 2) // 3),
            "year": day.year,
            "term": 0,
        }
        days[named[terms["per"]]].append(at)
    for piece in days.values():
        inside = [day for day in piece if from_ <= day < until]
        floors = [floor for since, floor in steps if inside and since <= inside[0]]
        if floors:
            kind, amount = floors[-1]
            part = 1 if kind == "gpus" else Fraction(len(inside), len(piece))
            # Whole GPU-seconds and micro-dollars.
            owed = micros(amount * part) if kind == "money" else amount * part
            owed = Fraction(round(owed * 3_600), 3_600) if kind == "gpu_h" else owed
            yield inside[0], inside[-1] + DAY, (kind, owed)


def revenue_share(clause, reports, period):
    """RS1 to RS3: gross, one row for each report, until the cap."""
    terms, total, rows = clause["terms"], Fraction(0), []
    for report in sorted(reports, key=lambda report: report["from"]):
        start, end = max(report["from"], clause["from"]), min(report["until"], clause["until"])
        if report["base"] != terms["base"] or start >= end:
            continue
        inside = Fraction(end - start, report["until"] - report["from"])
        share, rule = micros(report["amount"] * terms["percent"] * inside), "RS1"
        if terms["cap"] is not None and total + share > terms["cap"]:
            share, rule = terms["cap"] - total, "RS2"
        total += share
        if share and period[0] < end <= period[1]:
            rows.append((rule, terms["payer"], terms["payee"], share))
    return rows


def delivery(clause, late):
    """DL1: what may be ended of a late tranche, and from when."""
    terms = clause["terms"]
    if late["supplier"] != terms["supplier"] or terms["remedy"] == "none":
        return None
    day = datetime.fromtimestamp(late["due"], UTC) + timedelta(seconds=terms["grace"])
    return ("order" if late["tranche"] == 0 else "tranche"), int(day.timestamp())


def statement(world, period):
    """M1: all that is due for a period, clause by clause, and how many uses nothing prices."""
    rows, taken, gaps = [], [], 0
    before = defaultdict(int)
    for use in sorted(world["uses"], key=lambda use: use["from"]):
        day = datetime.fromtimestamp(use["from"], UTC)
        month = (use["supplier"], day.year, day.month)
        found = priced(world, use, before[month])
        before[month] += use["gpu_h"]
        if found is None:
            gaps += 1
            continue
        taken.append((use, found[1]))
        rows.append((found[0], BUYER, use["supplier"], found[1]))
    for clause in world["clauses"]:
        if clause["kind"] == "take_or_pay":
            rows += take_or_pay(clause, taken, world["undelivered"], period)
        elif clause["kind"] == "revenue_share":
            rows += revenue_share(clause, world["reports"], period)
    return rows, gaps
