"""Statements as data: JSON that reads back, and columns for tables."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO, StringIO
from typing import Any

from offtake.core.vocabulary import NONE
from offtake.settle.period import period_text
from offtake.settle.provenance import Provenance
from offtake.settle.statement import Line, Statement
from offtake.units.money import plain
from offtake.units.time import instant_text, parse_instant

TEXTS = ("agreement", "party", "clause", "rule", "kind", "accelerator", "region", "purpose", "pool")


def line_data(line: Line) -> dict[str, Any]:
    """A line as JSON; amounts are whole micro-units and, for reading, decimal text."""
    return {
        **{name: getattr(line, name) for name in TEXTS},
        "start": instant_text(line.start_s),
        "end": instant_text(line.end_s),
        "gpu_s": line.gpu_s,
        "rate_micros_per_gpu_h": line.rate_micros_per_gpu_h,
        "amount_micros": line.amount_micros,
        "amount": plain(line.amount_micros),
        "rows": line.rows,
        "places": list(line.places),
        "because": list(line.because),
        "due": None if line.due_s == NONE else instant_text(line.due_s),
    }


def line_of(row: Mapping[str, Any]) -> Line:
    """The line of its JSON.

    Raises:
        KeyError, TypeError, ValueError: It is not such a line.
    """
    numbers: dict[str, Any] = {name: row[name] for name in ("gpu_s", "amount_micros", "rows")}
    if not all(isinstance(number, int) for number in numbers.values()):
        raise ValueError("amounts and quantities are whole numbers")
    texts: dict[str, Any] = {name: str(row[name]) for name in TEXTS}
    return Line(
        **texts,
        start_s=parse_instant(row["start"]),
        end_s=parse_instant(row["end"]),
        places=tuple(map(str, row["places"])),
        because=tuple(map(str, row.get("because", ()))),
        due_s=parse_instant(row["due"]) if row.get("due") else NONE,
        **numbers,
    )


def statement_data(statement: Statement, provenance: Provenance) -> dict[str, Any]:
    """A statement as JSON, with what each of its lines rests on."""
    origins = {origin.key: origin for origin in map(provenance.of, statement.lines)}
    return {
        "agreement": statement.agreement,
        "party": statement.party,
        "period": period_text(statement.period),
        "payable_micros": statement.payable_micros,
        "receivable_micros": statement.receivable_micros,
        "net_micros": statement.net_micros,
        "lines": [line_data(line) for line in statement.lines],
        "rests_on": [
            {
                "clause": origin.key,
                "says": origin.says,
                "sources": list(origin.sources),
                "assumed": list(origin.assumed),
            }
            for origin in origins.values()
        ],
    }


def lines_csv(lines: Iterable[Line]) -> bytes:
    """All lines as CSV."""
    import csv

    rows = [line_data(line) for line in lines]
    text = StringIO()
    columns = [name for name in line_data(_EMPTY) if name not in ("places", "because", "due")]
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def lines_parquet(lines: Sequence[Line]) -> bytes:
    """All lines as Parquet: texts, whole micro-units, instants in UTC."""
    import pyarrow as pa
    from pyarrow import parquet

    columns: dict[str, Any] = {
        name: pa.array([getattr(line, name) for line in lines], pa.string()) for name in TEXTS
    }
    for name in ("start_s", "end_s"):
        instants = [getattr(line, name) for line in lines]
        columns[name.removesuffix("_s")] = pa.array(instants, pa.timestamp("s", "UTC"))
    for name in ("gpu_s", "amount_micros", "rows"):
        columns[name] = pa.array([getattr(line, name) for line in lines], pa.int64())
    out = BytesIO()
    parquet.write_table(pa.table(columns), out, compression="zstd")
    return out.getvalue()


_EMPTY = Line("", "", "", "", "", 0, 0, 0, 0)
