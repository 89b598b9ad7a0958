"""Permits to run at a desk: GPUs of a pool for a window, drawn on by engines as work starts.

A permit goes by its id, such as p-7. `verify` needs no desk: a permit's document is signed, and
the public key is enough to check it.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offtake.cli.client import FORBIDDEN, STANDS_OTHERWISE, Failed, Sent, path_of
from offtake.cli.columns import PERMITS
from offtake.cli.desk import (
    act_flags,
    client_of,
    done,
    get_flags,
    got,
    list_flags,
    listed,
    print_data,
    show_one,
    whole,
)
from offtake.cli.output import INVALID, Invalid, parsed, problem_row, written_file
from offtake.cli.part import Part
from offtake.cli.profile import profile_flags

if TYPE_CHECKING:
    from offtake.desk.documents.permit import Void
    from offtake.desk.signer import Keys

STATUSES = ("live", "coming", "expired", "revoked", "turned")
CODES = {"no-permit": INVALID, "bad-revocations": INVALID, "not-yet": STANDS_OTHERWISE}
"""Exit codes of documents that permit nothing; of all others the one of what is forbidden."""


def _list_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--status", choices=STATUSES, help="those that stand so")
    list_flags(parser)


def _list(given: argparse.Namespace) -> int:
    return listed(given, path_of("permits"), PERMITS, title="permits", status=given.status)


def _get_flags(parser: argparse.ArgumentParser) -> None:
    get_flags(parser)
    parser.add_argument("--out", metavar="FILE", help="write the signed document there")


def _get(given: argparse.Namespace) -> int:
    if given.out is None:
        return show_one(given, got(given, path_of("permits", given.id)))
    file = written_file(given.out, "--out")
    with client_of(given) as client:
        file.write_text(client.text(path_of("permits", given.id, "document")) + "\n", "ascii")
    return _wrote(given, file)


def _issue_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pool", metavar="POOL", help="of the portfolio, or of an order that came")
    parser.add_argument("--purpose", required=True, metavar="PURPOSE", help="what is run")
    parser.add_argument("--gpus", required=True, metavar="N", help="how many, or '2 MW'")
    parser.add_argument("--start", metavar="DATE", help="when the window begins; now if absent")
    parser.add_argument("--end", metavar="DATE", help="when it ends; an hour later if absent")
    parser.add_argument(
        "--expires", metavar="DATE", help="until when it is drawn on; to the end if absent"
    )
    parser.add_argument("--holder", metavar="ENGINE", help="the only engine that may draw")
    act_flags(parser)


def _issue(given: argparse.Namespace) -> int:
    words = ("pool", "purpose", "gpus", "start", "end", "expires", "holder")
    body = {word: getattr(given, word) for word in words}
    return done(given, Sent("POST", path_of("permits"), body))


def _draw_flags(parser: argparse.ArgumentParser) -> None:
    _draw_key_flags(parser)
    parser.add_argument("--gpus", required=True, metavar="N", help="how many")
    parser.add_argument("--start", metavar="DATE", help="from when on; now if absent")
    parser.add_argument("--end", metavar="DATE", help="until when; to the permit's end if absent")
    act_flags(parser)


def _draw_key_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the id of the permit")
    parser.add_argument("--engine", required=True, metavar="NAME", help="who runs the work")
    parser.add_argument(
        "--draw", required=True, metavar="KEY", help="the engine's own name of the draw, as a job"
    )


def _draw(given: argparse.Namespace) -> int:
    body = {
        "engine": given.engine,
        "key": given.draw,
        "gpus": whole(given.gpus, "--gpus"),
        "start": given.start,
        "end": given.end,
    }
    return done(given, Sent("POST", path_of("permits", given.id, "draws"), body))


def _return_flags(parser: argparse.ArgumentParser) -> None:
    _draw_key_flags(parser)
    parser.add_argument("--gpus", metavar="N", help="how many; all that it holds if absent")
    parser.add_argument("--start", metavar="DATE", help="from when on; now if absent")
    act_flags(parser)


def _return(given: argparse.Namespace) -> int:
    gpus = None if given.gpus is None else whole(given.gpus, "--gpus")
    body = {"engine": given.engine, "key": given.draw, "gpus": gpus, "start": given.start}
    return done(given, Sent("POST", path_of("permits", given.id, "returns"), body))


def _revoke_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the id of the permit")
    parser.add_argument("--why", required=True, help="the reason, for whoever looks back")
    parser.add_argument("--version", metavar="N", help="only if it is as it was seen")
    act_flags(parser)


def _revoke(given: argparse.Namespace) -> int:
    version = None if given.version is None else whole(given.version, "--version")
    body = {"why": given.why, "version": version}
    return done(given, Sent("POST", path_of("permits", given.id, "revoke"), body))


def _out_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, metavar="FILE", help="where it goes")
    profile_flags(parser)


def _keys(given: argparse.Namespace) -> int:
    """Keep the desk's public keys."""
    file = written_file(given.out, "--out")
    with client_of(given) as client:
        text = client.text(path_of("permits", "keys"))
    file.write_text(text + "\n", "ascii")
    return _wrote(given, file)


def _revocations(given: argparse.Namespace) -> int:
    """Keep the list of permits that hold no more."""
    file = written_file(given.out, "--out")
    with client_of(given) as client:
        text = client.text(path_of("permits", "revocations"))
    file.write_text(text + "\n", "ascii")
    return _wrote(given, file)


def _wrote(given: argparse.Namespace, file: Path) -> int:
    if given.output == "table":
        print(f"wrote {file}")
    else:
        print_data(given, {"file": str(file)})
    return 0


