"""The page of commitments: where they stand before their periods close, and what is contracted."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from anyio.to_thread import run_sync
from litestar import get
from litestar.handlers import HTTPRouteHandler

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.may import may
from offtake.desk.desk import need
from offtake.desk.outlook import Outlooks
from offtake.desk.pages.show import Html
from offtake.desk.pages.site import Visit, Visitor
from offtake.desk.pages.told import amount, instant, left
from offtake.desk.routes.commitments import NOTHING, commitments_seen, is_listed
from offtake.desk.words import later
from offtake.units.time import DAY_S, parse_instant

Data = dict[str, Any]
SOON_S = 366 * DAY_S
"""Periods that begin later are folded away."""


class Column(NamedTuple):
    """A column of a table: the field it shows, and whether that is a number."""

    key: str
    says: str
    number: bool


CONTRACTED = (
    Column("supplier", later("Supplier"), False),
    Column("clause", later("Clause"), False),
    Column("start", later("From"), False),
    Column("end", later("Until"), False),
    Column("floor", later("Floor"), True),
    Column("contracted", later("Contracted"), True),
    Column("uncontracted", later("Not contracted yet"), True),
)


def page(outlooks: Outlooks) -> HTTPRouteHandler:
    """The page, with what it keeps from one look to the next."""

    @get("/commitments", include_in_schema=False, guards=[needs(Act.COMMITMENT_READ)])
    async def standing(visit: Visitor) -> Html:
        """Where commitments stand, and what they are contracted for."""
        need(visit.known, Act.COMMITMENT_READ)
        now_s = max(visit.desk.clock.now_s(), visit.desk.state.at_s)
        rows = await run_sync(commitments_seen, visit.desk, visit.known, outlooks, now_s)
        return _page(visit, rows, now_s)

    return standing


def _page(visit: Visit, rows: list[Data], now_s: int) -> Html:
    """What runs first, each with why; then what is contracted, the later periods folded away."""
    counted = [_standing(visit, row, now_s) for row in rows if "taken" in row]
    listed = [row for row in rows if is_listed(row, now_s)]
    soon = [row for row in listed if parse_instant(row["start"]) <= now_s + SOON_S]
    then = [row for row in listed if row not in soon]
    columns = [column for column in CONTRACTED if any(column.key in row for row in rows)]
    return visit.page(
        "commitments",
        running=counted,
        sees_terms=any("floor" in row for row in rows),
        records=may(visit.known, Act.USAGE_RECORD),
        columns=columns,
        soon=[_contracted(visit, row, now_s) for row in soon],
        then=[_contracted(visit, row, now_s) for row in then],
    )


def _standing(visit: Visit, row: Data, now_s: int) -> Data:
    """A commitment whose period runs, in words; of what is to be expected if that may be seen."""
    words, start_s, end_s = visit.words, parse_instant(row["start"]), parse_instant(row["end"])
    until_s = parse_instant(row["counted_until"])
    return {
        "supplier": visit.title(row["supplier"]),
        "clause": row["clause"],
        "end": row["end"],
        "left": left(end_s - now_s, words) if end_s > now_s else "",
        "until": row["counted_until"],
        "floor": amount(row["floor_now"], words),
        "taken": amount(row["taken"], words),
        "open": amount(row["left"], words),
        "percent": row.get("taken_percent"),
        "share": _share(visit, row.get("taken_percent")),
        "time_share": _share(visit, 100 * (until_s - start_s) // (end_s - start_s)),
        "expected": amount(row["expected"], words) if "expected" in row else "",
        "expected_share": _share(visit, row.get("expected_percent")),
        "undelivered": "" if row["undelivered"][:2] == "0 " else amount(row["undelivered"], words),
        "known": row["known"],
        "alerts": _alerts(visit, row.get("alerts") or ()),
        **_end(visit, row),
    }


def _share(visit: Visit, percent: int | None) -> str:
    return "" if percent is None else visit.words.figures.share(10_000 * percent)


def _end(visit: Visit, row: Data) -> Data:
    """How it will end: a word for it, and the shortfall if there is one."""
    if "expected" not in row:
        return {"state": "", "shortfall": ""}
    if not row["known"]:
        return {"state": "not known", "shortfall": ""}
    if str(row["shortfall_expected"]).startswith(NOTHING):
        return {"state": "on course", "shortfall": ""}
    return {"state": "falls short", "shortfall": amount(row["shortfall_expected"], visit.words)}


def _alerts(visit: Visit, rows: Iterable[Data]) -> list[str]:
    """The alerts up to the first that is not reached before the end."""
    rows = list(rows)
    missed = next((place for place, one in enumerate(rows) if one["at"] is None), len(rows))
    return [_alert(visit, one) for one in rows[: missed + 1]]


def _alert(visit: Visit, one: Data) -> str:
    """When a share of the floor was taken, or will be."""
    words, percent = visit.words, _share(visit, one["percent"])
    if one["at"] is None:
        return words("{share} of the floor not before the end", share=percent)
    day = instant(one["at"][:10], words)
    if one["expected"]:
        return words("{share} of the floor expected by {day}", share=percent, day=day)
    return words("{share} of the floor reached by {day}", share=percent, day=day)


def _contracted(visit: Visit, row: Data, now_s: int) -> Data:
    """A floor with what pools and orders hold against it, in the words of a table."""
    cells = {column.key: _cell(visit, column.key, row) for column in CONTRACTED}
    return {**cells, "stands": _runs(visit, row, now_s)}


def _cell(visit: Visit, key: str, row: Data) -> str:
    text = row.get(key) or ""
    if key == "supplier":
        return visit.title(text)
    if key in ("start", "end"):
        return instant(text, visit.words)
    return str(text) if key == "clause" else amount(text, visit.words)


def _runs(visit: Visit, row: Data, now_s: int) -> str:
    """Whether a period runs now, and whether what is contracted meets its floor."""
    words = visit.words
    runs = words("runs now") if parse_instant(row["start"]) <= now_s else words("to come")
    if "uncontracted" not in row:
        return runs
    if row["floor"].startswith(NOTHING):
        return words("{runs}, nothing is due", runs=runs)
    met = words("met") if row["uncontracted"].startswith(NOTHING) else words("not met yet")
    return f"{runs}, {met}"
