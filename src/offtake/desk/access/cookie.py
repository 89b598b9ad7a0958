"""Cookies of the desk: of a session, and of a sign-on under way."""

from litestar.datastructures import Cookie

from offtake.desk.access.origin import Origin
from offtake.desk.store.session import SESSION_S, SIGN_ON_S

NAMES = {"session": ("offtake", SESSION_S), "sign_on": ("offtake-sign-on", SIGN_ON_S)}


def name_of(kind: str, origin: Origin) -> str:
    """A cookie's name; browsers take ``__Host-`` from this very host and over HTTPS only."""
    plain, _ = NAMES[kind]
    return f"__Host-{plain}" if origin.is_secure else plain


def cookie(kind: str, value: str, origin: Origin) -> Cookie:
    """A cookie that no script reads and no other site sends along with a change.

    ``lax`` and not ``strict``: whoever follows a link from a mail is signed on, and a provider
    sends people back from another site.
    """
    return Cookie(
        key=name_of(kind, origin),
        value=value,
        max_age=NAMES[kind][1],
        secure=origin.is_secure,
        httponly=True,
        samesite="lax",
    )


def no_cookie(kind: str, origin: Origin) -> Cookie:
    """What makes a browser forget a cookie."""
    gone = cookie(kind, "", origin)
    gone.max_age = 0
    return gone
