"""Forms of the pages: what binds is confirmed, what is wrong is said beside it, nothing is lost."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.served import Desk, desk_on, sourced
from desk.test_messages_page import Browser
from offtake.desk.access.http import guarded
from offtake.desk.access.role import Role
from offtake.desk.pages.site import LINKS

ANSWER = {"requirement": "r", "notice": "r.1", "gpus": "24", "signed": "A. Alpha"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_on(f"sqlite:///{tmp_path / 'desk.db'}") as made:
        yield made


def noticed(desk: Desk) -> Browser:
    """The holder of a right, who was given a notice."""
    words = {"gpus": 64, "start": "2025-09-01", "end": "2026-09-01", "purpose": "training"}
    words |= {"price_limit": "$3", "accelerators": ["H100"]}
    desk.done("buyer", "/v1/requirements", {"requirement": "r", **words})
    desk.done("buyer", "/v1/requirements/r/notices")
    return Browser(desk.parts, desk.client, Role.SUPPLIER, "alpha")


def test_an_answer_counts_only_if_it_is_confirmed(desk: Desk) -> None:
    holder = noticed(desk)

    unsure = holder.post("/do/answer", **ANSWER)

    assert unsure.status_code == 422
    assert "Confirm that it is meant" in unsure.text
    assert desk("buyer", "GET", "/v1/notices/r.1").json()["outcome"] == "open"
    sent = holder.post("/do/answer", **ANSWER, sure="yes")
    assert [one.headers["location"] for one in sent.history] == ["/notices/r.1"]
    assert desk("buyer", "GET", "/v1/notices/r.1").json()["outcome"] == "accepted"


def test_what_is_wrong_leads_to_its_field_and_the_rest_is_kept(desk: Desk) -> None:
    holder = noticed(desk)

    page = holder.post("/do/answer", **{**ANSWER, "gpus": "many"}, sure="yes")

    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert '<a href="#f-gpus">GPUs</a>' in page.text
    assert 'id="f-gpus" name="gpus" type="text" value="many" required aria-invalid' in page.text
    assert 'value="A. Alpha"' in page.text


def test_what_is_wrong_is_said_in_the_language_of_the_page(desk: Desk) -> None:
    buyer = Browser(desk.parts, desk.client, Role.BUYER)
    words = {"requirement": "q", "gpus": "lots", "purpose": "training"}

    page = buyer.post("/do/submit?lang=fr", start="2025-09-01", end="2026-09-01", **words)

    assert page.status_code == 422
    assert '<a href="#f-gpus">GPU</a>: <span>`lots` n&#39;est pas un nombre de GPU' in page.text
    missing = buyer.post("/do/submit?lang=fr", **words)
    assert "Ce champ est nécessaire." in missing.text


def test_the_journal_is_searched_for_words_that_may_be_seen_and_no_other(desk: Desk) -> None:
    sourced(desk, secret="$2.51")
    auditor = Browser(desk.parts, desk.client, Role.AUDITOR)

    assert "A. Alpha" not in auditor.get("/journal?text=nothing+at+all").text
    assert "Nothing was found" in auditor.get("/journal?text=nothing+at+all").text
    assert auditor.get("/journal?text=a.+alpha").text.count("answered a notice") == 2  # One choice.
    assert "Nothing was found" in auditor.get("/journal?text=2.51").text
    assert "Nothing was found" in auditor.get("/journal?kind=bid&text=beta").text


def test_whoever_asks_where_is_told_why_not_there_with_clause_and_reason(desk: Desk) -> None:
    for role, links in ((Role.BUYER, True), (Role.ENGINEER, False)):
        person = Browser(desk.parts, desk.client, role)

        page = person.get("/ask?ask=supply&purpose=training&at=2025-03-05").text

        assert '<a href="/reasons/NotNotified">NotNotified</a>' in page
        assert ('href="/portfolio#' in page) == links, "who may not read clauses has no link there"
        assert person.get("/ask?ask=supply&purpose=nope").status_code == 422


def test_every_clause_stands_in_the_portfolio_where_links_lead(desk: Desk) -> None:
    page = Browser(desk.parts, desk.client, Role.BUYER).get("/portfolio").text

    for version in desk.parts.writer.state.in_force.clauses:
        assert f'id="{version.clause_id}"' in page
    engineer = Browser(desk.parts, desk.client, Role.ENGINEER).get("/portfolio").text
    assert 'class="card clause"' not in engineer


def test_every_page_of_the_menu_is_documented_and_every_documented_page_is_there(
    desk: Desk,
) -> None:
    reference = (Path(__file__).parents[2] / "docs/reference/desk.md").read_text("utf-8")
    told = re.findall(r"^\| `(/\w*)` \|", reference, re.MULTILINE)

    there = {row.path for row in guarded(desk.client.app) if row.method == "GET"}
    assert {href for href, _, _ in LINKS} <= set(told)
    assert set(told) - there <= {"/outbox"}, "a desk that sends no messages has no page of them"


def test_a_letter_carries_its_own_styles_and_no_other(desk: Desk) -> None:
    noticed(desk)
    buyer = Browser(desk.parts, desk.client, Role.BUYER)

    letter = buyer.get("/notices/r.1/document")

    policy = letter.headers["content-security-policy"]
    assert "style-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert letter.text.count("<style") == 1
    assert "style=" not in letter.text


def test_every_reason_is_listed_and_has_its_page(desk: Desk) -> None:
    buyer = Browser(desk.parts, desk.client, Role.BUYER)

    for path in ("/reasons", "/reasons/WindowOpen"):
        page = buyer.get(f"{path}?lang=fr").text
        assert "{holder}" not in page
        assert "peut répondre jusqu'au" in page.replace("&#39;", "'")
