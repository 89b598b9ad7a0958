"""Commitments' standing at an instant, with what is written about it."""

import json
from collections.abc import Sequence
from typing import Any

from offtake.contract.portfolio import Portfolio
from offtake.core.explain import data as decision_data
from offtake.core.vocabulary import NONE, BoundClause
from offtake.report.commitments_page import Seen, page_of
from offtake.report.statement_page import Told
from offtake.settle.move import Move, moves
from offtake.settle.provenance import Provenance
from offtake.settle.standing import Standing, outlook
from offtake.settle.used import Used
from offtake.units.time import instant_text


def seen_of(
    portfolio: Portfolio,
    clauses: Sequence[BoundClause],
    use: tuple[Used, Used | None],
    at_s: int,
) -> Seen:
    """Where commitments stand, from what was used and what is planned."""
    used, plan = use
    found = outlook(portfolio, clauses, used, at_s, plan)
    helpful = [move for row in found.standings for move in moves(portfolio, clauses, found, row)]
    document = portfolio.document
    title = document.title or "Portfolio"
    told = Told(title, document.currency, portfolio.names, Provenance(document))
    return Seen(at_s, found.standings, tuple(helpful), told)


def data_of(seen: Seen) -> dict[str, Any]:
    """The standing as JSON (docs/reference/settlement.md)."""
    return {
        "at": instant_text(seen.at_s),
        "currency": seen.told.currency,
        "commitments": [_standing(row, seen) for row in seen.standings],
        "moves": [_move(move, seen) for move in seen.moves],
    }


def _standing(row: Standing, seen: Seen) -> dict[str, Any]:
    unit = "gpu_s" if row.in_time else "micros"
    origin = seen.told.provenance.of_clause(row.clause.clause_id, seen.at_s + 1)
    return {
        "clause": row.clause.clause_id,
        "supplier": seen.told.names.parties[row.supplier],
        "start": instant_text(row.start_s),
        "end": instant_text(row.end_s),
        "unit": unit,
        "floor": row.floor,
        "taken": row.taken,
        "left": row.left,
        "undelivered_gpu_s": row.undelivered_gpu_s,
        "known_from_its_start": row.known,
        "forecast": row.forecast,
        "planned": None if row.planned == NONE else row.planned,
        "shortfall_micros": row.shortfall_micros,
        "planned_shortfall_micros": None if row.planned == NONE else row.planned_shortfall_micros,
        "alerts": [
            {
                "percent": one.percent,
                "at": None if one.at_s == NONE else instant_text(one.at_s),
                "expected": one.expected,
            }
            for one in row.alerts
        ],
        "course": [{"at": instant_text(at_s), "taken": taken} for at_s, taken in row.course],
        "sources": list(origin.sources),
        "assumed": list(origin.assumed),
    }


def _move(move: Move, seen: Seen) -> dict[str, Any]:
    names = seen.told.names
    purpose = names.purposes[move.purpose] if move.purpose < len(names.purposes) else None
    return {
        "clause": move.standing.clause.clause_id,
        "purpose": purpose,
        "accelerator": names.accelerators[move.accelerator],
        "from_supplier": names.parties[move.from_supplier],
        "from_pool": move.from_pool or None,
        "to_pool": move.to_pool,
        "gpu_s": move.gpu_s,
        "free_gpu_s": move.free_gpu_s,
        "saves_micros": move.saves_micros,
        "decision": decision_data(move.decision, names),
    }


def files_of(seen: Seen) -> dict[str, bytes]:
    """The files of a result folder, by name."""
    from offtake.report.page import render
    from offtake.report.pdf import pdf

    page = page_of(seen)
    return {
        "index.html": render(page).encode(),
        "commitments.pdf": pdf(page, seen.at_s),
        "commitments.json": (json.dumps(data_of(seen), indent=2) + "\n").encode(),
    }
