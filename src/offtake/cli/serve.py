r"""Serve the desk: requirements, first refusals and tenders, durable and audited, with web pages.

examples:
  offtake serve --demo                              # the built-in example, in the middle of a story
  offtake serve --portfolio portfolio.yaml          # SQLite in ./offtake.db
  offtake serve --db postgresql://desk@db/offtake --origin https://desk.example --host 0.0.0.0
  offtake serve --mail smtp://desk@mail.example --mail-from "Desk <desk@lab.example>"

The first start prints a link that signs the first administrator on, once. A portfolio is adopted
where the desk has none; later ones are proposed and adopted at the desk. Behind a proxy that ends
TLS, say with --origin what people type; over plain HTTP only this machine is served.
Tables of an older version are brought to this one at the start, whole or not at all; a database of
a newer one is left as it is.
With --sign-on people come by your OpenID provider; its client's secret is taken from
$OFFTAKE_SIGN_ON_SECRET. Webhooks are sent where $OFFTAKE_DESK_KEYS holds a key (32 bytes in
base64) that seals their secrets. Permits are signed where --permit-key names a private key, made
with `offtake journal keys`. Webhooks lead to public addresses over https; --reach names
a network of your own that they may lead to besides, and with --plain-http they do without TLS.
Letters are written where --mail names a server: smtp://USER@HOST speaks STARTTLS, smtps:// TLS from
the first byte, smtp+plain:// neither; the password is taken
from $OFFTAKE_MAIL_PASSWORD. --mail-test sends one letter there and stops.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from offtake.cli.output import Invalid, load, problem_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Litestar

    from offtake.desk.access.limit import Rates
    from offtake.desk.access.oidc import Settings
    from offtake.desk.access.origin import Origin
    from offtake.desk.clock import SystemClock
    from offtake.desk.routes.outbox import Post
    from offtake.desk.start import Parts
    from offtake.desk.transport.mail import Server
    from offtake.desk.transport.reach import Reach

FROM_ENVIRONMENT = "OFFTAKE_SIGN_ON_SECRET"
FOR_MAIL = "OFFTAKE_MAIL_PASSWORD"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("--portfolio", metavar="FILE", help="adopt it where the desk has none")
    parser.add_argument(
        "--db", metavar="URL", help="sqlite:///FILE or postgresql://...; offtake.db"
    )
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; this machine only")
    parser.add_argument("--port", type=int, default=8080, help="8080")
    parser.add_argument("--origin", metavar="URL", help="as people type it; http://HOST:PORT")
    parser.add_argument(
        "--sign-on", metavar="FILE", help="the OpenID provider that signs people on, as TOML"
    )
    parser.add_argument(
        "--permit-key", metavar="FILE", help="the private key that permits are signed with"
    )
    parser.add_argument(
        "--per-minute", type=int, default=600, help="requests of a token or session; 600"
    )
    parser.add_argument(
        "--log", choices=("text", "json"), default="text", help="lines for people or for programs"
    )
    hooks = parser.add_argument_group("webhooks")
    hooks.add_argument(
        "--reach",
        metavar="NETWORK",
        action="append",
        default=[],
        help="a network of your own that they may lead to: 10.2.0.0/16; may be said again",
    )
    hooks.add_argument("--plain-http", action="store_true", help="http:// as well as https://")
    mail = parser.add_argument_group("mail")
    mail.add_argument(
        "--mail", metavar="URL", help="smtp://USER@HOST:PORT, smtps:// or smtp+plain://"
    )
    mail.add_argument("--mail-from", metavar="ADDRESS", help="who writes: Desk <desk@lab.example>")
    mail.add_argument(
        "--mail-language", choices=("en", "fr"), default="en", help="of readers who set none; en"
    )
    mail.add_argument("--mail-test", metavar="ADDRESS", help="send one letter there, and stop")
    parser.add_argument("--demo", action="store_true", help="the built-in example, mid-story")


def run(given: argparse.Namespace) -> int:
    """Serve until somebody stops it."""
    if given.demo:
        return _demo(given)
    from offtake.desk.clock import SystemClock
    from offtake.desk.start import Ways, adopt, assembled, parts, signing_permits
    from offtake.desk.tell import ByMail

    clock, mail, reach = SystemClock(), _mail(given), _reach(given)
    if given.mail_test is not None:
        return _tested(mail, given.mail_test)
    by_mail = None if mail is None else ByMail(_origin(given).url(""), given.mail_language)
    signing = None if given.sign_on is None else _signing(given)
    key = None if given.permit_key is None else _permit_key(given.permit_key)
    url, ways = given.db or "sqlite:///offtake.db", Ways(_rates(given), by_mail)
    made = _opened(lambda: parts(url, _origin(given), clock, ways=ways))
    if made.is_new:
        if given.portfolio is None:
            says = "this desk has no portfolio yet"
            raise Invalid("usage", "--portfolio", says, "Name the file to adopt.")
        adopt(made.writer, _text(given.portfolio), f"from {Path(given.portfolio).name}")
    first = made.first_link()
    if first is not None:
        print(f"Sign on as the first administrator, once:\n  {first}", flush=True)
    if key is not None:
        made = signing_permits(made, key)
    post = _posting(made, clock, mail, reach)
    return _listen(assembled(made, clock, post=post, signing=signing), given)


def _permit_key(name: str) -> bytes:
    """The private key that permits are signed with; others must not be able to read it."""
    from offtake.cli.private import read_privately
    from offtake.desk.head import NoKey, signing_key

    try:
        text = read_privately(Path(name)).encode()
        signing_key(text)
    except (OSError, UnicodeDecodeError) as error:
        says = f"{name} cannot be read ({type(error).__name__})"
        raise Invalid("no-file", "--permit-key", says, "Name the file of a key.") from error
    except NoKey as error:
        remedy = "Make one with `offtake journal keys --out desk.key`."
        raise Invalid("no-key", "--permit-key", str(error), remedy) from error
    return text


def _rates(given: argparse.Namespace) -> "Rates":
    """How often somebody may ask."""
    from offtake.desk.access.limit import rates_of

    if given.per_minute < 1:
        remedy = "Write how many requests a minute one token or session may send."
        raise Invalid("bad-value", "--per-minute", "nobody could ask", remedy)
    return rates_of(given.per_minute)


def _mail(given: argparse.Namespace) -> "Server | None":
    """The server that takes letters; its password stands in no argument and no log."""
    from offtake.desk.transport.mail_server import NoServer, server_of

    if given.mail is None:
        if given.mail_from is not None or given.mail_test is not None:
            raise Invalid("usage", "--mail", "is missing", "Name a server: smtp://mail.example.")
        return None
    if given.mail_from is None:
        raise Invalid("usage", "--mail-from", "is missing", "Say who writes: desk@lab.example.")
    try:
        password = os.environ.get(FOR_MAIL, "")
        return server_of(given.mail, sender=given.mail_from, password=password)
    except NoServer as error:
        remedy = f"Write smtp://USER@HOST:587; a password goes into {FOR_MAIL}."
        raise Invalid("bad-value", "--mail", str(error), remedy) from error


def _tested(mail: "Server | None", address: str) -> int:
    """Send one letter, and say what came of it."""
    import asyncio
    import time
    from secrets import token_bytes

    from offtake.desk.message import EMAIL, Letter, message_id, posted
    from offtake.desk.store.outbox import Message
    from offtake.desk.transport.mail import Mail
    from offtake.desk.transport.outcome import Sent

    assert mail is not None, "_mail has seen to it"
    now_s = int(time.time())
    body = posted(Letter(text="This letter shows that the desk can write to you.\n"))
    message = Message(
        message_id(token_bytes), now_s, "test", EMAIL, address, body, "A test of the desk"
    )
    outcome = asyncio.run(Mail(mail).send(message, now_s))
    if not isinstance(outcome, Sent):
        raise Invalid("no-mail", "--mail", outcome.says, "Check host, port, user and password.")
    print(f"Sent to {address}.")
    return 0


def _reach(given: argparse.Namespace) -> "Reach":
    """Where webhooks may lead to."""
    from ipaddress import ip_network

    from offtake.desk.transport.reach import Reach

    try:
        networks = tuple(ip_network(text) for text in given.reach)
    except ValueError as error:
        says = str(error)
        raise Invalid("bad-value", "--reach", says, "Write 10.2.0.0/16, or one address.") from error
    return Reach(("https", "http") if given.plain_http else ("https",), networks)


def _posting(made: "Parts", clock: "SystemClock", mail: "Server | None", reach: "Reach") -> "Post":
    """What sends webhooks and letters.

    Webhooks only if OFFTAKE_DESK_KEYS holds a key that seals their secrets.
    """
    from offtake.desk.seal import BadKey
    from offtake.desk.start import posting

    try:
        return posting(made, clock, os.environ.get("OFFTAKE_DESK_KEYS", ""), reach, mail=mail)
    except BadKey as error:
        remedy = "head -c 32 /dev/urandom | base64"
        raise Invalid("bad-value", "OFFTAKE_DESK_KEYS", str(error), remedy) from error


def _signing(given: argparse.Namespace) -> "Settings":
    """Which provider signs people on; its secret is in no file that others read."""
    from offtake.desk.access.settings import settings_of
    from offtake.desk.reading import Invalid as Wrong

    try:
        text = Path(given.sign_on).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        says = f"{given.sign_on} cannot be read ({type(error).__name__})"
        raise Invalid("no-file", "--sign-on", says, "Name a file of TOML.") from error
    try:
        return settings_of(text, _origin(given), os.environ.get(FROM_ENVIRONMENT, ""))
    except Wrong as error:
        rows = [
            problem_row(
                "bad-setting", f"{given.sign_on}:{row.field}", says=row.says, remedy=row.remedy
            )
            for row in error.wrong
        ]
        raise Invalid.with_rows(rows) from error


def _listen(app: "Litestar", given: argparse.Namespace) -> int:
    """Serve until somebody stops it; what was asked is in no log."""
    from offtake.desk.access.discreet import log_to
    from offtake.desk.serving import server_of, spare_collector

    log_to(sys.stderr, given.log)
    spare_collector()
    server_of(app, app.state.leave, host=given.host, port=given.port).run()
    return 0


def _demo(given: argparse.Namespace) -> int:
    import time
    from tempfile import TemporaryDirectory

    from offtake.cli.demo import example
    from offtake.desk.clock import SystemClock
    from offtake.desk.demo import DemoClock, demo_pages, told
    from offtake.desk.head import pair
    from offtake.desk.start import assembled, parts, signing_permits

    clock = DemoClock(lambda: int(time.time()))
    with TemporaryDirectory() as folder:
        url = given.db or f"sqlite:///{folder}/demo.db"
        made = _opened(lambda: parts(url, _origin(given), clock, wall=SystemClock()))
        told(made, clock, _text(str(example() / "portfolio.yaml")))
        print(f"Open {made.door.origin.url('/demo')} and choose who to be.", flush=True)
        made = signing_permits(made, pair(os.urandom(32)).private)
        return _listen(assembled(made, clock, demo_pages(made, clock)), given)


def _text(path: str) -> str:
    """A portfolio with what it includes, as one text."""
    from offtake.contract.write import write

    return write(load(path).document)


def _origin(given: argparse.Namespace) -> "Origin":
    from offtake.desk.access.origin import NoOrigin, Origin

    text = given.origin or f"http://{given.host}:{given.port}"
    try:
        return Origin(text)
    except NoOrigin as error:
        remedy = "Write what people type, such as https://desk.example."
        raise Invalid("bad-value", "--origin", str(error), remedy) from error


def _opened(make: "Callable[[], Parts]") -> "Parts":
    from offtake.cli.journals import no_address
    from offtake.desk.store.engine import Failure, NoAddress
    from offtake.desk.store.migrate import Newer
    from offtake.desk.writer import Unavailable

    try:
        return make()
    except NoAddress as error:
        raise no_address(error) from error
    except Newer as error:
        remedy = "Update offtake, or serve a copy that was made before."
        raise Invalid("newer-database", "--db", str(error), remedy) from error
    except (Unavailable, Failure) as error:
        says = f"the database cannot be opened ({type(error).__name__})"
        raise Invalid("no-database", "--db", says, "Check its address and rights.") from error
