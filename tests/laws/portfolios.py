"""Cases by chance, in the notation of ``builders``: all clauses that judge, a journal, asks.

Small numbers on purpose: coincidences and touching edges are where the bugs live.
"""

from datetime import datetime
from typing import Any

from builders import CAST, clause_id, moment
from hypothesis import strategies as st

Row = dict[str, Any]

SUPPLIERS = CAST["parties"]
LAST_S = 14
instants = st.integers(0, LAST_S)
lengths = st.integers(0, 5).map(lambda number: f"{number}s")
gpus = st.integers(1, 4)
prices = st.sampled_from([None, "$1", "$2", "$3"])
shares = st.sampled_from(["0%", "50%", "100%"])
flags = st.sampled_from(["no", "yes"])
lots = st.sampled_from(["x", "y"])
suppliers = st.sampled_from(SUPPLIERS)


def some(section: str) -> st.SearchStrategy[list[str] | None]:
    """Nothing most of the time, so that scopes meet; else one or two names."""
    names = st.lists(st.sampled_from(CAST[section]), min_size=1, max_size=2, unique=True)
    return st.one_of(st.none(), st.none(), names)


def one(section: str) -> st.SearchStrategy[str | None]:
    """A name, or nothing: left open."""
    return st.one_of(st.none(), st.sampled_from(CAST[section]), st.sampled_from(CAST[section]))


def said(**words: Any) -> Row:
    """What is said; what is left open is not written."""
    return {key: value for key, value in words.items() if value is not None}


@st.composite
def scopes(draw: st.DrawFn) -> Row:
    asks = st.lists(st.sampled_from(["supply", "run", "use"]), min_size=1, unique=True)
    return said(
        purposes=draw(some("purposes")),
        accelerators=draw(some("accelerators")),
        regions=draw(some("regions")),
        suppliers=draw(some("parties")),
        assets=draw(some("assets")),
        capacity=draw(st.sampled_from([None, None, "new", "existing"])),
        asks=draw(st.one_of(st.none(), st.none(), asks)),
    )


@st.composite
def exclusivities(draw: st.DrawFn) -> Row:
    return draw(scopes()) | {"holder": draw(suppliers)}


@st.composite
def first_refusals(draw: st.DrawFn) -> Row:
    return draw(scopes()) | {
        "holder": draw(suppliers),
        "form": draw(st.sampled_from(["offer_first", "offer_first", "matching"])),
        "window": draw(lengths),
        "rank": draw(st.integers(1, 3)),
        "partial": draw(flags),
        "minimum_lot": draw(gpus),
        "reoffer_parts": draw(flags),
        "free_window": draw(lengths),
        "price_tolerance": draw(shares),
        "start_slack": draw(lengths),
        "quantity_tolerance": draw(shares),
        "term_tolerance": draw(shares),
        "negotiation": draw(lengths),
        "least_term_left": draw(st.sampled_from(["0s", "0s", "3s"])),
    }


@st.composite
def waivers(draw: st.DrawFn, of: str = "A/c0") -> Row:
    return draw(scopes()) | said(
        of=of,
        grantee=draw(suppliers),
        limit=draw(st.one_of(st.none(), st.integers(0, 6))),
        transaction=draw(flags),
        price=draw(prices),
    )


@st.composite
def build_rights(draw: st.DrawFn) -> Row:
    share = st.sampled_from([None, "25%", "50%", "100%"])
    return draw(scopes()) | said(
        grantee="buyer",
        primarily=draw(share),
        measured_over=draw(st.integers(1, 6).map(lambda number: f"{number}s")),
    )


@st.composite
def ip_licences(draw: st.DrawFn) -> Row:
    return said(
        assets=draw(some("assets")),
        licensor=draw(suppliers),
        licensee=draw(suppliers),
        products=draw(some("products")),
        except_products=draw(some("products")),
        exclusive=draw(flags),
        expires=draw(st.one_of(st.none(), instants.map(moment))),
    )


KINDS = {
    "exclusivity": exclusivities,
    "first_refusal": first_refusals,
    "waiver": waivers,
    "build_right": build_rights,
    "ip_licence": ip_licences,
}


@st.composite
def clauses(draw: st.DrawFn, number: int, known: tuple[str, ...]) -> list[Row]:
    """A clause in one or two versions; a waiver is of one that came before it."""
    kind = draw(st.sampled_from([*KINDS, "first_refusal", "first_refusal"]))
    if kind == "waiver":
        terms = waivers(of=draw(st.sampled_from(known or ("A/c0",))))
    else:
        terms = KINDS[kind]()
    row = {"kind": kind, "id": f"c{number}", "agreement": draw(st.sampled_from("AAB"))}
    row["applies_to"] = draw(st.sampled_from(["signature", "signature", "service", "both"]))
    # What came before a first refusal it has not heard of, its journal would: it starts at 0.
    start = 0 if kind == "first_refusal" else draw(st.sampled_from([0, 0, 3]))
    end = draw(st.sampled_from([None, None, 8, LAST_S]))
    first = said(**row, **{"from": moment(start)}, until=end and moment(end))
    if kind in ("build_right", "ip_licence") or not draw(st.booleans()):
        return [{**first, "terms": draw(terms)}]
    cut = moment(draw(st.integers(4, 7)))
    before = {**first, "until": cut, "agreed_until": first.get("until", datetime.max)}
    before["agreed_until"] = first.get("until", moment(10**6))
    return [{**before, "terms": draw(terms)}, {**first, "from": cut, "terms": draw(terms)}]


