"""Print the JSON Schema of portfolio files, for editors that complete and check as you type.

examples:
  offtake schema > portfolio-1.json
"""

import argparse

from offtake.cli.output import print_json


def arguments(parser: argparse.ArgumentParser) -> None:
    """This verb has no flags of its own."""


def run(given: argparse.Namespace) -> int:
    """Print the schema."""
    from offtake.contract.schema import schema

    print_json(schema())
    return 0
