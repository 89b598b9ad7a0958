"""The whole story in real browsers: noticed, partly accepted, tendered, awarded, delivered.

The buyer and the holder have a browser each, and so have the three suppliers who offer. The server
is killed twice on the way, and every page that anybody visits says why.
"""

import json
import re
import subprocess
import sys
from typing import Any

from desk.browsers import Person, Served, chromium, desk

__all__ = ["chromium", "desk"]

RULE = re.compile(r"\b(FR|S|DL)\d+\b")
"""A page that says why names a rule."""
NAME = "plains-4"
OFFERS = {
    "Omar at Oracle": ("14000", "$2.70"),
    "Cleo at CoreWeave": ("10000", "$2.40"),
    "Gil at Google": ("14000", "$2.95"),
}


def test_a_first_refusal_is_clicked_through_to_an_award_and_a_delivery(
    desk: Served, chromium: Any
) -> None:
    buyer = Person(chromium, desk, "Ada, buyer")
    holder = Person(chromium, desk, "Mia at Microsoft", width=390)

    _noticed(buyer)
    _partly_accepted(buyer, holder)
    desk.kill()
    desk.start()
    _rest_tendered(buyer)
    _sealed_offers(desk, chromium, buyer)
    desk.kill()
    desk.start()
    _awarded(desk, buyer)
    _ordered_and_delivered(buyer)
    _others_look(desk, chromium, holder)
    for person in (buyer, holder):  # A killed server is complained of, and a refused form.
        known = ("422", "409", "net::ERR_")
        left = [line for line in person.complaints if not any(word in line for word in known)]
        assert left == []
    _verified(desk.url)


def says_why(person: Person, path: str) -> str:
    """The text of a page, which names the rule that it rests on."""
    said = person.sees(path)
    assert RULE.search(said), f"{path} does not say why: {said}"
    return said


def _noticed(buyer: Person) -> None:
    """A requirement is raised; its page says what comes first, and why, with the clause."""
    says_why(buyer, "/")
    buyer.sees("/requirements")
    buyer.page.get_by_text("Raise a requirement").click()
    buyer.fills(requirement=NAME, title="Plains, fourth site", gpus="24,000", accelerators="GB200")
    buyer.fills(start="2026-03-01", end="2031-03-01", price_limit="$3.00")
    said = buyer.presses("Raise it")
    assert "A notice comes first: a first refusal holds the lot (S2) MSFT-1/first-refusal" in said
    assert "NotNotified, MSFT-1/first-refusal, FR3" in said
    buyer.presses("Give the notice")
    said = says_why(buyer, f"/requirements/{NAME}")
    assert "Microsoft must answer the notice by" in said
    assert "WindowOpen, MSFT-1/first-refusal, FR4" in said


def _partly_accepted(buyer: Person, holder: Person) -> None:
    """The holder takes 10,000 of 24,000; the buyer's open page is told of it by itself."""
    assert "a notice to answer before" in says_why(holder, "/")
    assert NAME in says_why(holder, "/notices")
    assert "silence counts as a refusal" in says_why(holder, f"/notices/{NAME}.1")
    assert holder.page.goto(f"{holder.desk.base}/requirements/{NAME}").status == 403
    holder.complaints.clear()  # The browser says so too.
    holder.sees(f"/notices/{NAME}.1")
    holder.fills(gpus="10000", signed="Mia Holder, Microsoft")
    said = holder.confirms("Send the answer")
    assert "accepted within its window; an order is to be signed (FR5, FR6)" in said
    buyer.page.get_by_text("answered a notice").wait_for(timeout=10_000)
    assert "accepted" in buyer.page.inner_text("h1")


