"""The whole story in real browsers: noticed, partly accepted, tendered, awarded, delivered.

The server is killed twice on the way; every page says why.
"""

import re
from typing import Any

from sqlalchemy import create_engine

from desk.browsers import Person, Served, chromium, desk
from offtake.desk.entry import START, chained
from offtake.desk.store import journal

__all__ = ["chromium", "desk"]


def test_a_first_refusal_is_clicked_through_to_an_award_and_a_delivery(
    desk: Served, chromium: Any
) -> None:
    buyer = Person(chromium, desk, "Ada, buyer")
    holder = Person(chromium, desk, "Mia at Microsoft", width=390)

    assert "Answer to a notice" in buyer.sees("/")
    said = buyer.sees("/requirements/texas-2")
    assert "Microsoft must answer the notice by" in said
    assert "WindowOpen, MSFT-1/first-refusal, FR4" in said

    assert "a notice to answer before" in holder.sees("/")
    holder.sees("/notices/texas-2.1")
    holder.fills(gpus="15000", signed="Mia Holder, Microsoft")
    assert "accepted" in holder.confirms("Send the answer")

    desk.kill()
    desk.start()
    assert "accepted" in buyer.sees("/requirements/texas-2")
    buyer.fills(price="$2.90")
    assert "25,000" in buyer.confirms("Sign the order with Microsoft")
    for name in ("Cerebras", "AWS"):
        buyer.page.get_by_label(name).uncheck()
    for name in ("Oracle", "Google Cloud", "CoreWeave"):
        assert buyer.page.get_by_label(name).is_checked()
    buyer.page.get_by_label("Microsoft").uncheck()
    assert "offers, until the tender closes" in buyer.presses("Open the tender")

    _bid(desk, chromium)
    sealed = buyer.sees("/tenders/texas-2.1")
    assert "sealed until the close" in sealed
    assert "2.4" not in sealed

    desk.kill()
    desk.start()
    _award(desk, buyer)
    _others_look(desk, chromium)
    for person in (buyer, holder):  # A killed server is complained of, and a refused form.
        known = ("422", "409", "net::ERR_")
        left = [line for line in person.complaints if not any(word in line for word in known)]
        assert left == []
    _verified(desk.url)


def _bid(desk: Served, chromium: Any) -> None:
    """Three suppliers make sealed offers."""
    offers = {"Omar at Oracle": ("25000", "$2.70"), "Cleo at CoreWeave": ("10000", "$2.40")}
    offers["Gil at Google"] = ("25000", "$2.95")
    for name, (gpus, price) in offers.items():
        bidder = Person(chromium, desk, name)
        assert "an invitation to offer before" in bidder.sees("/")
        bidder.sees("/tenders/texas-2.1")
        bidder.fills(gpus=gpus, price=price, lead="60d")
        seen = bidder.presses("Send the offer")
        assert seen.count("USD") == 1, "a supplier sees its own offer, and no other"
        assert bidder.complaints == []


def _award(desk: Served, buyer: Person) -> None:
    """The tender closes; a choice beside the proposal needs a reason; orders, a delivery."""
    for _ in range(12):
        if "Confirm the award" in buyer.sees("/requirements/texas-2"):
            break
        desk.later()
    proposed = {
        name: buyer.page.locator(f"[name='take.{name}']").input_value()
        for name in ("oracle", "coreweave", "google")
    }
    assert proposed == {"oracle": "25000", "coreweave": "0", "google": "0"}, "its floor is open"
    buyer.fills(take__oracle="15000", take__coreweave="10000")
    assert "needs a reason" in buyer.presses("Confirm the award")
    buyer.sees("/requirements/texas-2")
    buyer.fills(take__oracle="15000", take__coreweave="10000", why="two suppliers")
    assert "Sign the order with Oracle" in buyer.presses("Confirm the award")
    buyer.confirms("Sign the order with Oracle")
    said = buyer.confirms("Sign the order with CoreWeave")
    assert re.search(r"ordered|late", said)
    for _ in range(3):
        said = buyer.presses("It has come")
    assert "delivered" in said


def _others_look(desk: Served, chromium: Any) -> None:
    """The others look, as far as they may."""
    for name in ("Emil, engineer", "Fatima, finance", "Aiko, auditor"):
        other = Person(chromium, desk, name)
        seen = other.sees("/requirements/texas-2")
        assert ("3.00 USD" in seen) == (name != "Emil, engineer")
        assert other.page.get_by_role("button", name="Withdraw it").count() == 0
        assert other.complaints == []


def _verified(url: str) -> None:
    """The journal is whole, and no GPU was sold twice."""
    with create_engine(url).connect() as tx:
        before, rows = START, list(journal.since(tx, 0))
    for number, row in enumerate(rows, 1):
        before = chained(before, row.body)
        assert (row.seq, row.hash) == (number, before)
    assert sum(row.kind in ("sign", "sign_accepted") for row in rows) == 3
