"""The journal as a page."""

from collections.abc import Iterator
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import QueryParameter

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.desk import need, seen_of
from offtake.desk.entry import read
from offtake.desk.pages.site import Visit, Visitor
from offtake.desk.routes.cursor import by_count
from offtake.desk.routes.keys import Cursor
from offtake.desk.store import journal
from offtake.desk.view.entry import about_entry, entry_data

Data = dict[str, Any]
PER_PAGE = 50
Word = Annotated[str, QueryParameter(max_length=100)]
"""What a page may be asked about."""


@get("/journal", include_in_schema=False, guards=[needs(Act.JOURNAL_READ)])
async def entries(
    visit: Visitor, cursor: Cursor = None, kind: Word = "", about: Word = ""
) -> Response[str]:
    """The journal, newest first."""
    need(visit.known, Act.JOURNAL_READ)
    rows = _entries(visit, kind, about)
    found = by_count(rows, cursor, PER_PAGE)
    return visit.page(
        "journal", rows=found.rows, next=found.next, kind=kind, about=about, kinds=sorted(KINDS)
    )


def _entries(visit: Visit, kind: str, about: str) -> Iterator[Data]:
    """The entries that somebody sees, newest first."""
    before: int | None = None
    while True:
        with visit.desk.reader.connect() as tx:
            rows = journal.latest(tx, before, 4 * PER_PAGE, kind=kind, requirement=about)
        for row in rows:
            entry = read(row.body)
            told = (entry_data(entry, row.hash), about_entry(visit.desk.state, entry))
            yield from seen_of(visit.known, "journal", [told])
        if len(rows) < 4 * PER_PAGE:
            return
        before = rows[-1].seq


KINDS = (
    *("submit", "change", "withdraw", "notice", "answer", "tender", "bid", "award", "unaward"),
    *("sign", "sign_accepted", "give_up", "deliver", "late", "cancel", "default", "use"),
    *("issue_permit", "draw_permit", "return_draw", "revoke_permit"),
    *("adopt", "propose", "due"),
)