@st.composite
def portfolios(draw: st.DrawFn) -> list[Row]:
    """The versions of some clauses of the kinds that judge."""
    rows: list[Row] = []
    for number in range(draw(st.integers(1, 5))):
        known = tuple(dict.fromkeys(clause_id(row) for row in rows))
        rows += draw(clauses(number, known))
    if not any(row["kind"] == "waiver" and row["terms"]["of"] == "A/c0" for row in rows):
        return rows
    names = {clause_id(row) for row in rows}
    return rows if "A/c0" in names else [{**rows[0], "agreement": "A", "id": "c0"}, *rows]


@st.composite
def events(draw: st.DrawFn, rows: list[Row]) -> list[Row]:
    """What happens to these clauses, oldest first: sensible and not."""
    rights = {clause_id(row): row for row in rows if row["kind"] == "first_refusal"}
    happenings = [orders(), uses(), defaults()]
    for right, row in rights.items():
        happenings += [notices(right, row), answers(right, row)] * 2
    found = draw(st.lists(st.one_of(happenings), max_size=9))
    return one_holder_at_a_time(sorted(found, key=lambda row: row["at"]))


@st.composite
def notices(draw: st.DrawFn, right: str, row: Row) -> Row:
    at, start = draw(instants), draw(st.integers(10, 13))
    return said(
        event="notice_given",
        at=moment(at),
        clause=right,
        lot=draw(lots),
        rank=row["terms"]["rank"],
        due=moment(at + draw(st.integers(1, 5))),
        gpus=draw(gpus),
        start=moment(start),
        end=moment(start + draw(st.integers(1, 4))),
        price=draw(prices),
        prepaid=draw(st.sampled_from([None, "0%", "10%"])),
        **draw(things()),
    )


@st.composite
def things(draw: st.DrawFn) -> Row:
    """Whose capacity it is and what it is like."""
    return said(
        party=draw(one("parties")),
        purpose=draw(one("purposes")),
        accelerator=draw(one("accelerators")),
        region=draw(one("regions")),
    )


@st.composite
def answers(draw: st.DrawFn, right: str, row: Row) -> Row:
    return {
        "event": draw(st.sampled_from(["accepted", "accepted", "refused", "lapsed"])),
        "at": moment(draw(instants)),
        "clause": right,
        "lot": draw(lots),
        "rank": row["terms"]["rank"],
        "party": row["terms"]["holder"],
        "gpus": draw(gpus),
    }


@st.composite
def orders(draw: st.DrawFn) -> Row:
    lot = draw(st.one_of(st.none(), lots, lots))
    at = moment(draw(instants))
    return said(event="ordered", at=at, lot=lot, gpus=draw(gpus), **draw(things()))


@st.composite
def defaults(draw: st.DrawFn) -> Row:
    return said(
        event=draw(st.sampled_from(["default_declared", "default_cured"])),
        at=moment(draw(instants)),
        party=draw(suppliers),
        lot=draw(st.sampled_from([None, None, "x"])),
    )


@st.composite
def uses(draw: st.DrawFn) -> Row:
    at = draw(instants)
    return said(
        event="usage_recorded",
        at=moment(at),
        party=draw(st.sampled_from(["buyer", "buyer", "azure"])),
        own=draw(st.sampled_from([1, 1, 0])),
        purpose=draw(one("purposes")),
        gpus=draw(gpus),
        start=moment(max(at - 2, 0)),
        end=moment(at + 1),
    )


def one_holder_at_a_time(rows: list[Row]) -> list[Row]:
    """Leave out notices of a lot while another holder thinks about it: sourcing gives none."""
    thinking: dict[str, Row] = {}
    kept = []
    for row in rows:
        lot = row.get("lot")
        open_ = thinking.get(lot or "")
        if row["event"] == "notice_given":
            if open_ and open_["clause"] != row["clause"] and row["at"] < open_["due"]:
                continue
            thinking[lot] = row
        elif open_ and row.get("clause") == open_["clause"]:
            del thinking[lot]
        kept.append(row)
    return kept


@st.composite
def asks(draw: st.DrawFn) -> Row:
    start = draw(instants)
    supplier = draw(one("parties"))
    return said(
        act=draw(st.sampled_from(["supply", "supply", "supply", "run", "use"])),
        supplier=supplier,
        own=True if supplier == "buyer" and draw(st.booleans()) else None,
        purpose=draw(one("purposes")),
        accelerator=draw(one("accelerators")),
        region=draw(one("regions")),
        gpus=draw(gpus),
        start=moment(start),
        end=moment(start + draw(st.integers(1, 5))),
        price=draw(prices),
        prepaid=draw(st.sampled_from([None, "0%", "10%"])),
        capacity=draw(st.sampled_from([None, None, "existing"])),
        lot=draw(st.one_of(st.none(), lots)),
        user=draw(one("parties")),
        asset=draw(one("assets")),
        product=draw(one("products")),
    )


@st.composite
def cases(draw: st.DrawFn) -> Row:
    """A portfolio, what happened to it, and asks at instants before, between and after."""
    rows = draw(portfolios())
    then = st.lists(st.tuples(asks(), instants.map(moment)), min_size=1, max_size=3)
    return {"clause": rows, "event": draw(events(rows)), "then": draw(then)}
