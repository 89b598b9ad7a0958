"""GPUs by pool and window at a desk: awarded, there, permitted, drawn, used and left.

examples:
  offtake ledger
  offtake ledger --pool abilene --from 2026-09-01 --until 2026-12-01 --step 1w
  offtake ledger -o json

A row lasts as long as nothing changes, or as --step says: then what is awarded, there and left is
the least at any instant of it, what is permitted and drawn the most. One ledger is of all engines.
"""

import argparse

from offtake.cli.client import path_of
from offtake.cli.columns import LEDGER
from offtake.cli.desk import list_flags, listed


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("--pool", metavar="POOL", help="of one pool; of all if absent")
    parser.add_argument("--from", dest="since", metavar="DATE", help="from when on; now if absent")
    parser.add_argument("--until", metavar="DATE", help="until when; to the last that is known")
    parser.add_argument("--step", metavar="LENGTH", help="how long a row lasts, such as 1d")
    list_flags(parser)


def run(given: argparse.Namespace) -> int:
    """Ask the desk."""
    asked = {
        "pool": given.pool,
        "from": given.since,
        "until": given.until,
        "step": given.step,
    }
    return listed(given, path_of("ledger"), LEDGER, title="ledger", **asked)
