"""First refusals, executed slowly: FR1 to FR11, and which lot an ask means. Imports no offtake."""

from collections import defaultdict

from oracle.reading import BUYER, FOREVER, later
from oracle.scopes import covered, version_at


def first_refusal(world, clause, ask, now):
    """FR1 to FR11."""
    own = [e for e in heard(world, clause) if e["lot"] in (None, ask["lot"])]
    course = rounds(world, clause["id"], ask["lot"])
    last = course[-1] if course else None
    version = last["version"] if last else clause  # S9: a round keeps the terms it began with.
    terms, holder = version["terms"], version["terms"]["holder"]

    if ask["act"] != "supply" or ask["capacity"] != "new" or ask["own"]:
        return None  # FR1
    if ask["supplier"] == holder:
        return None  # FR1
    if not covered(terms, ask, permission=False, but=("asks", "capacity")):
        return None  # FR1
    standing = [e["event"] for e in own if e["party"] == holder and "default" in e["event"]]
    if standing[-1:] == ["default_declared"]:
        return None  # FR2
    if later(now, terms["least_term_left"]) > version["agreed_until"]:
        return None  # FR2
    seniors = before(world, clause, terms, ask["lot"])
    for senior in seniors.values():  # FR11: what a senior took is not the junior's to refuse.
        mine = senior["by"] is not None and senior["by"] == ask["supplier"]
        if mine and ask["gpus"] <= senior["gpus"] and now < senior["until"]:
            return None
    if last is not None:
        return _noticed(last, ask, now)
    first = [s for s in seniors.values() if s["by"] is None or s["gpus"] == s["of"]]
    if any(now < senior["until"] for senior in first):
        return "hold", "FR11", BUYER
    return "hold", "FR9" if terms["form"] == "matching" else "FR3", BUYER


def rounds(world, name, lot):
    """The notices of a lot under a clause, each with its answer and what was ordered since.

    An answer is the first of the holder inside the window; an acceptance says how much (all, if
    it says nothing), and of a part that was not agreed it is a refusal (FR6). An order of the
    holder in time makes it good as far as it goes; it waits for none after that.
    """
    found = []
    for event in world["events"]:
        version = hearer(world, name, event)
        if version is None or lot is None or event["lot"] not in (None, lot):
            continue
        if event["event"] == "notice_given" and (event["clause"], event["lot"]) == (name, lot):
            found.append({"version": version, "notice": event, "answer": None, "taken": 0})
            found[-1] |= {"signed": False, "others": 0}
        elif found and event["event"] in ("accepted", "refused"):
            about = (event["clause"], event["lot"]) == (name, lot)
            _answer(found[-1], event) if about else None
        elif found and event["event"] == "ordered":
            _order(world, name, found[-1], event)
        elif found and event["event"] == "requirement_changed":
            open_ = found[-1]["answer"] is None and event["at"] < found[-1]["notice"]["due"]
            found = [] if open_ else found
    return found


def _answer(last, event):
    notice, terms = last["notice"], last["version"]["terms"]
    theirs = event["party"] in (None, terms["holder"])
    if last["answer"] or not theirs or not notice["at"] <= event["at"] < notice["due"]:
        return
    last["answer"] = event
    if event["event"] == "accepted":
        gpus = min(event["gpus"] or notice["gpus"], notice["gpus"])
        allowed = terms["partial"] and gpus >= terms["minimum_lot"]
        last["taken"] = gpus if allowed or gpus == notice["gpus"] else 0


def _order(world, name, last, event):
    terms, answer = last["version"]["terms"], last["answer"]
    if event["party"] != terms["holder"]:
        if event["lot"] is not None:
            last["others"] += event["gpus"] - under_senior(world, name, terms, event)
        return
    waits = last["taken"] and not last["signed"]
    if waits and event["at"] < later(answer["at"], terms["negotiation"]):
        last["taken"], last["signed"] = min(last["taken"], event["gpus"]), True


def under_senior(world, name, terms, order):
    """How much of an order is what a holder before this one had accepted (FR11)."""
    earlier = world["events"][: next(n for n, e in enumerate(world["events"]) if e is order)]
    clause = {"id": name}
    seniors = before({**world, "events": earlier}, clause, terms, order["lot"])
    mine = [s for s in seniors.values() if s["by"] is not None and s["by"] == order["party"]]
    return min(sum(s["gpus"] for s in mine if order["at"] < s["until"]), order["gpus"])


def before(world, clause, terms, lot):
    """FR11: the holders that rank before one and are not through with a lot, by clause.

    One that thinks has until its answer is due; one that has accepted, until its order is.
    """
    asked = {}
    for event in heard(world, clause) if lot is not None else []:
        if event["lot"] != lot:
            continue
        if event["event"] == "ordered":
            for name, senior in list(asked.items()):
                by = senior["by"] is not None and senior["by"] == event["party"]
                if by and event["at"] < senior["until"]:
                    del asked[name]
        if event["event"] == "requirement_changed":
            asked = {}
        name = event["clause"]
        if name in (None, clause["id"]):
            continue
        if event["event"] == "notice_given" and rank_of(world, name, event) < terms["rank"]:
            asked[name] = {"until": event["due"], "of": event["gpus"], "by": None}
        elif event["event"] == "lapsed":
            asked.pop(name, None)
        elif event["event"] in ("accepted", "refused") and name in asked:
            _taken_before(world, asked, event)
    return asked


