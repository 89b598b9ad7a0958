"""The bill of a supplier that somebody names, shared by the verbs that read one."""

from pathlib import Path
from typing import TYPE_CHECKING

from offtake.cli.output import Invalid

if TYPE_CHECKING:
    from offtake.contract.portfolio import Portfolio
    from offtake.settle.bill import Bill


def bill_in(named: str, portfolio: "Portfolio") -> "Bill":
    """A bill in the portfolio's currency, or Invalid with all its problems."""
    from offtake.contract.problem import Unreadable
    from offtake.settle.bill import Expected
    from offtake.settle.bills import read_bill

    path = Path(named)
    if not path.is_file():
        raise Invalid("no-file", named, "there is no such file", "Name the file of a bill.")
    try:
        return read_bill(path, Expected(currency=portfolio.document.currency))
    except Unreadable as unreadable:
        raise Invalid.of(unreadable.problems) from unreadable
