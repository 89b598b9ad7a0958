"""Permits over HTTP: who may do what, what is answered, and documents that need no desk."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk.permitting import DRAW, KEYS, PORTFOLIO, WANTED, permitting
from desk.served import ORIGIN, PEOPLE, Desk
from offtake.desk.documents.permit import Void, Wish, checked
from offtake.desk.head import NoKey, pair
from offtake.desk.signer import Keys, Signer
from offtake.units.time import parse_instant

KNOWN = Keys(KEYS.public)
DAY = parse_instant("2025-03-02")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with permitting(f"sqlite:///{tmp_path / 'desk.db'}") as made:
        yield made


def problem(answer: Any) -> str:
    assert answer.status_code == 409, answer.text
    return str(answer.json()["type"]).removeprefix("urn:offtake:")


def test_a_permit_goes_from_its_issue_to_its_end(desk: Desk) -> None:
    made = desk.done("buyer", "/v1/permits", WANTED)
    assert made == {
        "at": "2025-03-01",
        "happened": ["permit_issued"],
        "orders": [],
        "permit": "p-1",
        "version": 1,
        "requirement": None,
        "waiver": None,
    }
    drawn = desk.done("engineer", "/v1/permits/p-1/draws", DRAW)
    assert desk.done("engineer", "/v1/permits/p-1/draws", DRAW) == drawn
    assert problem(desk("engineer", "POST", "/v1/permits/p-1/draws", {**DRAW, "gpus": 41})) == (
        "draw-key-used"
    )
    desk.clock.set("2025-03-03")
    seen = desk("engineer", "GET", "/v1/permits/p-1").json()
    assert (seen["status"], seen["left_gpus"], seen["version"]) == ("live", 20, 2)
    assert seen["decision"]["verdict"] == "permit"
    assert [(row["key"], row["held_gpus"]) for row in seen["draws"]] == [("job-1", 40)]
    back = {"engine": "slurm", "key": "job-1"}
    desk.done("engineer", "/v1/permits/p-1/returns", back)
    stale = {"why": "moved", "version": 2}
    assert problem(desk("buyer", "POST", "/v1/permits/p-1/revoke", stale)) == "stale"
    desk.done("approver", "/v1/permits/p-1/revoke", {"why": "moved"})
    seen = desk("auditor", "GET", "/v1/permits/p-1").json()
    assert (seen["status"], seen["why"], seen["left_gpu_s"]) == ("revoked", "moved", 0)
    assert seen["drawn_gpu_s"] == 40 * 2 * 86_400
    assert desk("finance", "GET", "/v1/permits?status=live").json() == {"items": []}
    assert len(desk("finance", "GET", "/v1/permits?status=revoked").json()["items"]) == 1


def test_a_retry_under_its_key_is_answered_alike(desk: Desk) -> None:
    key = {"idempotency-key": "k"}
    first, again = (desk("buyer", "POST", "/v1/permits", WANTED, **key) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    other = desk("buyer", "POST", "/v1/permits", {**WANTED, "gpus": 1}, **key)
    assert problem(other) == "idempotency-key-conflict"


MAY = {
    "/v1/permits": ({"buyer", "engineer"}, WANTED),
    "/v1/permits/p-1/draws": ({"engineer"}, DRAW),
    "/v1/permits/p-1/returns": ({"engineer"}, {"engine": "slurm", "key": "job-1"}),
    "/v1/permits/p-1/revoke": ({"buyer", "approver", "engineer"}, {"why": "x"}),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_each_role_does_what_is_its_own_and_a_supplier_sees_nothing(desk: Desk, who: str) -> None:
    desk.done("buyer", "/v1/permits", WANTED)
    desk.done("engineer", "/v1/permits/p-1/draws", DRAW)
    for path, (roles, body) in MAY.items():
        status = desk(who, "POST", path, body).status_code
        assert (status == 403) == (who not in roles), (path, status)
    reads = who in ("buyer", "approver", "engineer", "finance", "auditor")
    for path in ("", "/p-1", "/p-1/document", "/revocations"):
        answer = desk(who, "GET", f"/v1/permits{path}")
        assert answer.status_code == (200 if reads else 403), path
        if reads and path == "/p-1":
            assert ("price" in answer.json()) == (who != "engineer")
            assert answer.json()["draws"]
    assert desk(who, "GET", "/v1/permits/keys").status_code == 200


def test_nobody_learns_whether_a_permit_is_there_by_a_name_that_is_none(desk: Desk) -> None:
    for name in ("p-1", "p-0", "p-99", "x", "p-01"):
        for path in ("", "/document"):
            assert desk("buyer", "GET", f"/v1/permits/{name}{path}").status_code == 404
        assert desk("engineer", "POST", f"/v1/permits/{name}/draws", DRAW).status_code == 404


def test_an_engineer_reads_which_clause_refuses_and_no_figure_of_it(desk: Desk) -> None:
    answer = desk("engineer", "POST", "/v1/permits", {**WANTED, "pool": "east", "purpose": "api"})
    assert problem(answer) == "not-permitted"
    assert answer.json()["detail"] == "A/api-only denies it on 2025-03-01 (EX3, ExclusiveToHolder)"


def document(desk: Desk, **words: Any) -> str:
    made = desk.done("buyer", "/v1/permits", {**WANTED, **words})
    answer = desk("engineer", "GET", f"/v1/permits/{made['permit']}/document")
    assert answer.headers["content-type"] == "application/jose"
    return str(answer.text)


def code(text: str, keys: Keys = KNOWN, **wish: Any) -> str:
    """What is wrong with a document; empty if nothing is."""
    try:
        checked(text, keys, Wish(**{"at_s": DAY, **wish}))
    except Void as void:
        return void.code
    return ""


def test_a_document_is_checked_with_the_public_key_alone(desk: Desk) -> None:
    text = document(desk, holder="slurm", expires="2025-03-10", start="2025-03-02")
    assert checked(text, KNOWN, Wish(DAY, ORIGIN.text, "slurm")) == {
        "iss": "http://127.0.0.1:8000",
        "jti": "p-1",
        "iat": parse_instant("2025-03-01"),
        "nbf": DAY,
        "exp": parse_instant("2025-03-10"),
        "end": parse_instant("2025-03-12"),
        "gpus": 60,
        "pool": "west",
        "supplier": "alpha",
        "purpose": "training",
        "accelerator": "H100",
        "region": None,
        "holder": "slurm",
    }
    served = Keys(desk("", "GET", "/v1/permits/keys").content)
    assert code(text, served) == ""
    assert code(text, at_s=DAY - 1) == "not-yet"
    assert code(text, at_s=parse_instant("2025-03-10")) == "permit-expired"
    assert code(text, engine="k8s") == "other-engine"
    assert code(text, issuer="https://other.example") == "other-desk"
    assert code(text, Keys(pair(b"o" * 32).public)) == "unknown-key"


def test_a_document_that_was_changed_or_made_up_is_told(desk: Desk) -> None:
    text = document(desk)
    head, body, sign = text.split(".")
    other = document(desk, gpus=1)
    assert code(".".join((head, other.split(".")[1], sign))) == "forged"
    assert code(".".join((head, body, sign[::-1]))) in ("forged", "no-permit")
    assert code(f"{head}.{body}.") == "forged"
    for made_up in ("", "x", "..", "a.b.c", "é", head, "\0"):
        assert code(made_up) == "no-permit"
    none = "eyJhbGciOiJub25lIiwidHlwIjoib2ZmdGFrZS1wZXJtaXQrandzIn0"  # "alg": "none"
    assert code(f"{none}.{body}.") in ("unknown-key", "no-permit")
    thief = Signer(pair(b"o" * 32).private, ORIGIN.text)
    assert code(thief.sign("offtake-permit+jws", {"jti": "p-1"})) == "unknown-key"
    own = Signer(KEYS.private, ORIGIN.text)
    assert code(own.sign("offtake-permit+jws", {"jti": "p-1"})) == "no-permit"


def test_a_list_of_revocations_tells_what_a_document_cannot(desk: Desk) -> None:
    text, kept = document(desk, gpus=10), document(desk, gpus=10)
    turns = document(desk, pool="east", gpus=4)

    def told() -> str:
        return str(desk("auditor", "GET", "/v1/permits/revocations").text)

    assert [code(each, revocations=told()) for each in (text, kept, turns)] == ["", "", ""]
    before = told()
    desk.clock.set("2025-03-02")
    desk.done("buyer", "/v1/permits/p-1/revoke", {"why": "moved"})
    stricter = PORTFOLIO + "      all: {kind: exclusivity, holder: alpha, from: 2025-03-02}\n"
    desk.done("approver", "/v1/portfolio/proposals", {"portfolio": stricter})
    desk.done("approver", "/v1/portfolio/proposals/1/adoption")
    codes = [code(each, revocations=told()) for each in (text, kept, turns)]
    assert codes == ["permit-revoked", "", "not-permitted"]
    late = document(desk, gpus=1)
    assert code(late, revocations=before) == "bad-revocations"  # Older than the permit.
    assert code(kept, revocations=text) == "bad-revocations"  # Another thing.
    other = Signer(KEYS.private, "https://other.example")
    foreign = other.sign("offtake-revocations+jws", {"iat": DAY, "revoked": {}})
    assert code(kept, revocations=foreign) == "bad-revocations"


def test_a_permit_whose_verdict_has_turned_stands_so(desk: Desk) -> None:
    desk.done("buyer", "/v1/permits", {**WANTED, "pool": "east", "gpus": 4})
    stricter = PORTFOLIO + "      all: {kind: exclusivity, holder: alpha, from: 2025-03-01}\n"
    desk.done("approver", "/v1/portfolio/proposals", {"portfolio": stricter})
    desk.done("approver", "/v1/portfolio/proposals/1/adoption")
    seen = desk("engineer", "GET", "/v1/permits/p-1").json()
    assert (seen["status"], seen["decision"]["verdict"]) == ("turned", "deny")
    assert seen["decision"]["findings"][0]["clause"] == "A/all"


def test_a_desk_without_a_key_issues_permits_and_signs_none(tmp_path: Path) -> None:
    with permitting(f"sqlite:///{tmp_path / 'desk.db'}", private=None) as desk:
        desk.done("buyer", "/v1/permits", WANTED)
        assert "document" not in desk("buyer", "GET", "/v1/permits/p-1").json()
        assert problem(desk("buyer", "GET", "/v1/permits/p-1/document")) == "refused"
        assert desk("", "GET", "/v1/permits/keys").json() == {"keys": []}


def test_keys_that_are_none_are_refused_and_not_repeated() -> None:
    for text in (b"", b"secret", b"{", b'{"keys": [{"crv": "Ed25519"}]}', KEYS.private):
        with pytest.raises(NoKey) as error:
            Keys(text)
        assert "secret" not in str(error.value)
    with pytest.raises(NoKey):
        Signer(KEYS.public, ORIGIN.text)
    assert "PRIVATE" not in json.dumps(Signer(KEYS.private, ORIGIN.text).keys)
    assert "d" not in Signer(KEYS.private, ORIGIN.text).keys["keys"][0]
