"""Portfolios by chance, and changes to them: as files for the desk, as rows for the oracle."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any, NamedTuple

DAY_S = 86_400
SUPPLIERS = ("alpha", "beta", "gamma")
PURPOSES = ("research", "training", "inference")
AGREED = ("2024-01-01", "2030-01-01")
"""The term of the one agreement."""
CLAUSES: dict[str, dict[str, Any]] = {
    "first": {"kind": "first_refusal", "holder": "alpha", "window": "20d", "partial": "yes"},
    "second": {"kind": "first_refusal", "holder": "beta", "window": "10d", "rank": "2"},
    "third": {"kind": "first_refusal", "holder": "gamma", "window": "5d", "rank": "3"},
    "fourth": {"kind": "first_refusal", "holder": "gamma", "window": "9d", "rank": "4"},
    "research": {"kind": "exclusivity", "holder": "alpha", "purposes": ["research"]},
    "training": {"kind": "exclusivity", "holder": "beta", "purposes": ["training"]},
    "grace": {"kind": "delivery", "supplier": "gamma", "grace": "5d"},
    "hurry": {"kind": "delivery", "supplier": "beta", "grace": "1d"},
    "take": {"kind": "take_or_pay", "supplier": "beta", "floor": "$90k", "rate": "$2"},
}
MORE: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"partial": "yes", "minimum_lot": "4"},
    {"form": "matching"},
    {"reoffer_parts": "yes", "partial": "yes"},
    {"negotiation": "9d"},
    {"free_window": "12d"},
    {"start_slack": "0d"},
    {"until": "2025-06-11"},
)
"""What a first refusal may say besides."""
NAMED = ("first", "second", "third", "research", "training")
"""What a waiver may be of."""

Terms = dict[str, Any]


class Amendment(NamedTuple):
    """From a day on some clauses are ended, replaced or added."""

    day: str
    removes: tuple[str, ...] = ()
    replaces: tuple[tuple[str, Terms], ...] = ()
    adds: tuple[tuple[str, Terms], ...] = ()


class Contracts(NamedTuple):
    """One agreement: its clauses and amendments."""

    clauses: tuple[tuple[str, Terms], ...]
    amendments: tuple[Amendment, ...] = ()
    swap: tuple[str, str] = ("", "")  # A word that is written instead of another one.

    @property
    def text(self) -> str:
        """The portfolio as a file."""
        text = "\n".join(_lines(self))
        return text.replace(*self.swap) if self.swap[0] else text

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Every version of every clause, as the oracle reads them, in the order of the file."""
        old, new = self.swap
        found = [row for row in _versions(self) if row["from"] < row["until"]]
        for row in found:
            terms = row["terms"].items()
            row["terms"] = {key: new if value == old else value for key, value in terms}
        return found


