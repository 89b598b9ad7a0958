"""Statements as pages for finance: totals, lines, and what each figure rests on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from offtake.core.names import BUYER, Names
from offtake.core.vocabulary import NONE
from offtake.report.figures import Headline, Table
from offtake.report.page import Page, Points, Section
from offtake.settle.charges import Commitment
from offtake.settle.period import period_text
from offtake.settle.provenance import Origin, Provenance
from offtake.settle.statement import Line, Statement
from offtake.units.money import MICROS, SECONDS_PER_HOUR
from offtake.units.time import instant_text


class Note(NamedTuple):
    """Something that is not in the figures, and why; of one agreement or party, if it says so."""

    says: str
    agreement: str = ""
    party: str = ""

    def concerns(self, statement: Statement) -> bool:
        """Whether a statement may say it: what is of others stays with the buyer."""
        own = (statement.agreement, ""), ("", statement.party), ("", "")
        return (self.agreement, self.party) in own


class Told(NamedTuple):
    """What every page of statements says beside its lines."""

    title: str  # Of the portfolio.
    currency: str
    names: Names
    provenance: Provenance
    notes: tuple[Note, ...] = ()
    agreements: Mapping[str, str] = {}  # Their titles.
    commitments: tuple[Commitment, ...] = ()  # Whose period ended in the statement's.


def money(micros: int) -> str:
    """An amount to the cent, for eyes: ``1,234.50``. Books keep micro-units."""
    sign, cents = ("-" if micros < 0 else ""), (abs(micros) + MICROS // 200) // (MICROS // 100)
    return f"{sign}{cents // 100:,}.{cents % 100:02d}"


def titled(statement: Statement, names: Names) -> str:
    """A statement's title: its agreement and the party."""
    party = names.titles.get(statement.party, statement.party)
    return f"{statement.agreement}: {party}"


def summary(found: Sequence[Statement], told: Told) -> Table:
    """A row a statement, with the total at the end."""
    rows = [
        (
            statement.agreement,
            told.names.titles.get(statement.party, statement.party),
            money(statement.payable_micros),
            money(-statement.receivable_micros) if statement.receivable_micros else "",
            money(statement.net_micros),
        )
        for statement in found
    ]
    rows.append(
        (
            "total",
            "",
            money(sum(row.payable_micros for row in found)),
            money(-sum(row.receivable_micros for row in found)),
            money(sum(row.net_micros for row in found)),
        )
    )
    columns = ("agreement", "with", "we owe", "they owe", f"net, {told.currency}")
    return Table("", columns, tuple(rows), right=(2, 3, 4))


def lines_table(statement: Statement, told: Told) -> Table:
    """The lines of a statement."""
    rows = [
        (
            line.clause,
            line.rule,
            line.kind.replace("_", " "),
            what(line),
            f"{instant_text(line.start_s)} to {instant_text(line.end_s)}",
            f"{line.gpu_s // SECONDS_PER_HOUR:,}" if line.gpu_s else "",
            money(line.rate_micros_per_gpu_h) if line.gpu_s else "",
            money(line.amount_micros),
        )
        for line in statement.lines
    ]
    rows.append(("total", "", "", "", "", "", "", money(statement.net_micros)))
    columns = (
        "clause",
        "rule",
        "for",
        "what",
        "period",
        "GPU-hours",
        "per GPU-hour",
        f"amount, {told.currency}",
    )
    return Table("", columns, tuple(rows), right=(5, 6, 7))


def _tables(statement: Statement, told: Told) -> tuple[Table, ...]:
    """The lines, and how shortfalls among them come about."""
    clauses = {line.clause for line in statement.lines}
    rows = tuple(
        _trued_up(row, told.currency) for row in told.commitments if row.clause_id in clauses
    )
    counted = ("floor", "taken", "not delivered", "carried in", "made up", "shortfall")
    columns = ("commitment", "from", "until", *counted)
    floors = Table("Commitments trued up", columns, rows, right=(3, 4, 5, 6, 7, 8))
    return (lines_table(statement, told), *((floors,) if rows else ()))


