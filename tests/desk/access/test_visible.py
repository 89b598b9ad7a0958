"""Every role on every field of every resource; and that what is hidden shows nowhere."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.access import golden
from desk.access.people import ALPHAS, EVERYBODY, SEALED, example, who
from offtake.desk.access.act import acts_of
from offtake.desk.access.field import RESOURCES
from offtake.desk.access.gist import GISTS
from offtake.desk.access.role import Role
from offtake.desk.access.visible import About, listed, visible
from offtake.desk.access.who import Who

WRITTEN = golden.fields(golden.FIELDS)
WHILE_SEALED = golden.fields(golden.SEALED)
NAMES = sorted(RESOURCES)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", NAMES)
def test_a_role_sees_the_fields_that_are_written_and_no_others(name: str, role: Role) -> None:
    seen = visible(EVERYBODY[role], name, example(name), ALPHAS)

    assert set(seen or ()) == {field for field, roles in WRITTEN[name].items() if role in roles}
    assert seen != {}


def test_every_resource_and_every_field_is_in_both_tables() -> None:
    assert set(WRITTEN) == set(RESOURCES)
    for name, resource in RESOURCES.items():
        assert set(WRITTEN[name]) == set(resource.fields), name


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", sorted(WHILE_SEALED))
def test_until_the_close_a_bid_is_seen_by_its_bidder_alone(name: str, role: Role) -> None:
    told = {"command": {"do": "bid", "price": "$2"}} if name == "journal" else {}
    told = {"kind": "bid_received"} if name == "message" else told
    seen = visible(EVERYBODY[role], name, example(name, **told), SEALED)

    expected = {field for field, roles in WHILE_SEALED[name].items() if role in roles}
    assert set(seen or ()) == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_supplier_sees_nothing_of_what_concerns_another(name: str) -> None:
    if name in ("token", "person"):
        return
    beta = who(Role.SUPPLIER, "beta")

    assert visible(beta, name, example(name), ALPHAS) is None
    assert visible(beta, name, example(name), ALPHAS._replace(opened=False)) is None


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", NAMES)
def test_a_token_without_the_scope_of_a_resource_sees_none_of_it(name: str, role: Role) -> None:
    if RESOURCES[name].act is None:
        return
    token = who(role, token_id="t", scopes=acts_of(["usage.record"]))

    assert visible(token, name, example(name), ALPHAS) is None


def test_a_token_that_may_not_read_offers_sees_a_tender_without_its_bids() -> None:
    token = who(Role.BUYER, token_id="t", scopes=acts_of(["tender.read"]))
    seen = visible(token, "tender", example("tender"), ALPHAS)

    assert seen is not None
    assert seen["bids"] == []


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.SUPPLIER])
def test_who_sees_no_figures_reads_the_gist_of_a_finding(role: Role) -> None:
    says = "alpha was given notice on 2025-04-01 and may answer until 2025-05-01 about $2.50"
    seen = visible(EVERYBODY[role], "finding", example("finding", says=says), ALPHAS)

    assert seen is not None
    assert seen["says"] == GISTS["WindowOpen"]
    assert (seen["reason"], seen["rule"]) == ("WindowOpen", "finding rule")


def test_who_sees_figures_reads_the_whole_sentence() -> None:
    for role in (Role.BUYER, Role.APPROVER, Role.FINANCE, Role.AUDITOR):
        seen = visible(EVERYBODY[role], "finding", example("finding", says="$2.50"), ALPHAS)
        assert seen is not None
        assert seen["says"] == "$2.50"


def test_an_engineer_sees_the_verdict_and_its_reasons_and_no_price() -> None:
    decision = example("decision", verdict="hold", price="2.50 USD")
    seen = visible(EVERYBODY[Role.ENGINEER], "decision", decision)

    assert seen is not None
    assert seen["verdict"] == "hold"
    assert seen["findings"][0]["reason"] == "WindowOpen"
    assert "2.50" not in json.dumps(seen)


def test_a_holder_sees_of_a_decision_only_what_its_own_right_says() -> None:
    theirs = example("finding", holder="beta", reason="ExclusiveToHolder")
    decision = example("decision", verdict="deny", findings=[example("finding"), theirs])
    seen = visible(EVERYBODY[Role.SUPPLIER], "decision", decision, ALPHAS)

    assert seen is not None
    assert [row["holder"] for row in seen["findings"]] == ["alpha"]
    assert set(seen) == {"at", "findings"}


def test_a_bidder_sees_its_own_bid_in_an_open_tender_and_the_buyer_sees_that_there_is_none() -> (
    None
):
    bids = [example("offer"), example("offer", supplier="beta")]
    tender = example("tender", bids=bids, opened=False)

    own = visible(EVERYBODY[Role.SUPPLIER], "tender", tender, ALPHAS)
    buyers = visible(EVERYBODY[Role.BUYER], "tender", tender, ALPHAS)

    assert own is not None
    assert [bid["supplier"] for bid in own["bids"]] == ["alpha"]
    assert buyers is not None
    assert buyers["bids"] == []


def test_a_loser_never_sees_the_offer_that_won() -> None:
    bids = [example("offer"), example("offer", supplier="beta", outcome="won", price="1.23 USD")]
    seen = visible(EVERYBODY[Role.SUPPLIER], "tender", example("tender", bids=bids), ALPHAS)

    assert "1.23" not in json.dumps(seen)
    assert "beta" not in json.dumps(seen)


def test_bids_are_opened_by_what_their_own_tender_says_not_by_another() -> None:
    first = example("tender", opened=True)
    second = example("tender", opened=False)
    requirement = example("requirement", tenders=[first, second])
    seen = visible(EVERYBODY[Role.BUYER], "requirement", requirement, About(opened=True))

    assert seen is not None
    assert [len(tender["bids"]) for tender in seen["tenders"]] == [1, 0]


@pytest.mark.parametrize("opened", [None, "no", 0, 1, "true"])
def test_only_a_plain_yes_opens_bids(opened: object) -> None:
    tender = example("tender", opened=opened)
    seen = visible(EVERYBODY[Role.BUYER], "tender", tender, About(opened=True))

    assert seen is not None
    assert seen["bids"] == []


@pytest.mark.parametrize("command", [None, "bid", {}, {"do": None}, {"do": "bid"}, {"do": []}])
def test_an_entry_of_which_nobody_knows_what_it_is_counts_as_a_sealed_bid(command: object) -> None:
    entry = example("journal", command=command)

    assert visible(EVERYBODY[Role.BUYER], "journal", entry) is None
    assert set(visible(EVERYBODY[Role.AUDITOR], "journal", entry) or ()) == {"seq", "hash"}


def test_everybody_sees_what_is_known_of_oneself_and_never_a_hash() -> None:
    for role, person in EVERYBODY.items():
        own = visible(person, "person", example("person", person=person.id))
        token = visible(person, "token", example("token", who=person.id))
        assert set(own or ()) == set(WRITTEN["person"]), role
        assert set(token or ()) == set(WRITTEN["token"]) - {"hash", "secret"}, role


def test_a_list_counts_what_is_seen_and_keeps_its_order() -> None:
    rows = [
        (example("offer", supplier=party, offer=str(number)), ALPHAS)
        for number, party in enumerate(["alpha", "beta", "alpha", "gamma"])
    ]
    seen = listed(EVERYBODY[Role.SUPPLIER], "offer", rows)

    assert [row["offer"] for row in seen.rows] == ["0", "2"]
    assert seen.total == 2


def test_what_no_table_knows_is_seen_by_nobody() -> None:
    for role, person in EVERYBODY.items():
        for name in NAMES:
            more = {"margin": "SECRET", "status": {"deep": "SECRET"}, "gpus": [{"deep": "SECRET"}]}
            seen = visible(person, name, example(name, **more), ALPHAS)
            assert "SECRET" not in json.dumps(seen), (role, name)


# What follows holds for any data whatever.

SCALARS = (None, True, 0, 7, "", "$2", "alpha", 2.5)


@st.composite
def somebody(draw: st.DrawFn) -> Who:
    alone = [frozenset({role}) for role in Role]
    several = [frozenset({Role.BUYER, Role.APPROVER}), frozenset({Role.ENGINEER, Role.FINANCE})]
    roles = draw(st.sampled_from([*alone, *several]))
    party = draw(st.sampled_from(["alpha", "beta"])) if Role.SUPPLIER in roles else ""
    scopes = draw(st.sampled_from([None, acts_of(["*.read"]), acts_of(["tender.read"])]))
    return Who("u", "U", roles, party, scopes, "" if scopes is None else "t")


def something(chance: Random, name: str) -> dict[str, Any]:
    """Data of a resource, odd or not, with some fields missing and one that nobody knows."""
    resource = RESOURCES[name]
    keys = [key for key in (*resource.fields, "unheard_of") if chance.random() < 0.7]
    data = {key: _value(chance, resource.holds.get(key, "")) for key in keys}
    if resource.own:
        data[resource.own] = chance.choice(["alpha", "beta", "", None])
    if resource.mine:
        data[resource.mine] = chance.choice(["u", "v"])
    if resource.opened:
        data[resource.opened] = chance.choice([True, False])
    if resource.kind_at == "command.do":
        data["command"] = chance.choice([{"do": "bid"}, {"do": "notice"}, None])
    return data


def _value(chance: Random, held: str) -> Any:
    if held and chance.random() < 0.8:
        rows = [something(chance, held) for _ in range(chance.randrange(3))]
        return rows if chance.random() < 0.8 or not rows else rows[0]
    several = [chance.choice(SCALARS) for _ in range(chance.randrange(3))]
    return several if chance.random() < 0.2 else chance.choice(SCALARS)


chances = st.integers(0, 10**9).map(Random)
abouts = st.builds(About, st.frozensets(st.sampled_from(["alpha", "beta"])), opened=st.booleans())


@given(chances, st.sampled_from(NAMES), somebody(), abouts)
def test_looking_twice_shows_the_same(chance: Random, name: str, person: Who, about: About) -> None:
    once = visible(person, name, something(chance, name), about)
    if once is None:
        return

    assert visible(person, name, once, about) == once


@given(chances, st.sampled_from(NAMES), somebody(), abouts)
def test_looking_adds_nothing(chance: Random, name: str, person: Who, about: About) -> None:
    whole = something(chance, name)
    seen = visible(person, name, whole, about)

    _is_part(name, seen or {}, whole)


def _is_part(name: str, seen: dict[str, Any], whole: dict[str, Any]) -> None:
    resource = RESOURCES[name]
    for key, value in seen.items():
        assert key in whole
        held = resource.holds.get(key)
        if held and isinstance(value, list):
            assert len(value) <= len(whole[key])
        elif held and isinstance(value, dict):
            _is_part(held, value, whole[key])
        elif key not in resource.sentences:
            assert value == (list(whole[key]) if isinstance(whole[key], tuple) else whole[key])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("about", [ALPHAS, SEALED, About(frozenset({"beta"}))])
def test_a_secret_in_every_hidden_field_never_shows(name: str, role: Role, about: About) -> None:
    """Every value carries where it stands; what shows must be what its table grants."""
    person = EVERYBODY[role]
    for owner in ("alpha", "beta"):
        data = _planted(name, owner)
        seen = json.dumps(visible(person, name, data, about))
        for path in _paths(name):
            resource_name, _, field = path.rpartition(":")
            if role not in WRITTEN[resource_name.split("/")[-1]][field]:
                assert f"<{path}>" not in seen


def _planted(name: str, owner: str, path: str = "") -> dict[str, Any]:
    resource = RESOURCES[name]
    here = f"{path}{name}"
    data: dict[str, Any] = {field: f"<{here}:{field}>" for field in resource.fields}
    for field, held in resource.holds.items():
        data[field] = [_planted(held, owner, f"{here}/")]
    if resource.own:
        data[resource.own] = owner
    if resource.kind_at == "command.do":
        data["command"] = {"do": "notice", "in": f"<{here}:command>"}
    return data


def _paths(name: str, path: str = "") -> list[str]:
    resource = RESOURCES[name]
    here = f"{path}{name}"
    found = [f"{here}:{field}" for field in resource.fields if field not in resource.holds]
    for held in set(resource.holds.values()):
        found += _paths(held, f"{here}/")
    return found
