"""Which provider signs people on, read from a file: all that is wrong with it, at once."""

import pytest

from offtake.desk.access.origin import Origin
from offtake.desk.access.role import Role
from offtake.desk.access.settings import settings_of
from offtake.desk.reading import Invalid

HERE = Origin("https://desk.example.com")
WHOLE = """
issuer = "https://idp.example.com"
client_id = "offtake"
groups = "realm_access.roles"
scopes = ["openid", "groups"]

[roles]
"capacity" = "buyer"
"board" = "approver"

[suppliers]
"alpha sales" = "alpha"
"""


def test_a_file_says_which_groups_are_which_roles_and_parties() -> None:
    found = settings_of(WHOLE, HERE, "secret")

    assert (found.issuer, found.client_id) == ("https://idp.example.com", "offtake")
    assert found.redirect_uri == "https://desk.example.com/sign-on/back"
    assert found.scopes == ("openid", "groups")
    assert found.mapped.claim == "realm_access.roles"
    assert found.mapped.roles == {"capacity": Role.BUYER, "board": Role.APPROVER}
    assert found.mapped.suppliers == {"alpha sales": "alpha"}
    assert "secret" not in repr(found)


def test_what_is_left_out_is_as_providers_have_it() -> None:
    text = 'issuer = "https://idp.example.com"\nclient_id = "x"\n[suppliers]\n"a" = "alpha"\n'
    found = settings_of(text, HERE, "")

    assert found.scopes == ("openid", "profile", "email")
    assert found.mapped.claim == "groups"
    assert found.client_secret == ""


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("issuer = ", ["file"]),
        ("", ["issuer", "client_id", "roles"]),
        (WHOLE.replace("client_id", "clientid"), ["clientid", "client_id"]),
        (WHOLE.replace("https://idp", "http://idp"), ["issuer"]),
        (WHOLE.replace('"buyer"', '"byer"'), ["roles.capacity"]),
        (WHOLE.replace('"buyer"', '"supplier"'), ["roles.capacity"]),
        (WHOLE.replace('"alpha"', "1"), ["suppliers"]),
        (WHOLE.replace('["openid", "groups"]', '["groups"]'), ["scopes"]),
        (WHOLE.replace('"realm_access.roles"', "3"), ["groups"]),
    ],
)
def test_all_that_is_wrong_is_said_with_a_way_out(text: str, wrong: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        settings_of(text, HERE, "")

    assert [row.field for row in caught.value.wrong] == wrong
    assert all(row.remedy for row in caught.value.wrong)
