"""Whole courses of sourcing by chance: small portfolios, needs and modelled suppliers."""

from hypothesis import strategies as st

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.sim.market import Market
from offtake.sim.world import World, world_of
from offtake.units.time import parse_instant

HEAD = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}, gamma: {}}
simulation: {from: 2025-01-01, until: 2027-01-01, tender: 7d}
"""
CLAUSES = (
    "{kind: exclusivity, holder: alpha, purposes: [research]}",
    "{kind: exclusivity, holder: beta, purposes: [training], until: 2025-06-01}",
    "{kind: first_refusal, holder: alpha, window: 20d, partial: yes, minimum_lot: 4%s}",
    "{kind: first_refusal, holder: beta, window: 10d, rank: 2, start_slack: 0d%s}",
    "{kind: first_refusal, holder: gamma, window: 5d, rank: 3, form: matching%s}",
    "{kind: first_refusal, holder: gamma, window: 9d, rank: 4, reoffer_parts: yes%s}",
    "{kind: delivery, supplier: gamma, grace: 5d}",
)
ANSWERS = ("accept", "accept", "refuse", "silence")
MORE = ("", "", ", until: 2025-%s-11", ", negotiation: 9d", ", free_window: 12d", ", partial: yes")
FROM_S, UNTIL_S = parse_instant("2025-01-01"), parse_instant("2027-01-01")


@st.composite
def portfolios(draw: st.DrawFn, *, requirements: int = 3) -> str:
    chosen = sorted(draw(st.sets(st.sampled_from(CLAUSES), max_size=4)))
    busy = draw(st.integers(1, 9))  # The month in which most happens, so that it meets.
    lines = [HEAD, "agreements:", "  A:", "    from: 2024-01-01", "    clauses:"]
    lines += [f"      c{n}: {written(draw, clause, busy)}" for n, clause in enumerate(chosen)]
    if not chosen:
        lines[-1] = "    clauses: {}"
    lines += amendment(draw, chosen, busy)
    lines.append("behaviors:")
    for supplier in ("alpha", "beta", "gamma"):
        spare, lead = draw(st.integers(0, 20)), draw(st.sampled_from(("1d", "40d", "150d")))
        price, late = draw(st.integers(1, 4)), draw(st.sampled_from(("0d", "3d", "9d")))
        answer, part = draw(st.sampled_from(ANSWERS)), draw(st.integers(4, 16))
        lines.append(
            f"  - {{supplier: {supplier}, accelerators: [H100], spare: {spare}, lead: {lead}, "
            f"rate: ${price}, late: {late}, answers: [{{requirement: any, answer: {answer}, "
            f"part: {part}, takes: 4d}}]}}"
        )
    lines.append("requirements:")
    for number in range(draw(st.integers(1, requirements))):
        purpose = draw(st.sampled_from(("research", "training", "inference")))
        lines.append(
            f"  r{number}: {{purpose: {purpose}, size: {draw(st.integers(1, 16))}, "
            f"submitted: 2025-0{draw(months(busy))}-01, from: 2025-10-01, "
            f"until: 2026-10-01, price_limit: $3, smallest_lot: {draw(st.integers(1, 3))}}}"
        )
    return "\n".join(lines)


def months(busy: int) -> st.SearchStrategy[int]:
    return st.one_of(st.just(busy), st.just(busy), st.integers(1, 9))


def written(draw: st.DrawFn, clause: str, busy: int) -> str:
    """A clause with a term more, where it is a first refusal."""
    if "%s" not in clause:
        return clause
    more = draw(st.sampled_from(MORE))
    more = more % f"0{draw(months(busy))}" if "%s" in more else more
    return clause % ("" if "partial" in more and "partial" in clause else more)


def amendment(draw: st.DrawFn, chosen: list[str], busy: int) -> list[str]:
    """Now and then one of the clauses is ended, or replaced, on some day of 2025."""
    if not chosen or draw(st.booleans()):
        return []
    place = draw(st.integers(0, len(chosen) - 1))
    lines = ["    amendments:", "      m:", f"        from: 2025-0{draw(months(busy))}-07"]
    if draw(st.booleans()):
        return [*lines, f"        remove: [c{place}]"]
    return [*lines, "        replace:", f"          c{place}: {written(draw, chosen[place], busy)}"]


def played(data: st.DataObject, *, requirements: int = 3) -> tuple[World, Market]:
    """A market played to the end of two years."""
    portfolio = Portfolio.loads(data.draw(portfolios(requirements=requirements)))
    world = world_of(portfolio, portfolio.under(Regime(id="x")), None, (FROM_S, UNTIL_S))
    market = Market(world)
    while (at_s := market.next_s()) is not None and at_s < UNTIL_S:
        market.play(at_s)
    return world, market
