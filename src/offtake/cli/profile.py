"""Which desk, and by which token: flags win over the environment, and that over what was kept.

A token goes to the desk it was kept for and to no other; over plain HTTP only to this machine.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from offtake.cli.output import Invalid
from offtake.cli.private import read_privately, written_privately

URL, TOKEN = "OFFTAKE_DESK_URL", "OFFTAKE_DESK_TOKEN"
SIGN_ON = "Run `offtake login URL --token-file FILE`."


class Profile(NamedTuple):
    """A desk and what to show at its door; ``token`` may be empty where none is needed."""

    url: str
    token: str = ""
    insecure: bool = False


def profile_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that say which desk."""
    desk = parser.add_argument_group("desk")
    desk.add_argument("--desk", metavar="URL", help=f"the desk; else ${URL}, else as signed on to")
    desk.add_argument("--token-file", metavar="FILE", help=f"a file with a token; else ${TOKEN}")
    desk.add_argument(
        "--insecure", action="store_true", help="plain HTTP to another machine: anybody may listen"
    )


def profile(given: argparse.Namespace) -> Profile:
    """The desk and the token that a command is for.

    Raises:
        Invalid: No desk is known, or its address cannot be used.
    """
    kept = read(kept_at())
    told = given.desk or os.environ.get(URL) or kept.get("url")
    if not told:
        raise Invalid("no-desk", "--desk", "no desk is named", SIGN_ON)
    insecure = given.insecure or bool(kept.get("insecure") and told == kept.get("url"))
    url = address(told, insecure=insecure)
    if given.token_file is not None:
        return Profile(url, token_in(given.token_file), insecure)
    token = os.environ.get(TOKEN)
    if not token and kept.get("url") == url:
        token = str(kept.get("token", ""))
    return Profile(url, checked(token, f"${TOKEN}") if token else "", insecure)


def address(url: str, *, insecure: bool = False) -> str:
    """The address of a desk as it is used and kept.

    Raises:
        Invalid: It is none, or leads over plain HTTP to another machine.
    """
    from urllib.parse import urlsplit

    remedy = "Write `https://desk.example.com`."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid("bad-url", "URL", f"`{url}` is no address: {error}", remedy) from error
    if parts.scheme not in ("https", "http") or not host or parts.query or parts.fragment:
        raise Invalid("bad-url", "URL", f"`{url}` is no address of a desk", remedy)
    if parts.username is not None:
        says = "an address holds no password"
        raise Invalid("bad-url", "URL", says, "Leave it out; a token is read from a file.")
    if parts.scheme == "http" and not insecure and not _is_here(host):
        says = f"`{url}` is plain HTTP to another machine: whoever listens could use the token"
        raise Invalid("plain-http", "URL", says, "Write https://, or add --insecure.")
    return url.rstrip("/")


def _is_here(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def kept_at() -> Path:
    """The file in which a desk and a token are kept."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()
    return Path(home) / "offtake" / "desk.toml"


def read(file: Path) -> dict[str, Any]:
    """What is kept; nothing where there is no file.

    Raises:
        Invalid: Others may read it, or it is not ours.
    """
    import tomllib

    remedy = "Sign on again, or remove the file."
    try:
        return tomllib.loads(read_privately(file))
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise Invalid("bad-file", str(file), f"cannot be read: {error}", remedy) from error


def keep(made: Profile) -> Path:
    """Keep a desk and a token where only you can read them; the file."""
    file = kept_at()
    rows: Mapping[str, str | bool] = {"url": made.url, "token": made.token}
    if made.insecure:
        rows = {**rows, "insecure": True}
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in rows.items())
    written_privately(file, text)
    return file


def forget() -> str:
    """Forget the desk and the token; the address that was kept, empty where none was."""
    file = kept_at()
    try:
        url = str(read(file).get("url", ""))
    except Invalid:
        url = str(file)  # Whatever it is: it is to go.
    file.unlink(missing_ok=True)
    return url


def token_in(name: str) -> str:
    """The token in a file; ``-`` is the standard input.

    Raises:
        Invalid: The file cannot be read, or holds no token.
    """
    if name == "-":
        return checked(_standard_input(), "standard input")
    try:
        return checked(Path(name).read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        says = f"`{name}` cannot be read: {error}"
        raise Invalid("bad-path", "--token-file", says, "Name a file with a token.") from error


def _standard_input() -> str:
    if sys.stdin is None:
        return ""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass("token: ")
    return sys.stdin.read()


def checked(text: str, place: str) -> str:
    """A token without the space around it.

    Raises:
        Invalid: It is none.
    """
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        says = "holds no token: one word is expected"
        raise Invalid("bad-token", place, says, "Ask your administrator for a token.")
    return token