def _verify_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the signed document")
    parser.add_argument(
        "--keys", required=True, metavar="FILE", help="the desk's public keys: JWK set or PEM"
    )
    parser.add_argument("--issuer", metavar="URL", help="the desk that must have issued it")
    parser.add_argument("--engine", metavar="NAME", help="who wants to draw on it")
    parser.add_argument("--revocations", metavar="FILE", help="a list that the desk signed")
    parser.add_argument("--at", metavar="DATE", help="the instant it must hold at; now if absent")


def _verify(given: argparse.Namespace) -> int:
    """Check a document without asking anybody."""
    from offtake.desk.documents.permit import Void, checked

    text, keys = _text(given.file, "FILE"), _known_keys(given.keys)
    try:
        claims = checked(text, keys, _wish(given))
    except Void as void:
        raise _failed(given, void) from void
    if given.output == "table":
        _tell(claims, given)
    else:
        print_data(given, {"ok": True, **claims})
    return 0


def _wish(given: argparse.Namespace) -> Any:
    import time

    from offtake.desk.documents.permit import Wish
    from offtake.units.time import parse_instant

    at_s = int(time.time()) if given.at is None else parsed(parse_instant, given.at, "--at")
    told = "" if given.revocations is None else _text(given.revocations, "--revocations")
    return Wish(at_s, (given.issuer or "").rstrip("/"), given.engine or "", told)


def _known_keys(name: str) -> "Keys":
    from offtake.desk.head import NoKey
    from offtake.desk.signer import Keys

    try:
        return Keys(_text(name, "--keys").encode())
    except NoKey as error:
        remedy = "Name what `offtake permit keys` wrote, or the .pub file of the pair."
        raise Invalid("no-key", name, str(error), remedy) from error


def _text(name: str, flag: str) -> str:
    try:
        return Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        says = f"`{name}` cannot be read ({type(error).__name__})"
        raise Invalid("bad-path", flag, says, "Name a file of text.") from error


REMEDIES = {
    "permit-expired": "Ask the desk for another permit.",
    "permit-revoked": "Ask the desk for another permit.",
    "not-permitted": "`offtake permit get ID` says which clause.",
    "forged": "Take the document from the desk once more.",
    "unknown-key": "Take the keys from the desk once more, and see that they are its own.",
    "other-desk": "Ask the desk whose pools these are.",
    "other-engine": "Ask for a permit of your own.",
    "not-yet": "Wait until its window begins.",
    "bad-revocations": "Take a list that the same desk signed after the permit was issued.",
}


def _failed(given: argparse.Namespace, void: "Void") -> Failed:
    remedy = REMEDIES.get(void.code, "Name the document that `offtake permit get` wrote.")
    code = CODES.get(void.code, FORBIDDEN)
    return Failed(code, [problem_row(void.code, given.file, says=str(void), remedy=remedy)])


def _tell(claims: dict[str, Any], given: argparse.Namespace) -> None:
    from offtake.core.explain import one_line
    from offtake.units.time import instant_text

    until, end = instant_text(claims["exp"]), instant_text(claims["end"])
    where = f"{claims['gpus']:,} GPUs of {claims['pool']} for {claims['purpose']}"
    print(one_line(f"{claims['jti']} holds: {where}, drawn on until {until}, run until {end}"))
    print(one_line(f"issued by {claims['iss']} on {instant_text(claims['iat'])}"))
    if given.revocations is None:
        print("compared with no list of revocations: whether it was revoked would not show")


PARTS = {
    "list": Part(
        "the permits, the latest first",
        _list_flags,
        _list,
        ("offtake permit list --status live", "offtake permit list -o ndjson"),
    ),
    "get": Part(
        "one permit with its draws, or its signed document",
        _get_flags,
        _get,
        ("offtake permit get p-7", "offtake permit get p-7 --out p-7.jws"),
    ),
    "issue": Part(
        "permit GPUs of a pool for a window, where the contracts permit the run",
        _issue_flags,
        _issue,
        (
            "offtake permit issue abilene --purpose training --gpus 512 --end 2026-09-01",
            "offtake permit issue abilene --purpose training --gpus 64 --holder slurm",
        ),
    ),
    "draw": Part(
        "take GPUs of a permit; the same draw again is the same draw",
        _draw_flags,
        _draw,
        ("offtake permit draw p-7 --engine slurm --draw job-4711 --gpus 16",),
    ),
    "return": Part(
        "give back what a draw still holds",
        _return_flags,
        _return,
        ("offtake permit return p-7 --engine slurm --draw job-4711",),
    ),
    "revoke": Part(
        "end a permit: nothing more is drawn on it, what was drawn runs on",
        _revoke_flags,
        _revoke,
        ("offtake permit revoke p-7 --why 'the pool is needed for inference'",),
    ),
    "verify": Part(
        "whether a signed document permits something now; asks no desk. Exit code 2 if it is "
        "forged, expired, revoked or another's, 4 if its window has not begun",
        _verify_flags,
        _verify,
        (
            "offtake permit verify p-7.jws --keys desk-keys.json",
            "offtake permit verify p-7.jws --keys desk.key.pub --revocations revoked.jws",
        ),
    ),
    "keys": Part(
        "keep the public keys that a desk signs permits with",
        _out_flags,
        _keys,
        ("offtake permit keys --out desk-keys.json",),
    ),
    "revocations": Part(
        "keep the signed list of permits that hold no more",
        _out_flags,
        _revocations,
        ("offtake permit revocations --out revoked.jws",),
    ),
}
