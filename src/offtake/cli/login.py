"""Sign on to a desk: its address and your token are kept for the commands that follow.

The token is read from a file or from the standard input, never from the command line, where others
on the machine could see it. It is tried first, and kept in $XDG_CONFIG_HOME/offtake/desk.toml where
nobody else can read it. OFFTAKE_DESK_URL and OFFTAKE_DESK_TOKEN win over what is kept, and flags
over both; a token that is kept goes to no other desk than its own.

examples:
  offtake login https://desk.example.com --token-file token.txt
  pass show offtake | offtake login https://desk.example.com
  offtake login --out                                           # forget it
"""

import argparse

from offtake.cli.client import Client, path_of
from offtake.cli.output import Invalid, print_json
from offtake.cli.profile import Profile, address, forget, keep, token_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("url", nargs="?", metavar="URL", help="the address of the desk")
    parser.add_argument(
        "--token-file", metavar="FILE", default="-", help="the token; standard input if absent"
    )
    parser.add_argument(
        "--insecure", action="store_true", help="plain HTTP to another machine: anybody may listen"
    )
    parser.add_argument("--out", action="store_true", help="forget the desk and the token")


def run(given: argparse.Namespace) -> int:
    """Sign on or off."""
    if given.out:
        return _out(given)
    if given.url is None:
        remedy = "Write `offtake login https://desk.example.com --token-file FILE`."
        raise Invalid("usage", "offtake login", "no desk is named", remedy)
    url = address(given.url, insecure=given.insecure)
    made = Profile(url, token_in(given.token_file), given.insecure)
    with Client(made) as client:
        me = client.get(path_of("me"))
    file = keep(made)
    if given.output == "json":
        print_json({"url": url, "file": str(file), "name": me["name"], "roles": me["roles"]})
    else:
        print(f"signed on to {url} as {me['name']} ({', '.join(me['roles'])})")
    return 0


def _out(given: argparse.Namespace) -> int:
    url = forget()
    if given.output == "json":
        print_json({"url": url or None})
    else:
        print(f"forgot {url}" if url else "nothing was kept")
    return 0
