"""Where commitments stand, as a page: tables, burn-down charts, what to move, and why."""

from collections.abc import Sequence
from typing import NamedTuple

from offtake.core.explain import lines as sentences
from offtake.core.vocabulary import NONE, Verdict
from offtake.report import charts
from offtake.report.figures import BurnDown, Headline, Table
from offtake.report.page import Chart, Page, Points, Section
from offtake.report.statement_page import Told, rests_on
from offtake.settle.move import Move
from offtake.settle.standing import Standing
from offtake.units.money import MICROS, SECONDS_PER_HOUR, short
from offtake.units.time import instant_text


class Seen(NamedTuple):
    """What is shown of all commitments at an instant."""

    at_s: int
    standings: tuple[Standing, ...]
    moves: tuple[Move, ...]
    told: Told

    @property
    def planned(self) -> bool:
        """Whether a plan says what is to come."""
        return any(row.planned != NONE for row in self.standings)


def amount(value: int, standing: Standing, currency: str) -> str:
    """A quantity of a floor for eyes: money, or GPU-hours."""
    if standing.in_time:
        return f"{value // SECONDS_PER_HOUR:,} GPU-h"
    return short(value, currency)


def table(seen: Seen) -> Table:
    """A row a commitment whose period has begun and not ended."""
    rows = []
    currency, names = seen.told.currency, seen.told.names
    for row in seen.standings:
        end = row.planned if row.planned != NONE else row.forecast
        rows.append(
            (
                row.clause.clause_id,
                names.title(row.supplier),
                instant_text(row.start_s),
                instant_text(row.end_s),
                amount(row.floor, row, currency),
                amount(row.taken, row, currency),
                f"{_percent(row.taken, row.floor)}",
                f"{_percent(seen.at_s - row.start_s, row.end_s - row.start_s)}",
                amount(end, row, currency),
                _shortfall(row, currency),
                _alert(row),
            )
        )
    columns = (
        "commitment",
        "supplier",
        "from",
        "until",
        "floor",
        "taken",
        "of floor",
        "of time",
        "at the end" + (", planned" if seen.planned else ", at this rate"),
        "shortfall to expect",
        "alert",
    )
    title = f"Commitments on {instant_text(seen.at_s)}"
    note = "" if rows else "No commitment has a period that runs then."
    return Table(title, columns, tuple(rows), right=(2, 3, 4, 5, 6, 7, 8, 9), note=note)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole > 0 else "no floor"


def _shortfall(row: Standing, currency: str) -> str:
    """The shortfall, or that nobody can say."""
    if not row.known:
        return "use not known from its start"
    return short(row.expected_micros, currency) if row.expected_micros else "none"


def _alert(row: Standing) -> str:
    """The highest alert that is reached, and the next that is expected."""
    came = [one for one in row.alerts if not one.expected]
    comes = [one for one in row.alerts if one.expected and one.at_s != NONE]
    words = [f"{one.percent} % on {instant_text(one.at_s)}" for one in came[-1:]]
    words += [f"{one.percent} % by {instant_text(one.at_s)}" for one in comes[:1]]
    return ", ".join(words) or "none before the end"


def moves_table(seen: Seen) -> Table:
    """What to move, with what it saves and whether the contracts permit it."""
    names, currency = seen.told.names, seen.told.currency
    rows = tuple(
        (
            move.standing.clause.clause_id,
            names.purposes[move.purpose] if move.purpose < len(names.purposes) else "any",
            f"{move.from_pool or names.title(move.from_supplier)} to {move.to_pool}",
            f"{move.gpu_s // SECONDS_PER_HOUR:,}",
            short(move.saves_micros, currency),
            move.decision.verdict.name.lower(),
        )
        for move in seen.moves
    )
    columns = ("commitment", "purpose", "move", "GPU-hours", "saves", "contracts")
    return Table("What to move, and what it saves", columns, rows, right=(3, 4))


def page_of(seen: Seen) -> Page:
    """The page of all commitments."""
    told = seen.told
    due = sum(row.expected_micros for row in seen.standings)
    headlines = (
        Headline(str(len(seen.standings)), "commitments whose period runs"),
        Headline(short(due, told.currency), "shortfall to expect"),
        Headline(
            short(sum(max(move.saves_micros, 0) for move in _best(seen.moves)), told.currency),
            "saved by the best permitted moves",
        ),
    )
    sections = (
        Section("Standing", _lead(seen), (), (table(seen),)),
        Section("Burn-down", BURN, tuple(_chart(row, seen) for row in seen.standings)),
        Section("What to move", MOVED, (), (moves_table(seen),), tuple(_reasons(seen))),
        _rests(seen),
    )
    day = instant_text(seen.at_s)
    return Page(
        title=f"Commitments on {day}",
        lead=f"{told.title}. Amounts in {told.currency}.",
        headlines=headlines,
        sections=sections,
        footer="Charged as statements charge it; only the use to come is a forecast.",
    )


BURN = "What is left of each floor, beside an even pace; below zero more is taken than promised."
MOVED = (
    "Use to come elsewhere on the same kind of accelerator, moved to a pool that counts. A saving "
    "is the cost of everything without the move less the cost with it."
)


def _lead(seen: Seen) -> str:
    if seen.planned:
        return "What is to come is as planned."
    return "What is to come goes on as in the last 30 days that are known."


def _best(moves: Sequence[Move]) -> list[Move]:
    """The best permitted move of each commitment."""
    best: dict[str, Move] = {}
    for move in moves:
        if move.decision.verdict == Verdict.PERMIT:
            best.setdefault(move.standing.clause.clause_id, move)
    return list(best.values())


def _chart(row: Standing, seen: Seen) -> Chart:
    scale = SECONDS_PER_HOUR if row.in_time else MICROS
    figure = BurnDown(
        title=row.clause.clause_id,
        unit="GPU-hours" if row.in_time else seen.told.currency,
        from_s=row.start_s,
        until_s=row.end_s,
        at_s=seen.at_s,
        floor=row.floor / scale,
        left=tuple((at_s, (row.floor - taken) / scale) for at_s, taken in row.course),
    )
    says = f"What is left of {row.clause.clause_id} from {instant_text(row.start_s)} on"
    return Chart(charts.burn_down(figure), says)


def _reasons(seen: Seen) -> list[Points]:
    """Why moves are not simply permitted, each decision once."""
    found: dict[str, tuple[str, ...]] = {}
    for move in seen.moves:
        if move.decision.findings or move.decision.waived:
            words = sentences(move.decision, seen.told.names)
            found[f"To {move.to_pool}: {words[0]}"] = tuple(words[1:])
    return [Points(title, says) for title, says in found.items()]


def _rests(seen: Seen) -> Section:
    origins = [
        seen.told.provenance.of_clause(row.clause.clause_id, seen.at_s + 1)
        for row in seen.standings
    ]
    return rests_on(origins)