def _rest_tendered(buyer: Person) -> None:
    """The acceptance is ordered, and the rest put out to three suppliers."""
    assert "accepted: the order is to be signed" in says_why(buyer, "/")
    assert "accepted" in says_why(buyer, f"/requirements/{NAME}")
    buyer.fills(price="$2.90")
    assert "14,000" in buyer.confirms("Sign the order with Microsoft")
    for name in ("Cerebras", "AWS", "Microsoft"):
        buyer.page.get_by_label(name).uncheck()
    for name in ("Oracle", "Google Cloud", "CoreWeave"):
        assert buyer.page.get_by_label(name).is_checked()
    assert "offers, until the tender closes" in buyer.presses("Open the tender")


def _sealed_offers(desk: Served, chromium: Any, buyer: Person) -> None:
    """Three suppliers make sealed offers; nobody sees another's, nor does the buyer."""
    for name, (gpus, price) in OFFERS.items():
        bidder = Person(chromium, desk, name)
        assert "an invitation to offer before" in says_why(bidder, "/")
        says_why(bidder, f"/tenders/{NAME}.1")
        bidder.fills(gpus=gpus, price=price, lead="60d")
        seen = bidder.presses("Send the offer")
        assert seen.count("USD") == 1, "a supplier sees its own offer, and no other"
        assert bidder.complaints == []
    sealed = says_why(buyer, f"/tenders/{NAME}.1")
    assert "sealed until the close" in sealed
    assert not re.search(r"2\.(70|40|95)", sealed)


def _awarded(desk: Served, buyer: Person) -> None:
    """The tender closes; a choice beside the proposal needs a reason."""
    for _ in range(12):
        if "Confirm the award" in says_why(buyer, f"/requirements/{NAME}"):
            break
        desk.later()
    assert "2.40 USD" in says_why(buyer, f"/tenders/{NAME}.1"), "opened at the close"
    buyer.sees(f"/requirements/{NAME}")
    proposed = {
        name: buyer.page.locator(f"[name='take.{name}']").input_value()
        for name in ("oracle", "coreweave", "google")
    }
    assert proposed == {"oracle": "4000", "coreweave": "10000", "google": "0"}, "at least cost"
    chosen = {"take__oracle": "0", "take__coreweave": "10000", "take__google": "4000"}
    buyer.fills(**chosen)
    assert "needs a reason (S4)" in buyer.presses("Confirm the award")
    buyer.fills(**chosen, why="another region")
    assert "Sign the order with Google" in buyer.presses("Confirm the award")


def _ordered_and_delivered(buyer: Person) -> None:
    """Both orders are signed, and all three come."""
    buyer.confirms("Sign the order with Google")
    said = buyer.confirms("Sign the order with CoreWeave")
    assert re.search(r"ordered|late", said)
    assert "Signed after an award (S4): another region." in says_why(buyer, "/orders")
    buyer.sees(f"/requirements/{NAME}")
    for _ in range(3):
        said = buyer.presses("It has come")
    assert buyer.page.locator("h1 .state").inner_text() == "delivered"
    assert said.count("delivered") > 3
    assert "another region" in says_why(buyer, f"/requirements/{NAME}"), "why they were chosen"


def _others_look(desk: Served, chromium: Any, holder: Person) -> None:
    """The others look, as far as they may."""
    for name in ("Emil, engineer", "Fatima, finance", "Aiko, auditor"):
        other = Person(chromium, desk, name)
        seen = says_why(other, f"/requirements/{NAME}")
        assert ("3.00 USD" in seen) == (name != "Emil, engineer")
        assert other.page.get_by_role("button", name="Withdraw it").count() == 0
        assert other.complaints == []
    own = says_why(holder, "/orders")
    assert "10,000 GPUs due" in own
    assert "Oracle" not in own
    assert NAME not in holder.sees("/tenders"), "it was not invited"


def _verified(url: str) -> None:
    """The journal is whole, for whoever checks it."""
    command = [sys.executable, "-m", "offtake.cli.main", "journal", "verify", "--db", url]
    checked = subprocess.run(
        [*command, "-o", "json"], capture_output=True, text=True, check=False, timeout=60
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    found = json.loads(checked.stdout)
    assert (found["faults"], found["seq"] > 25) == ([], True)
