"""Which provider signs people on, read from TOML: who is it, and which groups are which roles."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from offtake.contract.problem import nearest
from offtake.desk.access.claim import Mapped
from offtake.desk.access.oidc import NoIssuer, Settings
from offtake.desk.access.origin import Origin
from offtake.desk.access.role import Role
from offtake.desk.reading import Invalid, Wrong

BACK = "/sign-on/back"
"""Where the provider sends people back to: register it there."""
KEYS = ("issuer", "client_id", "groups", "scopes", "roles", "suppliers")
GIVEN = tuple(role.value for role in Role if role is not Role.SUPPLIER)


def settings_of(text: str, origin: Origin, secret: str) -> Settings:
    """The settings of a text; the client's secret comes from elsewhere, and may be empty.

    Raises:
        Invalid: All that is wrong with it.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(
            [Wrong("file", f"is no TOML: {error}", "See docs/reference/access.md.")]
        ) from error
    wrong = [*_wrong(told), *_unmapped(told)]
    if wrong:
        raise Invalid(wrong)
    roles = {group: Role(role) for group, role in told.get("roles", {}).items()}
    try:
        return Settings(
            issuer=told["issuer"],
            client_id=told["client_id"],
            client_secret=secret,
            redirect_uri=origin.url(BACK),
            scopes=tuple(told.get("scopes", ("openid", "profile", "email"))),
            mapped=Mapped(
                claim=told.get("groups", "groups"), roles=roles, suppliers=told.get("suppliers", {})
            ),
        )
    except NoIssuer as error:
        raise Invalid([Wrong("issuer", str(error), "Write `https://idp.example.com`.")]) from error


def _wrong(told: Mapping[str, Any]) -> Iterator[Wrong]:
    for key in told:
        if key not in KEYS:
            yield Wrong(key, "is no setting", nearest(key, KEYS))
    for key in ("issuer", "client_id"):
        if not isinstance(told.get(key), str):
            yield Wrong(key, "is missing, or no text", f'Write `{key} = "..."`.')
    if not isinstance(told.get("groups", ""), str):
        yield Wrong("groups", "is no text", 'Name the claim: `groups = "groups"`.')
    scopes = told.get("scopes", ["openid"])
    if not isinstance(scopes, list) or "openid" not in scopes:
        yield Wrong("scopes", "is no list with `openid`", 'Write `scopes = ["openid"]`.')
    for key in ("roles", "suppliers"):
        rows = told.get(key, {})
        if not isinstance(rows, dict) or not all(isinstance(word, str) for word in rows.values()):
            yield Wrong(key, "is no table of texts", f'Write `[{key}]`, then `"group" = "..."`.')


def _unmapped(told: Mapping[str, Any]) -> Iterator[Wrong]:
    roles, suppliers = (told.get(key) for key in ("roles", "suppliers"))
    for group, role in roles.items() if isinstance(roles, dict) else ():
        if role not in GIVEN:
            remedy = "Write its party below `[suppliers]`." if role == "supplier" else ""
            yield Wrong(
                f"roles.{group}", f"`{role}` is no role", remedy or nearest(str(role), GIVEN)
            )
    if not roles and not suppliers:
        yield Wrong("roles", "is missing: nobody could sign on", 'Write `"buyers" = "buyer"`.')
