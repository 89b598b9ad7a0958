"""Every role on every act, and what scopes and tokens make of it."""

import typing

import pytest

from desk.access import golden
from desk.access.people import EVERYBODY, who
from offtake.clauses import KINDS
from offtake.desk import command as say
from offtake.desk.access.act import SIGNED_ON, Act, NoScope, acts_of
from offtake.desk.access.field import RESOURCES
from offtake.desk.access.gist import GISTS, OTHER, gist
from offtake.desk.access.may import MAY, NEEDED, may
from offtake.desk.access.role import Role, misfit
from offtake.desk.access.who import Who

WRITTEN = golden.acts()


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_is_written_and_nothing_else(role: Role, act: Act) -> None:
    assert may(EVERYBODY[role], act) == (role in WRITTEN[act])


def test_every_act_is_in_both_tables() -> None:
    assert set(WRITTEN) == {act.value for act in Act} == {act.value for act in MAY}


def test_an_auditor_reads_and_asks_and_changes_nothing() -> None:
    done = {act for act in Act if may(EVERYBODY[Role.AUDITOR], act)}

    assert {act for act in done if not act.endswith(".read")} == {Act.ASK_DECIDE, Act.TOKENS_OWN}
    business = {act for act in Act if act.endswith(".read")} - {Act.METRICS_READ}
    assert business <= done


def test_who_commits_the_buyer_is_not_who_prepares_it() -> None:
    commits = {Act.AWARD_CONFIRM, Act.ORDER_SIGN, Act.PORTFOLIO_ADOPT}

    assert not any(may(EVERYBODY[Role.BUYER], act) for act in commits)
    assert all(may(EVERYBODY[Role.APPROVER], act) for act in commits)


def test_a_person_of_two_roles_may_do_what_either_may() -> None:
    both = Who("u", "U", frozenset({Role.BUYER, Role.APPROVER}))

    assert may(both, Act.NOTICE_GIVE)
    assert may(both, Act.AWARD_CONFIRM)
    assert not may(both, Act.PEOPLE_MANAGE)


@pytest.mark.parametrize(
    ("roles", "party", "says"),
    [
        ((), "", "there is no role"),
        ((Role.SUPPLIER,), "", "a supplier is of one party, and nobody else is of any"),
        ((Role.BUYER,), "alpha", "a supplier is of one party, and nobody else is of any"),
        ((Role.SUPPLIER, Role.BUYER), "alpha", "the role supplier goes with no other"),
        ((Role.AUDITOR, Role.BUYER), "", "the role auditor goes with no other"),
        ((Role.SUPPLIER,), "alpha", ""),
        ((Role.BUYER, Role.APPROVER, Role.ADMINISTRATOR), "", ""),
    ],
)
def test_roles_fit_together_or_it_is_said_why_not(
    roles: tuple[Role, ...], party: str, says: str
) -> None:
    assert misfit(roles, party) == says


def test_a_token_does_what_its_scopes_and_its_persons_roles_both_allow() -> None:
    token = who(Role.BUYER, token_id="t", scopes=acts_of(["notice.*", "award.confirm"]))

    assert may(token, Act.NOTICE_GIVE)
    assert may(token, Act.NOTICE_READ)
    assert not may(token, Act.REQUIREMENT_SUBMIT)
    assert not may(token, Act.AWARD_CONFIRM)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("act", sorted(SIGNED_ON))
def test_a_token_makes_no_tokens_and_no_people_whoever_has_it(role: Role, act: Act) -> None:
    assert not may(who(role, token_id="t"), act)
    assert not may(who(role, token_id="t", scopes=frozenset(Act)), act)


def test_scopes_name_acts_one_by_one_by_thing_by_verb_or_all() -> None:
    assert acts_of(["tender.bid"]) == {Act.TENDER_BID}
    assert acts_of(["award.*"]) == {Act.AWARD_CONFIRM, Act.AWARD_CANCEL}
    assert acts_of(["*.read"]) == {act for act in Act if act.endswith(".read")}
    assert acts_of(["*"]) == set(Act) - SIGNED_ON
    assert acts_of([]) == set()


@pytest.mark.parametrize(
    "word", ["", "tender", "tender.", ".bid", "*.*", "tender.b", "token.own", "people.manage", "**"]
)
def test_what_names_nothing_that_a_token_can_do_is_no_scope(word: str) -> None:
    with pytest.raises(NoScope):
        acts_of(["tender.bid", word])


def test_every_command_that_people_give_needs_an_act() -> None:
    commands = set(typing.get_args(say.AnyCommand))

    assert set(NEEDED) == commands - {say.Due}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", sorted(RESOURCES))
def test_who_may_read_a_resource_sees_something_of_it_and_nobody_else_does(
    role: Role, name: str
) -> None:
    resource = RESOURCES[name]
    if resource.act is None:
        return
    sees = any(role in roles for roles in resource.fields.values())

    assert sees == (role in MAY[resource.act])


def test_every_reason_has_a_gist_without_figure_or_name() -> None:
    reasons = {finding.reason for kind in KINDS.values() for finding in kind.findings}

    assert set(GISTS) == reasons
    assert not any(sign in text for text in GISTS.values() for sign in "0123456789{}$")
    assert gist("NeverHeardOf") == OTHER
