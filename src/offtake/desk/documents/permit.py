"""A permit as a signed document that anybody can check without the desk, and the list of revoked.

The claims are in docs/reference/permit.md. What a document cannot know is what happened after it
was signed: a list of revocations, as young as the verifier wants it, says that.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from offtake.desk.signer import Forged, Keys
from offtake.units.time import FOREVER_S, instant_text

PERMIT, REVOCATIONS = "offtake-permit+jws", "offtake-revocations+jws"
"""What a document says it is (``typ``)."""
FIGURES = ("iat", "nbf", "exp", "end", "gpus")
TEXTS = ("iss", "jti", "pool", "purpose")


class Void(ValueError):
    """A document that permits nothing now; ``code`` says why to programs."""

    def __init__(self, code: str, says: str) -> None:
        self.code = code
        super().__init__(says)


class Wish(NamedTuple):
    """What a document must hold for: at an instant, from a desk, for an engine; "": any.

    ``at_s`` is the verifier's own clock; ``revocations`` is a signed list, "" for none.
    """

    at_s: int
    issuer: str = ""
    engine: str = ""
    revocations: str = ""


def checked(text: str, keys: Keys, wish: Wish) -> dict[str, Any]:
    """The claims of a permit's document, if it was signed with the keys and holds now.

    Raises:
        Void: It does not; it says why.
    """
    claims = _opened(text, keys, PERMIT)
    wrong = [key for key in FIGURES if type(claims.get(key)) is not int]
    wrong += [key for key in TEXTS if type(claims.get(key)) is not str]
    if wrong:
        raise Void("no-permit", f"lacks {', '.join(wrong)}")
    if wish.issuer and claims["iss"] != wish.issuer:
        raise Void("other-desk", f"was issued by {claims['iss']}, not by {wish.issuer}")
    holder = claims.get("holder") or ""
    if wish.engine and holder and wish.engine != holder:
        raise Void("other-engine", f"is for {holder}, not for {wish.engine}")
    if wish.revocations:
        _not_revoked(claims, _opened(wish.revocations, keys, REVOCATIONS))
    if wish.at_s >= claims["exp"]:
        raise Void("permit-expired", f"expired on {_date(claims['exp'])}")
    if wish.at_s < claims["nbf"]:
        raise Void("not-yet", f"begins on {_date(claims['nbf'])}")
    return claims


def _date(at_s: int) -> str:
    return instant_text(at_s) if 0 <= at_s < FOREVER_S else str(at_s)


def _opened(text: str, keys: Keys, kind: str) -> dict[str, Any]:
    try:
        return keys.opened(text, kind)
    except Forged as error:
        if kind == REVOCATIONS:
            raise Void("bad-revocations", f"the list of revocations {error}") from error
        raise Void(error.code, str(error)) from error


def _not_revoked(claims: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    """Go on only if a list does not name the permit.

    Raises:
        Void: It does, or it is the list of another desk or older than the permit.
    """
    revoked = told.get("revoked")
    if told.get("iss") != claims["iss"] or not isinstance(revoked, dict):
        raise Void("bad-revocations", "the list of revocations is another desk's")
    if type(told.get("iat")) is not int or told["iat"] < claims["iat"]:
        raise Void("bad-revocations", "the list of revocations is older than the permit")
    row = revoked.get(claims["jti"])
    if row is not None:
        why = row.get("reason") if isinstance(row, dict) else None
        if why == "not-permitted":
            raise Void("not-permitted", "a clause permits it no more")
        raise Void("permit-revoked", "was revoked")


def list_of(rows: Sequence[tuple[str, str, int]], at_s: int) -> dict[str, Any]:
    """The claims of a list of revocations: (permit, reason, since when)."""
    revoked = {name: {"reason": reason, "at": since_s} for name, reason, since_s in rows}
    return {"iat": at_s, "revoked": revoked}
