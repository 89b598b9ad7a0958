"""What a lawyer would want flagged before signing: lawful, but probably not meant."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple

from offtake.contract.in_force import versions
from offtake.contract.lower import list_prices
from offtake.contract.model import Document
from offtake.contract.problem import Place, Problem
from offtake.contract.read import Reading
from offtake.core.account import Use
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS
from offtake.core.names import BUYER, UNSTATED, Names
from offtake.core.pricing import rate_micros_per_gpu_h
from offtake.core.vocabulary import NONE, Act, Ask, BoundClause, Verdict
from offtake.units.money import SECONDS_PER_HOUR, Rounding, price_of, short
from offtake.units.time import DAY_S, FOREVER_S, instant_text

SCOPE = ("purposes", "accelerators", "regions", "suppliers", "assets", "capacity", "acts")


class Case(NamedTuple):
    """A portfolio under advice."""

    reading: Reading
    names: Names
    clauses: tuple[BoundClause, ...]

    @property
    def document(self) -> Document:
        """What is written."""
        return self.reading.document

    def place(self, clause: BoundClause) -> Place:
        """Where a version of a clause is written."""
        for version in versions(self.document):
            if version.clause_id == clause.clause_id and version.from_s == clause.from_s:
                return self.reading.places[version.origin]
        raise AssertionError(clause.clause_id)

    def flag(self, code: str, place: Place, says: str, remedy: str) -> Problem:
        """A matter for a lawyer."""
        return Problem(code, place, says, remedy, grave=False)

    def of_kind(self, name: str) -> list[BoundClause]:
        """The versions of all clauses of a kind."""
        return [clause for clause in self.clauses if clause.kind.name == name]

    def speaking(self) -> "Case":
        """The case with only the clauses that judge an ask; money has no say in that."""
        heard = tuple(c for c in self.clauses if c.kind.rule is not None or c.kind.lifts)
        return self._replace(clauses=heard)

    def at(self, at_s: int) -> "Case":
        """The case with only the clauses that an ask about the day from an instant on meets."""
        met = (c for c in self.clauses if c.from_s < at_s + DAY_S and at_s < c.until_s)
        return self._replace(clauses=tuple(met))

    def turns(self) -> list[int]:
        """The instants at which a clause enters or leaves force."""
        edges = {edge for clause in self.clauses for edge in (clause.from_s, clause.until_s)}
        return sorted(edge for edge in edges if edge < FOREVER_S)


def advise(reading: Reading, names: Names, clauses: Sequence[BoundClause]) -> list[Problem]:
    """All matters worth a look, none of which stops anything."""
    case = Case(reading, names, tuple(clauses))
    checks = (
        _exclusivities,
        _nobody,
        _shut_out,
        _equal_ranks,
        _waivers,
        _floors,
        _unpriced,
    )
    return [problem for check in checks for problem in check(case)]


def overlap(one: BoundClause, other: BoundClause) -> tuple[int, int] | None:
    """When two clauses with scopes concern the same thing; None if they never do.

    Bits of what asks leave open do not count: two lists of accelerators without a common
    one are about different things.
    """
    period = max(one.from_s, other.from_s), min(one.until_s, other.until_s)
    if period[0] >= period[1]:
        return None
    shared = all(
        getattr(one.terms, field) & getattr(other.terms, field) & ~(1 << UNSTATED)
        for field in SCOPE
    )
    return period if shared else None


def _period(period: tuple[int, int]) -> str:
    until = f" until {instant_text(period[1])}" if period[1] < FOREVER_S else " on"
    return f"from {instant_text(period[0])}{until}"


def _exclusivities(case: Case) -> Iterator[Problem]:
    """Two suppliers cannot both be the only one."""
    for one, other in combinations(case.of_kind("exclusivity"), 2):
        period = overlap(one, other)
        if period is None or one.terms.holder == other.terms.holder:
            continue
        later = max(other, one, key=lambda clause: clause.from_s)
        title = case.names.title
        yield case.flag(
            "conflicting-exclusivities",
            case.place(later),
            f"{one.clause_id} makes {title(one.terms.holder)} and {other.clause_id} makes "
            f"{title(other.terms.holder)} the only one for the same matter, {_period(period)}",
            "Narrow one scope, end one, or agree a waiver: meanwhile neither may be chosen.",
        )


def _ask(act: Act, supplier: int, purpose: int, at_s: int) -> Ask:
    return Ask(
        act,
        supplier=supplier,
        purpose=purpose,
        start_s=at_s,
        end_s=at_s + DAY_S,
        own=int(supplier == BUYER),
    )


def _denied(case: Case, ask: Ask, at_s: int) -> tuple[str, ...]:
    """The clauses that deny an ask; none when it is not denied."""
    decision = decide(case.clauses, NO_FACTS, ask, at_s)
    if decision.verdict is not Verdict.DENY:
        return ()
    denying = [item for item in decision.findings if item.finding.verdict is Verdict.DENY]
    return tuple(item.clause.clause_id for item in denying)


def _barring(case: Case, purpose: int, at_s: int) -> tuple[str, ...]:
    """The clauses that together let nobody supply a purpose; none if somebody may."""
    clauses: set[str] = set()
    for supplier in range(len(case.names.parties)):
        denying = _denied(case, _ask(Act.SUPPLY, supplier, purpose, at_s), at_s)
        if not denying:
            return ()
        clauses.update(denying)
    return tuple(sorted(clauses))


def _forbid(clauses: Sequence[str]) -> str:
    return f"{' and '.join(clauses)} {'forbids' if len(clauses) == 1 else 'forbid'} it"


def _nobody(case: Case) -> Iterator[Problem]:
    """A purpose for which every supplier, and building, is denied during some dates."""
    heard = case.speaking()
    barred: dict[int, list[tuple[int, int, tuple[str, ...]]]] = {}
    for from_s, until_s in pairwise([*heard.turns(), FOREVER_S]):
        met = heard.at(from_s)
        for purpose in range(len(case.names.purposes)) if met.clauses else ():
            clauses, spans = _barring(met, purpose, from_s), barred.setdefault(purpose, [])
            if clauses and spans and spans[-1][1:] == (from_s, clauses):
                spans[-1] = (spans[-1][0], until_s, clauses)
            elif clauses:
                spans.append((from_s, until_s, clauses))
    for purpose, spans in barred.items():
        for from_s, until_s, clauses in spans:
            name = case.names.purposes[purpose]
            place = case.place(next(c for c in case.clauses if c.clause_id == clauses[0]))
            yield case.flag(
                "nobody-may-serve",
                place,
                f"nobody may supply {name} {_period((from_s, until_s))}, neither a supplier nor "
                f"the buyer itself: {_forbid(clauses)}",
                "Check the holders, scopes and dates of these clauses, or agree a waiver.",
            )


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
                    f"{_forbid(denying)}",
                    "Agree a waiver, or start the commitment when the exclusivity ends.",
                )
                break


def _unusable(case: Case, supplier: int, at_s: int) -> tuple[str, ...]:
    """The clauses by which no purpose may run at a supplier; none if one may."""
    clauses: set[str] = set()
    for purpose in range(len(case.names.purposes)):
        denying = _denied(case, _ask(Act.RUN, supplier, purpose, at_s), at_s)
        if not denying:
            return ()
        clauses.update(denying)
    return tuple(sorted(clauses))


def _equal_ranks(case: Case) -> Iterator[Problem]:
    """Two holders who must both be asked first."""
    for one, other in combinations(case.of_kind("first_refusal"), 2):
        period = overlap(one, other)
        same = one.terms.rank == other.terms.rank and one.terms.holder != other.terms.holder
        if period is not None and same:
            later = max(other, one, key=lambda clause: clause.from_s)
            yield case.flag(
                "equal-rank",
                case.place(later),
                f"{case.names.title(one.terms.holder)} ({one.clause_id}) and "
                f"{case.names.title(other.terms.holder)} ({other.clause_id}) must both be asked "
                f"first: both have rank {one.terms.rank} for the same matter, {_period(period)}",
                "Write `rank: 2` at the one that is asked second (FR11).",
            )


def _waivers(case: Case) -> Iterator[Problem]:
    """A waiver that never helps anybody."""
    for waiver in case.of_kind("waiver"):
        why = _idle(case, waiver)
        if why:
            yield case.flag(
                "waiver-of-nothing",
                case.place(waiver),
                f"{waiver.clause_id} waives {case.names.clauses[waiver.terms.of]} for "
                f"{case.names.title(waiver.terms.grantee)}, but {why}",
                "Check `of:`, `grantee:`, the dates and the scope.",
            )


def _idle(case: Case, waiver: BoundClause) -> str:
    """Why a waiver has nothing to lift, or nothing."""
    waived = [clause for clause in case.clauses if clause.clause == waiver.terms.of]
    if all(clause.kind.rule is None for clause in waived):
        return f"a clause of kind {waived[0].kind.name} forbids nothing that could be waived"
    meets = [c for c in waived if c.kind.rule is not None and overlap(waiver, c) is not None]
    if not meets:
        return "the two never hold at the same time for the same matter"
    if any(getattr(c.terms, "holder", -1) == waiver.terms.grantee for c in meets):
        return "that is the holder, whom it does not bind"
    return ""


def _floors(case: Case) -> Iterator[Problem]:
    """A floor that the supplier's pools could not take if they were always full."""
    for clause in case.of_kind("take_or_pay"):
        supplier, dues = clause.terms.supplier, clause.terms.dues
        name = case.names.parties[supplier]
        pools = [pool for pool in case.document.pools if pool.supplier == name]
        if not pools or any(item.supplier == name for item in case.document.behaviors):
            continue  # Capacity is still to be ordered: the pools do not say what can be taken.
        for due in dues:
            most = [_most(case, pool, due.start_s, due.end_s) for pool in pools]
            gpu_s, micros = sum(row[0] for row in most), sum(row[1] for row in most)
            above_time = due.gpu_s != NONE and due.gpu_s > gpu_s
            if above_time or (due.amount_micros != NONE and due.amount_micros > micros):
                promised = (
                    f"{due.gpu_s // SECONDS_PER_HOUR:,} GPU-hours, the pools hold "
                    f"{gpu_s // SECONDS_PER_HOUR:,}"
                    if above_time
                    else f"{short(due.amount_micros, case.document.currency)}, the pools take "
                    f"{short(micros, case.document.currency)}"
                )
                yield case.flag(
                    "floor-above-capacity",
                    case.place(clause),
                    f"{clause.clause_id} promises {promised} {_period((due.start_s, due.end_s))}",
                    "A shortfall is certain: lower the floor, or order the capacity.",
                )
                break


