"""The journal as a page."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

from anyio.to_thread import run_sync
from litestar import Response, get
from litestar.params import QueryParameter

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.desk import need, seen_of
from offtake.desk.entry import read
from offtake.desk.pages.site import Visit, Visitor
from offtake.desk.pages.terms import because, by_name, deed, say
from offtake.desk.pages.told import instant
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
    visit: Visitor, cursor: Cursor = None, kind: Word = "", about: Word = "", text: Word = ""
) -> Response[str]:
    """The journal, newest first."""
    need(visit.known, Act.JOURNAL_READ)
    rows = _saying(visit, _entries(visit, kind, about), text)
    found = await run_sync(by_count, rows, cursor, PER_PAGE)
    return visit.page(
        "journal",
        rows=found.rows,
        next=found.next,
        kind=kind,
        about=about,
        text=text,
        kinds=KINDS,
        looked_at=LOOKED_AT,
    )


LOOKED_AT = 20_000
"""Entries, the latest, that are searched for words."""


def _saying(visit: Visit, rows: Iterator[Data], text: str) -> Iterator[Data]:
    """The entries that say all the words, of what may be seen of them: nothing sealed.

    Both as the journal holds them and as the page shows them, in the language of whoever asks.
    """
    wanted = text.casefold().split()
    if not wanted:
        return rows
    latest = islice(rows, LOOKED_AT)
    return (row for row in latest if _says(visit, row, wanted))


def _says(visit: Visit, row: Data, wanted: list[str]) -> bool:
    said = f"{_kept(row)} {_shown(visit, row)}".casefold()
    return all(word in said for word in wanted)


def _shown(visit: Visit, row: Data) -> str:
    """What the page shows of an entry, in the words it is shown in."""
    words, said = visit.words, list[str]()
    if "at" in row:
        said += [instant(row["at"], words), by_name(row.get("name", ""), words)]
    if "command" in row:
        said += [deed(row["command"]["do"], words)]
    for event in row.get("events", ()):
        said += [say(event["event"], words), because(event.get("why") or "", words)]
        said += [visit.title(event["party"])] if event.get("party") else []
        said += [words.figures.number(event["gpus"])] if event.get("gpus") else []
    return " ".join(said)


def _kept(row: Data) -> str:
    """What the journal holds of an entry; but not whole portfolios."""
    command = {key: value for key, value in row.get("command", {}).items() if key != "portfolio"}
    return json.dumps({**row, "command": command}, ensure_ascii=False)


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
    *("adopt", "propose", "waive", "due"),
)