def _trued_up(row: Commitment, currency: str) -> tuple[str, ...]:
    """A floor less what counts against it: money, or GPU-hours."""
    taken = row.taken
    amounts = row.floor_micros, taken.amount_micros, taken.carried_micros, taken.made_up_micros
    floor, used, carried, made_up = (f"{money(micros)} {currency}" for micros in amounts)
    if row.floor_micros == NONE:
        in_time = row.floor_gpu_s, taken.gpu_s, taken.carried_gpu_s, taken.made_up_gpu_s
        hours = (f"{gpu_s // SECONDS_PER_HOUR:,} GPU-h" for gpu_s in in_time)
        floor, used, carried, made_up = hours
    missing = row.taken.undelivered_gpu_s // SECONDS_PER_HOUR
    return (
        row.clause_id,
        instant_text(row.start_s),
        instant_text(row.end_s),
        floor,
        used,
        f"{missing:,} GPU-h" if missing else "",
        carried if taken.carried_micros or taken.carried_gpu_s else "",
        made_up if taken.made_up_micros or taken.made_up_gpu_s else "",
        money(row.shortfall_micros),
    )


def what(line: Line) -> str:
    """What was used, in words, with the rows behind it."""
    words = " ".join(filter(None, (line.purpose, line.accelerator, line.region)))
    pool = f"on {line.pool}" if line.pool else ""
    more = f" and {line.rows - len(line.places)} more" if line.rows > len(line.places) else ""
    shown = ", ".join((*line.places, *line.because))
    behind = f"({shown}{more})" if shown else ""
    return " ".join(filter(None, (words, pool, behind)))


def page_of(found: Sequence[Statement], told: Told) -> Page:
    """One page with these statements; with one, its own page."""
    period = period_text(found[0].period) if found else ""
    net = sum(statement.net_micros for statement in found)
    headlines = [
        Headline(money(net), f"{told.currency} net, {'we pay' if net >= 0 else 'we receive'}"),
        Headline(money(sum(row.payable_micros for row in found)), "we owe"),
        Headline(money(sum(row.receivable_micros for row in found)), "they owe"),
    ]
    sections = [
        Section(titled(statement, told.names), tables=_tables(statement, told))
        for statement in found
    ]
    lines = [line for statement in found for line in statement.lines]
    sections.append(rests_on(map(told.provenance.of, lines)))
    if len(found) > 1:
        sections.insert(0, Section("Totals", tables=(summary(found, told),)))
    alone = len(found) == 1
    notes = tuple(n.says for n in told.notes if not alone or n.concerns(found[0]))
    if notes:
        sections.insert(0, Section("Not in these figures", points=(Points("", notes),)))
    return Page(
        title=f"Statement {period}" if alone else f"Statements {period}",
        lead=f"{_between(found[0], told) if alone else told.title}. "
        f"Amounts in {told.currency}; books keep millionths.",
        headlines=tuple(headlines),
        sections=tuple(sections),
        footer="Every line names its clause and rule. The same inputs give the same page.",
    )


def _between(statement: Statement, told: Told) -> str:
    """Who states what to whom: the buyer, the party, and the agreement with its title."""
    buyer, party = told.names.title(BUYER), told.names.titles.get(statement.party, statement.party)
    title = told.agreements.get(statement.agreement, "")
    under = f"{statement.agreement}, {title}" if title else statement.agreement
    return f"{buyer} with {party}: {under}"


def rests_on(origins: Iterable[Origin]) -> Section:
    """What figures rest on, each clause once: its words, its sources, what is assumed in it."""
    found = {origin.key: origin for origin in origins}
    points = tuple(
        Points(
            f"{origin.key}: {origin.says}",
            (
                *(f"Source: {source}" for source in origin.sources),
                *(f"Assumed: {text}" for text in origin.assumed),
            )
            or ("Stated in the portfolio without a source.",),
        )
        for origin in found.values()
    )
    return Section("What the figures rest on", points=points)
