"""Who you are at the desk: your name, roles and party, and what you may do there.

examples:
  offtake whoami
  offtake whoami -o json
"""

import argparse

from offtake.cli.client import Client, path_of
from offtake.cli.desk import show_one
from offtake.cli.profile import profile, profile_flags


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    profile_flags(parser)


def run(given: argparse.Namespace) -> int:
    """Ask the desk."""
    desk = profile(given)
    with Client(desk) as client:
        return show_one(given, {"desk": desk.url, **client.get(path_of("me"))})