def _most(case: Case, pool: Any, start_s: int, end_s: int) -> tuple[int, int]:
    """The most GPU-seconds a pool holds in a period, and their price in micros."""
    watts = case.names.watts_of((pool.accelerator,))
    edges = [max(step.starts, start_s) for step in pool.capacity] + [end_s]
    gpu_s = sum(
        step.size.in_gpus(watts) * max(min(edge, end_s) - start, 0)
        for step, start, edge in zip(pool.capacity, edges, edges[1:], strict=False)
    )
    rate = _rate(case, pool.supplier, pool.accelerator, pool.region, start_s)
    if rate is None:
        rate = pool.rate.micros if pool.rate is not None else 0
    return gpu_s, price_of(gpu_s, rate, Rounding.HALF_EVEN)


def _rate(case: Case, supplier: str, accelerator: str, region: str, at_s: int) -> int | None:
    names = case.names
    use = Use(
        supplier=names.parties.index(supplier),
        accelerator=names.accelerators.index(accelerator),
        region=names.regions.index(region) if region else UNSTATED,
        purpose=UNSTATED,
        gpu_s=0,
        start_s=at_s,
        end_s=at_s,
    )
    rate = rate_micros_per_gpu_h(case.clauses, use)
    if rate is None:
        rate = rate_micros_per_gpu_h(list_prices(case.document, names), use)
    return rate


def _has_history(case: Case, supplier: str) -> bool:
    """Whether a supplier's prices stand in a file, which is not read here."""
    return any(item.price_history and item.supplier == supplier for item in case.document.prices)


def _unpriced(case: Case) -> Iterator[Problem]:
    """Capacity whose use no line would price (RC1)."""
    begins = min((agreement.starts for agreement in case.document.agreements), default=0)
    for pool in case.document.pools:
        if pool.rate is not None or pool.origin == "build" or _has_history(case, pool.supplier):
            continue
        for step in pool.capacity:
            at_s = max(step.starts, begins)
            if _rate(case, pool.supplier, pool.accelerator, pool.region, at_s) is None:
                yield case.flag(
                    "unpriced-capacity",
                    case.reading.places[f"pools.{pool.id}"],
                    f"nothing prices {pool.accelerator} of {pool.supplier} in pool {pool.id} "
                    f"from {instant_text(at_s)} on",
                    "Add a rate card, a line under `prices:`, or a `rate:` on the pool.",
                )
                break
