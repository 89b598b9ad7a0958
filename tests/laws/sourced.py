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
    "{kind: first_refusal, holder: alpha, window: 20d, partial: yes, minimum_lot: 4}",
    "{kind: first_refusal, holder: beta, window: 10d, rank: 2, start_slack: 0d}",
    "{kind: first_refusal, holder: gamma, window: 5d, rank: 3, form: matching}",
    "{kind: first_refusal, holder: gamma, window: 9d, rank: 4, reoffer_parts: yes}",
    "{kind: delivery, supplier: gamma, grace: 5d}",
)
ANSWERS = ("accept", "refuse", "silence")


@st.composite
def portfolios(draw: st.DrawFn) -> str:
    chosen = draw(st.sets(st.sampled_from(CLAUSES), max_size=4))
    lines = [HEAD, "agreements:", "  A:", "    from: 2024-01-01", "    clauses:"]
    lines += [f"      c{n}: {clause}" for n, clause in enumerate(sorted(chosen))]
    if not chosen:
        lines[-1] = "    clauses: {}"
    lines.append("behaviors:")
    for supplier in ("alpha", "beta", "gamma"):
        spare, lead = draw(st.integers(0, 20)), draw(st.sampled_from(("1d", "40d")))
        price, late = draw(st.integers(1, 3)), draw(st.sampled_from(("0d", "3d", "9d")))
        answer, part = draw(st.sampled_from(ANSWERS)), draw(st.integers(4, 16))
        lines.append(
            f"  - {{supplier: {supplier}, accelerators: [H100], spare: {spare}, lead: {lead}, "
            f"rate: ${price}, late: {late}, answers: [{{requirement: any, answer: {answer}, "
            f"part: {part}, takes: 4d}}]}}"
        )
    lines.append("requirements:")
    for number in range(draw(st.integers(1, 3))):
        purpose = draw(st.sampled_from(("research", "training", "inference")))
        lines.append(
            f"  r{number}: {{purpose: {purpose}, size: {draw(st.integers(1, 16))}, "
            f"submitted: 2025-0{draw(st.integers(1, 9))}-01, from: 2025-10-01, "
            f"until: 2026-10-01, smallest_lot: {draw(st.integers(1, 3))}}}"
        )
    return "\n".join(lines)


def played(data: st.DataObject) -> tuple[World, Market]:
    """A market played to the end of two years."""
    portfolio = Portfolio.loads(data.draw(portfolios()))
    period = (parse_instant("2025-01-01"), parse_instant("2027-01-01"))
    world = world_of(portfolio, portfolio.under(Regime(id="x")), None, period)
    market = Market(world)
    while (at_s := market.next_s()) is not None and at_s < period[1]:
        market.play(at_s)
    return world, market