def day(at_s: int) -> str:
    """The day of an instant."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d}"


def first(chance: Random) -> Contracts:
    """What is agreed at the beginning."""
    names = sorted(chance.sample(sorted(CLAUSES), chance.randint(0, 5)))
    if chance.random() < 0.7 and "first" not in names:
        names.insert(0, "first")
    return Contracts(tuple((name, _varied(chance, name)) for name in names))


def amended(chance: Random, old: Contracts, at_s: int) -> Contracts:
    """Something else from about now on: most often from a day to come, at times from one past."""
    known = [name for name, _ in old.clauses if name in CLAUSES]
    number = len(old.amendments) + 1
    from_day = day(at_s + chance.choice((-30, -1, 0, 1, 1, 2, 9, 30)) * DAY_S)
    made = Amendment(from_day)
    name = chance.choice(known) if known else ""
    match chance.choice(("remove", "replace", "replace", "turn", "add", "waive", "waive")):
        case "remove" if name:
            made = made._replace(removes=(name,))
        case "replace" if name:
            made = made._replace(replaces=((name, _varied(chance, name)),))
        case "turn" if name:
            other = _varied(chance, chance.choice(sorted(CLAUSES)))
            made = made._replace(replaces=((name, other),))
        case "add":
            other = chance.choice(sorted(CLAUSES))
            made = made._replace(adds=((f"{other}{number}", _varied(chance, other)),))
        case _ if waived := [one for one in known if one in NAMED]:
            made = made._replace(adds=((f"waiver{number}", _waiver(chance, waived)),))
    return old._replace(amendments=(*old.amendments, made))


def hastened(old: Contracts, supplier: str, due_s: int) -> Contracts:
    """What lets the buyer end what a supplier delivers late, agreed once it is."""
    terms = {"kind": "delivery", "supplier": supplier, "grace": "1d"}
    name = f"haste{len(old.amendments) + 1}"
    made = Amendment(day(due_s), adds=((name, terms),))
    return old._replace(amendments=(*old.amendments, made))


def unfit(chance: Random, old: Contracts) -> Contracts:
    """Contracts that may forget what has happened, or that cannot be read."""
    swaps = (("gamma", "delta"), ("H100", "H200"), ("USD", "EUR"), ("parties:", "partys:"))
    fewer = old._replace(clauses=old.clauses[1:], amendments=())
    return chance.choice((fewer, *(old._replace(swap=swap) for swap in swaps)))


WAIVED = ("grantee", "purposes", "accelerators", "limit", "price")
"""What a waiver says at the desk as in a portfolio."""


def with_waiver(old: Contracts, words: Terms, at: str) -> Contracts:
    """What is agreed once a holder has given a waiver at an instant, and nothing else."""
    own = words["clause"].removeprefix("A/")
    used = {row["id"] for row in old.rows} | {name for name, _ in old.clauses}
    number = next(number for number in count(1) if f"{own}-waiver-{number}" not in used)
    terms: Terms = {"kind": "waiver", "of": words["clause"]}
    for word in (word for word in WAIVED if word in words):
        said = words[word]
        terms[word] = list(said) if isinstance(said, tuple | list) else str(said)
    if "end" in words:
        terms["until"] = words["end"]
    if words.get("transaction"):
        terms["transaction"] = "yes"
    made = Amendment(words.get("start", at), adds=((f"{own}-waiver-{number}", terms),))
    return old._replace(amendments=(*old.amendments, made))


def _varied(chance: Random, name: str) -> Terms:
    terms = dict(CLAUSES[name])
    if terms["kind"] == "first_refusal":
        terms |= chance.choice(MORE)
    elif chance.random() < 0.2:
        terms["until"] = "2025-07-01"
    return terms


def _waiver(chance: Random, names: list[str]) -> Terms:
    """Somebody consents to one supplier."""
    terms: Terms = {"kind": "waiver", "of": f"A/{chance.choice(names)}"}
    terms["grantee"] = chance.choice(SUPPLIERS)
    more: tuple[Terms, ...] = ({}, {"limit": "20"}, {"transaction": "yes"}, {"price": "$2"})
    return terms | chance.choice(more)


def _lines(made: Contracts) -> Iterator[str]:
    yield "currency: USD"
    yield "parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}, gamma: {}}"
    yield "accelerators: {H100: {power: 1 kW}}"
    yield "pools: {west: {supplier: alpha, accelerator: H100, capacity: 40}}"
    yield "simulation: {tender: 7d, delay_price: $5, cost_of_capital: 8%}"
    yield "agreements:"
    yield "  A:"
    yield f"    from: {AGREED[0]}"
    yield f"    until: {AGREED[1]}"
    yield "    clauses:" if made.clauses else "    clauses: {}"
    yield from (f"      {name}: {_flow(terms)}" for name, terms in made.clauses)
    if made.amendments:
        yield "    amendments:"
    for number, change in enumerate(made.amendments, 1):
        yield f"      m{number}:"
        yield f"        from: {change.day}"
        if change.removes:
            yield f"        remove: [{', '.join(change.removes)}]"
        for section, clauses in (("replace", change.replaces), ("add", change.adds)):
            if clauses:
                yield f"        {section}:"
                yield from (f"          {name}: {_flow(terms)}" for name, terms in clauses)


def _flow(terms: Terms) -> str:
    def said(value: Any) -> str:
        return f"[{', '.join(value)}]" if isinstance(value, list) else str(value)

    return f"{{{', '.join(f'{key}: {said(value)}' for key, value in terms.items())}}}"


def _versions(made: Contracts) -> list[dict[str, Any]]:
    found = [_version(name, terms, AGREED[0]) for name, terms in made.clauses]
    for change in sorted(made.amendments, key=lambda change: change.day):
        ended = {*change.removes, *(name for name, _ in change.replaces)}
        for row in found:
            if row["id"] in ended:
                row["until"] = min(row["until"], change.day)
        both = (*change.replaces, *change.adds)
        found += [_version(name, terms, change.day) for name, terms in both]
    return found


def _version(name: str, terms: Terms, from_day: str) -> dict[str, Any]:
    ends = min(str(terms.get("until", AGREED[1])), AGREED[1])
    own = {key: value for key, value in terms.items() if key not in ("kind", "until")}
    row = {"id": name, "kind": terms["kind"], "agreement": "A", "terms": own}
    return {**row, "from": from_day, "until": ends, "agreed_until": ends}