def _taken_before(world, asked, event):
    """What a holder that is thinking answers; its first answer counts."""
    name = event["clause"]
    if asked[name]["by"] is not None:
        return
    course = rounds({**world, "events": _until(world, event)}, name, event["lot"])
    good = course and course[-1]["answer"] is event and course[-1]["taken"]
    if not good:
        del asked[name]
        return
    terms = course[-1]["version"]["terms"]
    until = later(event["at"], terms["negotiation"])
    asked[name] |= {"by": terms["holder"], "gpus": course[-1]["taken"], "until": until}


def _until(world, last):
    """What has happened up to an event, and that."""
    place = next(n for n, event in enumerate(world["events"]) if event is last)
    return world["events"][: place + 1]


def rank_of(world, name, event):
    """The rank under which a holder was asked (S9); nobody else ranks before anybody."""
    versions = [c for c in world["clauses"] if c["id"] == name]
    version = hearer(world, name, event) or (versions[0] if versions else None)
    return FOREVER if version is None else version["terms"].get("rank", FOREVER)


def _noticed(last, ask, now):
    """FR4 to FR10, after the last notice of the lot."""
    notice, answer, terms = last["notice"], last["answer"], last["version"]["terms"]
    if answer is None and now in range(notice["at"], notice["due"]):
        return "hold", "FR4", terms["holder"]
    taken = last["taken"]
    freed = notice["due"] if answer is None else answer["at"]
    if taken and not last["signed"]:
        fallen = later(answer["at"], terms["negotiation"])
        if now >= fallen:
            taken, freed = 0, fallen  # FR10
    free, others = notice["gpus"] - taken, last["others"]
    rest = max(free - others, 0)
    if taken and ask["gpus"] > rest:
        beside = max(notice["of"], notice["gpus"]) - notice["gpus"] - max(others - free, 0)
        if last["signed"] and rest == 0 and ask["gpus"] <= beside:
            return "hold", "FR6", BUYER
        return "deny", "FR6" if free else "FR5"
    if terms["reoffer_parts"] and (rest == 0 or ask["gpus"] < rest):
        return "hold", "FR6", BUYER
    if now >= later(freed, terms["free_window"]):
        return "hold", "FR8", BUYER
    if terms["form"] == "matching" and ask["supplier"] != notice["party"]:
        return "hold", "FR9", BUYER
    return ("hold", "FR8", BUYER) if _better(terms, notice, ask, (free, others)) else None


def _better(terms, notice, ask, had):
    """FR7: better for the supplier in any respect that both sides state."""

    def both(*words):
        return all(ask[word] is not None and notice[word] is not None for word in words)

    def above(tolerance, value, limit):
        return value > limit * (1 + terms[tolerance])

    free, others = had
    length = both("start", "end") and notice["end"] - notice["start"]
    return any(
        (
            both("price") and above("price_tolerance", ask["price"], notice["price"]),
            both("prepaid") and ask["prepaid"] > notice["prepaid"],
            both("start") and ask["start"] > later(notice["start"], terms["start_slack"]),
            above("quantity_tolerance", others + ask["gpus"], free),
            length is not False and above("term_tolerance", ask["end"] - ask["start"], length),
        )
    )


def hearer(world, name, event):
    """The version of a clause that learns of an event.

    The one in force; before the first, the one to come, if contracting meets it by the time of
    service (D2).
    """
    version = version_at(world, {"id": name}, event["at"])
    if version is not None:
        return version
    to_come = [c for c in world["clauses"] if c["id"] == name and c["until"] > event["at"]]
    to_come = sorted(to_come, key=lambda clause: clause["from"])[:1]
    return next((c for c in to_come if c["applies_to"] != "signature"), None)


def heard(world, clause):
    """What has happened that some version of a clause learned of."""
    return [event for event in world["events"] if hearer(world, clause["id"], event)]


def lot_of(world, ask):
    """The lot an ask means: its own, or the latest noticed one for the same need.

    What a notice leaves open it was given of any; what an ask leaves open is more than one kind.
    A lot that is ordered in full is sought no longer.
    """
    if ask["lot"] is not None or ask["act"] != "supply":
        return ask["lot"]
    last, sought, ordered = {}, defaultdict(int), defaultdict(int)
    for event in world["events"]:
        lot = event["lot"]
        if event["event"] == "notice_given":
            last.pop(lot, None)
            last[lot] = event
            sought[lot] = max(sought[lot], ordered[lot] + max(event["gpus"], event["of"]))
        elif event["event"] == "ordered" and lot in last:
            ordered[lot] += event["gpus"]
    for lot, notice in reversed(last.items()):
        same = all(notice[word] in (None, ask[word]) for word in ("accelerator", "region"))
        if ask["purpose"] == notice["purpose"] and same and ordered[lot] < sought[lot]:
            return lot
    return None
