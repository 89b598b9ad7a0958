"""Money promised for what cannot be taken: the supplier is shut out, or its pools are too small."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from offtake.clauses.take_or_pay import Due
from offtake.contract.counsel.case import (
    Case,
    barring,
    forbid,
    period_text,
    question,
)
from offtake.contract.counsel.price import rate_at
from offtake.contract.lower import list_prices
from offtake.contract.model import Pool
from offtake.contract.problem import Problem
from offtake.core.account import Use
from offtake.core.names import UNSTATED
from offtake.core.scope import concerns
from offtake.core.vocabulary import NONE, Act, BoundClause
from offtake.units.money import SECONDS_PER_HOUR, Rounding, price_of, short
from offtake.units.time import instant_text


def flags(case: Case) -> Iterator[Problem]:
    """Commitments that must end in a shortfall."""
    yield from _shut_out(case)
    for clause in case.of_kind("take_or_pay"):
        yield from _too_high(case, clause)


def _shut_out(case: Case) -> Iterator[Problem]:
    """Money is promised to a supplier whose capacity no purpose may use."""
    heard = case.speaking()
    for clause in case.of_kind("take_or_pay"):
        edges = {clause.from_s, *heard.turns()}
        for at_s in sorted(edge for edge in edges if clause.from_s <= edge < clause.until_s):
            denying = _unusable(heard.at(at_s), clause.terms.supplier, at_s)
            if denying:
                yield case.flag(
                    "commitment-shut-out",
                    case.place(clause),
                    f"{clause.clause_id} commits to pay {case.names.title(clause.terms.supplier)}, "
                    f"whose capacity may be used for nothing from {instant_text(at_s)} on: "
                    f"{forbid(denying)}",
                    "Agree a waiver, or start the commitment when the exclusivity ends.",
                )
                break


def _unusable(case: Case, supplier: int, at_s: int) -> tuple[str, ...]:
    """The clauses by which no purpose may run at a supplier, or be bought where it has nothing."""
    acts = [Act.RUN]
    name = case.names.parties[supplier]
    if case.document.pools and not any(pool.supplier == name for pool in case.document.pools):
        acts.append(Act.SUPPLY)
    for act in acts:
        asks = (
            question(act, supplier=supplier, purpose=purpose, at_s=at_s, spot=spot)
            for purpose in range(len(case.names.purposes))
            for spot in case.spots()
        )
        clauses = barring(case, asks, at_s)
        if clauses:
            return clauses
    return ()


class _Sum(NamedTuple):
    """GPU-seconds and micros, of which a floor states one."""

    gpu_s: int
    micros: int


def _too_high(case: Case, clause: BoundClause) -> Iterator[Problem]:
    """A floor that pools could not take if they were always full, with others to be added."""
    supplier = clause.terms.supplier
    name = case.names.parties[supplier]
    open_to_order = any(item.supplier == name for item in case.document.behaviors)
    if open_to_order or not case.document.pools:
        return  # Capacity is still to be ordered: the pools do not say what can be taken.
    pools = [pool for pool in case.document.pools if _counts(case, clause, pool)]
    for due in clause.terms.dues:
        most = _most(case, pools, due)
        beside, others = _beside(case, clause, due)
        above_time = due.gpu_s != NONE and due.gpu_s + beside.gpu_s > most.gpu_s
        above_money = due.amount_micros != NONE and due.amount_micros + beside.micros > most.micros
        if not above_time and not above_money:
            continue
        currency = case.document.currency
        promised = (
            f"{(due.gpu_s + beside.gpu_s) // SECONDS_PER_HOUR:,} GPU-hours, the pools hold "
            f"{most.gpu_s // SECONDS_PER_HOUR:,}"
            if above_time
            else f"{short(due.amount_micros + beside.micros, currency)}, the pools take "
            f"{short(most.micros, currency)}"
        )
        who = " and ".join((clause.clause_id, *others))
        yield case.flag(
            "floor-above-capacity",
            case.place(clause),
            f"{who} {'promise' if others else 'promises'} {promised} "
            f"{period_text((due.start_s, due.end_s))}",
            "A shortfall is certain: lower the floor, or order the capacity.",
        )
        return


def _beside(case: Case, clause: BoundClause, due: Due) -> tuple[_Sum, list[str]]:
    """What earlier commitments to the same supplier, whose floors are added, claim meanwhile.

    Floors of one agreement with other periods are nested, not added (take_or_pay.md); those in
    another measure or about other things are left out.
    """
    total, others = _Sum(0, 0), []
    earlier = case.of_kind("take_or_pay")
    for other in earlier[: earlier.index(clause)]:
        same = other.terms.supplier == clause.terms.supplier and other.clause != clause.clause
        if not same or other.terms.scope != clause.terms.scope:
            continue
        found = _Sum(0, 0)
        for row in other.terms.dues:
            nested = other.agreement == clause.agreement and row.months != due.months
            inside = min(row.end_s, due.end_s) - max(row.start_s, due.start_s)
            if nested or inside <= 0 or (row.gpu_s == NONE) != (due.gpu_s == NONE):
                continue
            whole = row.end_s - row.start_s
            found = _Sum(
                found.gpu_s + max(row.gpu_s, 0) * inside // whole,
                found.micros + max(row.amount_micros, 0) * inside // whole,
            )
        if found != _Sum(0, 0):
            others.append(other.clause_id)
            total = _Sum(total.gpu_s + found.gpu_s, total.micros + found.micros)
    return total, others


def _counts(case: Case, clause: BoundClause, pool: Pool) -> bool:
    """Whether use of a pool counts towards a commitment."""
    names = case.names
    region = names.regions.index(pool.region) if pool.region else UNSTATED
    supplier, accelerator = clause.terms.supplier, names.accelerators.index(pool.accelerator)
    use = Use(supplier, accelerator, region, UNSTATED, 0, 0, 0)
    return pool.supplier == names.parties[supplier] and concerns(clause.terms.scope, use)


def _most(case: Case, pools: Sequence[Pool], due: Due) -> _Sum:
    """The most GPU-seconds that pools hold in a period, and their price in micros."""
    gpu_s = micros = 0
    for pool in pools:
        watts = case.names.watts_of((pool.accelerator,))
        edges = [max(step.starts, due.start_s) for step in pool.capacity] + [due.end_s]
        held = sum(
            step.size.in_gpus(watts) * max(min(edge, due.end_s) - start, 0)
            for step, start, edge in zip(pool.capacity, edges, edges[1:], strict=False)
        )
        rate = rate_at(case, list_prices(case.document, case.names), pool, UNSTATED, due.start_s)
        if rate is None:
            rate = pool.rate.micros if pool.rate is not None else 0
        gpu_s, micros = gpu_s + held, micros + price_of(held, rate, Rounding.HALF_EVEN)
    return _Sum(gpu_s, micros)
