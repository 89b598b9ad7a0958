"""The main path of each role in a real browser; by the keyboard, without scripts, live, in French.

The story from a first refusal to a delivery is in ``test_story``; here is what the others come for.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from desk.browsers import Person, Served, chromium

__all__ = ["chromium"]

PHONE = 390


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("paths"))
    yield served
    served.kill()


def test_an_engineer_learns_where_a_job_may_run_and_why_not_there(
    desk: Served, chromium: Any
) -> None:
    engineer = Person(chromium, desk, "Emil, engineer", width=PHONE)
    page = engineer.page

    page.get_by_role("link", name="Ask where a job may run").click()
    page.get_by_label("Purpose").select_option("api")
    page.get_by_role("button", name="Ask").click()

    said = page.inner_text("main")
    assert "1 supplier may, 6 may not." in said
    assert re.search(r"Microsoft\s*permitted\s*No clause objects", said)
    assert re.search(r"Oracle\s*forbidden\s*an exclusivity keeps this for its holder", said)
    page.get_by_role("link", name="ExclusiveToHolder").first.click()
    assert "Escalate: The approver, to ask the holder for a waiver." in page.inner_text("main")
    assert engineer.complaints == []


def test_finance_sees_which_floors_are_met(desk: Served, chromium: Any) -> None:
    finance = Person(chromium, desk, "Fatima, finance")
    page = finance.page

    page.get_by_role("link", name="Commitments").click()
    rows = page.locator("tbody tr")

    first = rows.filter(has_text="October 28, 2025").first
    assert first.locator("td").all_inner_texts() == [
        "Microsoft",
        "MSFT-1/azure-commitment",
        "January 21, 2025",
        "October 28, 2025",
        "2.45 B USD",
        "9.51 B USD",
        "0.00 USD",
        "runs now, met",
    ]
    assert rows.filter(has_text="to come, not met yet").count() > 5
    assert page.get_by_role("button").all_inner_texts() == ["Sign off"], "finance only looks"
    assert finance.complaints == []


def test_an_auditor_finds_an_entry_of_the_journal_by_its_words(desk: Served, chromium: Any) -> None:
    auditor = Person(chromium, desk, "Aiko, auditor")
    page = auditor.page

    page.get_by_role("link", name="Search the journal").click()
    assert page.locator(".timeline li").count() == 12
    page.get_by_label("Words").fill("m. holder")
    page.get_by_role("button", name="Search").click()

    found = page.locator(".timeline > li")
    assert found.count() == 1
    assert "Microsoft answered a notice nordics-1" in found.inner_text()
    page.get_by_label("Words").fill("gave notice 40,000 first refusal holds")  # As it is shown.
    page.get_by_role("button", name="Search").click()
    assert "texas-2" in found.inner_text()
    page.get_by_label("Words").fill("2.60")  # The sealed offer of another story.
    page.get_by_role("button", name="Search").click()
    assert "Nothing was found" in page.inner_text("main")
    assert auditor.complaints == []


def test_an_administrator_adds_somebody_and_ends_a_token(desk: Served, chromium: Any) -> None:
    keeper = Person(chromium, desk, "Adam, administrator")
    page = keeper.page
    page.get_by_role("link", name="Look after people and tokens").click()

    page.get_by_text("Add somebody").click()
    page.get_by_label("Name", exact=True).fill("Nora, engineer")
    page.get_by_role("button", name="Add them").click()
    assert "That did not work." in page.inner_text("main"), "a role is needed"
    assert page.get_by_label("Name", exact=True).input_value() == "Nora, engineer"
    page.get_by_label("engineer", exact=True).check()
    page.get_by_role("button", name="Add them").click()
    link = re.search(r"http\S+", page.locator(".told").inner_text())
    assert link is not None

    page.get_by_text("Make a token").click()
    page.get_by_label("What it is for").fill("backup")
    page.get_by_role("button", name="Make it").click()
    assert "The token, shown once" in page.inner_text("main")
    page.get_by_role("button", name="End it").click()
    assert re.search(r"ended \w+ \d+, \d{4}", page.inner_text("main"))

    other = chromium.new_context(locale="en-US").new_page()
    other.goto(link[0])
    other.get_by_role("button", name="Sign on").click()
    other.wait_for_url(f"{desk.base}/")
    assert "Nora, engineer" in other.inner_text("header")
    left = [line for line in keeper.complaints if "422" not in line]
    assert left == []


def test_a_supplier_offers_in_french_on_a_phone_and_sees_its_own_matters_only(
    desk: Served, chromium: Any
) -> None:
    bidder = Person(chromium, desk, "Omar at Oracle", width=PHONE, locale="fr-FR")
    page = bidder.page

    links = page.locator("nav a").all_inner_texts()
    assert links == [
        *("Aujourd'hui", "Notifications", "Appels d'offres", "Commandes", "Engagements"),
        *("Messages", "Personnes et jetons"),
    ]
    page.get_by_role("link", name="nordics-1.1").click()
    bidder.fills(gpus="beaucoup", price="$2.70")
    assert "Cela n'a pas abouti." in bidder.presses("Envoyer l'offre")
    assert page.locator("[name=price]").input_value() == "$2.70"
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.get_by_role("link", name="GPU", exact=True).click()
    assert page.evaluate("document.activeElement.name") == "gpus"
    bidder.fills(gpus="12000")
    said = bidder.presses("Envoyer l'offre")
    assert "2,70\u00a0USD" in said
    assert "CoreWeave" not in said.split("Offres", 1)[1]
    for path in ("/requirements", "/journal", "/notices/texas-2.1"):
        assert page.goto(f"{desk.base}{path}").status in (403, 404), path
    assert page.evaluate("document.scrollingElement.scrollWidth") == PHONE


def test_a_language_that_was_chosen_is_kept_by_pages_and_pictures(
    desk: Served, chromium: Any
) -> None:
    buyer = Person(chromium, desk, "Ada, buyer", width=PHONE)

    buyer.page.get_by_role("link", name="Français").click()
    assert "Ce qui vous attend" in buyer.page.inner_text("main")
    assert "Besoins" in buyer.sees("/requirements"), "as chosen before"
    with buyer.page.expect_response(re.compile(r"/rights\.svg\?v=\w+&on=phone")) as drawn:
        buyer.sees("/rights")
    assert ">à consulter<" in drawn.value.text()
    buyer.page.get_by_role("link", name="English").click()
    assert "Requirements" in buyer.sees("/requirements")


def test_a_requirement_is_raised_with_the_keyboard_alone(desk: Served, chromium: Any) -> None:
    buyer = Person(chromium, desk, "Ada, buyer")
    buyer.sees("/requirements")
    keys = buyer.page.keyboard

    _tab_to(buyer, "document.activeElement.tagName === 'SUMMARY'")
    keys.press("Enter")
    for text in ("keys-1", "By the keyboard"):
        keys.press("Tab")
        keys.type(text)
    keys.press("Tab")
    keys.press("r")  # research
    for text in ("2,000", "", "", "03012026", "03012028", "", "$2.50", ""):
        _tab_to(buyer, "document.activeElement.name !== before")
        keys.type(text)
    _outlined(buyer)
    _tab_to(buyer, "document.activeElement.tagName === 'BUTTON'")
    with buyer.page.expect_navigation():
        keys.press("Enter")

    assert buyer.page.url.endswith("/requirements/keys-1")
    assert "By the keyboard" in buyer.page.inner_text("h1")
    assert "a first refusal holds the lot" in buyer.page.inner_text("main")
    assert buyer.complaints == []


def _tab_to(person: Person, there: str) -> None:
    """Press the tabulator until something holds of what has the focus."""
    before = person.page.evaluate("document.activeElement.name || ''")
    for _ in range(60):
        person.page.keyboard.press("Tab")
        if person.page.evaluate(f"before => {there}", before):
            return
    raise AssertionError(f"no focus where {there}")


def _outlined(person: Person) -> None:
    """What has the focus is seen to have it."""
    width = "parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
    assert person.page.evaluate(width) >= 2


def test_without_scripts_a_notice_is_given_and_a_date_is_asked_about(
    desk: Served, chromium: Any
) -> None:
    buyer = Person(chromium, desk, "Ada, buyer", java_script_enabled=False)

    buyer.sees("/requirements/research-3")
    assert "waiting for an answer" in buyer.presses("Give the notice")
    buyer.sees("/rights")
    buyer.page.get_by_label("On").fill("2024-08-01")
    assert "OpenAI" in buyer.presses("Show")
    assert buyer.page.get_by_label("On").input_value() == "2024-08-01"
    assert buyer.complaints == []


def test_a_page_is_brought_up_to_date_when_somebody_else_acts(desk: Served, chromium: Any) -> None:
    buyer = Person(chromium, desk, "Ada, buyer")
    typing = Person(chromium, desk, "Ada, buyer")
    holder = Person(chromium, desk, "Mia at Microsoft", width=PHONE)
    buyer.sees("/requirements/texas-2")
    buyer.page.get_by_role("link", name="WindowOpen").first.focus()
    typing.sees("/requirements/texas-2")
    typing.page.get_by_text("Withdraw", exact=True).click()
    typing.page.get_by_role("textbox", name="Why").fill("half a sent")

    holder.sees("/notices/texas-2.1")
    holder.fills(gpus="0", signed="Mia Holder, Microsoft")
    assert "refused" in holder.confirms("Send the answer")

    buyer.page.get_by_text("answered a notice").wait_for(timeout=10_000)
    assert "brought up to date" in buyer.page.get_by_role("status").inner_text()
    assert buyer.page.evaluate("document.activeElement.closest('main') !== null")
    typing.page.get_by_text("Something has changed since").wait_for(timeout=10_000)
    assert typing.page.get_by_role("textbox", name="Why").input_value() == "half a sent"
    for person in (buyer, typing, holder):
        assert person.complaints == []
