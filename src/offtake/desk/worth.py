"""What counts in an award beside the rate: delay, money, and floors not yet filled (S4)."""

from offtake.core.account import Use
from offtake.core.pricing import listed_micros_per_gpu_h
from offtake.core.vocabulary import NONE
from offtake.desk.state import State
from offtake.sim.promised import capacity_held, floor_left
from offtake.sourcing.award import Worth
from offtake.sourcing.requirement import Need
from offtake.supply.pools import sites


def worth(state: State, need: Need, at_s: int) -> Worth:
    """What counts beside the rate: delay, money, and floors that would be billed anyway (S4)."""
    version = state.in_force
    portfolio, clauses = version.portfolio, version.clauses

    def quote(use: Use) -> int:
        rate = listed_micros_per_gpu_h(clauses, portfolio.prices, use)
        return NONE if rate is None else rate

    pools = sites(portfolio.document, portfolio.names)
    held = capacity_held(pools, state.sourcing.orders, quote)
    left = floor_left(clauses, held, need, quote=quote, now_s=at_s)
    return version.worth._replace(floor_left_micros=left)
