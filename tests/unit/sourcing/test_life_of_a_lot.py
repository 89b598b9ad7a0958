"""The life of a lot: notice, answer or lapse, tender, award, order, delivery (S1 to S9)."""

import pytest

from offtake.core.vocabulary import Verdict
from offtake.sourcing.command import (
    Answer,
    Bid,
    Deliver,
    Overdue,
    Proceed,
    Refused,
    Sign,
    Submit,
    Withdraw,
)
from offtake.sourcing.requirement import Status
from offtake.units.time import DAY_S
from unit.sourcing.stories import DAY, END, FIRST, START, Desk, need, noticed


def test_a_refused_lot_is_tendered_awarded_and_ordered() -> None:
    desk = noticed()

    assert desk.does(Answer(1, 0), DAY + 20 * DAY_S) == ["REFUSED"]
    assert desk.does(Proceed(1), DAY + 20 * DAY_S) == ["TENDER_OPENED"]
    desk.does(Bid(1, desk.offer(desk.beta)), DAY + 21 * DAY_S)
    desk.does(Bid(1, desk.offer(desk.gamma, price_micros_per_gpu_h=1_900_000)), DAY + 22 * DAY_S)
    assert desk.does(Proceed(1), DAY + 34 * DAY_S) == ["TENDER_CLOSED"]
    assert desk.does(Proceed(1), DAY + 34 * DAY_S) == ["AWARDED", "ORDERED"]

    (order,) = desk.state.orders.values()
    assert order.offer.supplier == desk.gamma
    assert desk.lot.status == Status.ORDERED


def test_silence_lapses_at_the_due_instant_and_not_a_second_before() -> None:
    desk = noticed()
    due_s = desk.lot.due_at_s

    assert due_s == DAY + 30 * DAY_S
    assert desk.does(Proceed(1), due_s - 1) == []
    assert desk.does(Proceed(1), due_s) == ["LAPSED"]
    assert desk.does(Proceed(1), due_s) == ["TENDER_OPENED"]


def test_an_answer_at_the_deadline_comes_too_late() -> None:
    desk = noticed()
    with pytest.raises(Refused, match="no open notice"):
        desk.does(Answer(1, 64), desk.lot.due_at_s)

    assert desk.does(Answer(1, 64), desk.lot.due_at_s - 1) == ["ACCEPTED"]


def test_a_holder_that_accepts_and_signs_has_the_whole_lot() -> None:
    desk = noticed()
    desk.does(Answer(1, 64), DAY + DAY_S)

    assert desk.does(Proceed(1), DAY + 2 * DAY_S) == []  # Nobody else is asked meanwhile.
    assert desk.does(Sign(1, desk.offer(desk.alpha)), DAY + 3 * DAY_S) == ["ORDERED"]
    assert desk.lot.status == Status.ORDERED


def test_what_the_holder_does_not_take_is_tendered() -> None:
    desk = noticed(FIRST % ", partial: yes, minimum_lot: 8")
    desk.does(Answer(1, 24), DAY + DAY_S)
    desk.does(Sign(1, desk.offer(desk.alpha, gpus=24)), DAY + DAY_S)

    assert desk.lot.open_gpus == 40
    assert desk.does(Proceed(1), DAY + DAY_S) == ["TENDER_OPENED"]
    assert desk.journal[-1].event.gpus == 40


def test_a_part_that_was_not_agreed_cannot_be_accepted() -> None:
    with pytest.raises(Refused, match="FR6"):
        noticed().does(Answer(1, 24), DAY + DAY_S)
    with pytest.raises(Refused, match="FR6"):
        noticed(FIRST % ", partial: yes, minimum_lot: 32").does(Answer(1, 24), DAY + DAY_S)


def test_an_acceptance_without_an_order_falls_after_the_negotiation_period() -> None:
    desk = noticed(FIRST % ", negotiation: 60d")
    desk.does(Answer(1, 64), DAY + DAY_S)
    over_s = DAY + 61 * DAY_S

    assert desk.does(Proceed(1), over_s - 1) == []
    assert desk.does(Proceed(1), over_s) == ["LAPSED"]
    assert desk.journal[-1].why.endswith("(FR10)")
    assert desk.does(Proceed(1), over_s) == ["TENDER_OPENED"]


def test_holders_are_asked_in_the_order_of_their_rank() -> None:
    junior = "      second: {kind: first_refusal, holder: beta, window: 10d, rank: 2}\n"
    desk = noticed(junior + FIRST % ", rank: 1")

    assert desk.journal[-1].event.rank == 1
    desk.does(Answer(1, 0), DAY + 5 * DAY_S)
    assert desk.does(Proceed(1), DAY + 5 * DAY_S) == ["NOTICE_GIVEN"]
    assert desk.journal[-1].event.rank == 2
    desk.does(Answer(1, 0), DAY + 6 * DAY_S)
    assert desk.does(Proceed(1), DAY + 6 * DAY_S) == ["TENDER_OPENED"]


def test_the_matching_form_tenders_first_and_shows_the_best_offer() -> None:
    desk = Desk(FIRST % ", form: matching")
    desk.does(Submit(1, need()), DAY)
    assert desk.does(Proceed(1), DAY) == ["TENDER_OPENED"]
    desk.does(Bid(1, desk.offer(desk.beta)), DAY)
    desk.does(Bid(1, desk.offer(desk.gamma, price_micros_per_gpu_h=1_500_000)), DAY)
    close_s = DAY + 14 * DAY_S
    desk.does(Proceed(1), close_s)
    assert desk.does(Proceed(1), close_s) == ["NOTICE_GIVEN"]

    shown = desk.journal[-1].event
    assert (shown.party, shown.price_micros_per_gpu_h) == (desk.gamma, 1_500_000)
    desk.does(Answer(1, 0), close_s + DAY_S)
    assert desk.does(Proceed(1), close_s + DAY_S) == ["AWARDED", "ORDERED"]
    assert desk.state.orders[0].offer.supplier == desk.gamma


def test_a_match_ends_the_round() -> None:
    desk = Desk(FIRST % ", form: matching")
    desk.does(Submit(1, need()), DAY)
    desk.does(Proceed(1), DAY)
    desk.does(Bid(1, desk.offer(desk.gamma)), DAY)
    desk.does(Proceed(1), DAY + 14 * DAY_S)
    desk.does(Proceed(1), DAY + 14 * DAY_S)
    desk.does(Answer(1, 64), DAY + 15 * DAY_S)

    assert desk.does(Sign(1, desk.offer(desk.alpha)), DAY + 15 * DAY_S) == ["ORDERED"]
    assert desk.lot.status == Status.ORDERED


def test_an_amendment_that_ends_the_right_dissolves_the_hold_at_once() -> None:
    desk = Desk(FIRST % ", until: 2025-03-11")
    desk.does(Submit(1, need()), DAY)
    desk.does(Proceed(1), DAY)

    assert desk.does(Proceed(1), DAY + 10 * DAY_S) == ["LAPSED"]
    assert desk.journal[-1].why == "the right has ended (S9)"
    assert desk.does(Proceed(1), DAY + 10 * DAY_S) == ["TENDER_OPENED"]


UNSERVED = [
    ({"price_limit_micros_per_gpu_h": 1_000_000}, {}, "price limit"),
    ({}, {"start_s": START + 91 * DAY_S, "end_s": END + 91 * DAY_S}, "too late"),
    ({"smallest_lot_gpus": 64}, {"gpus": 32}, "no supply"),
    ({"accelerators": (3,)}, {"accelerator": 4}, "no supply"),
]


@pytest.mark.parametrize(("wanted", "offered", "why"), UNSERVED)
def test_what_nobody_can_supply_says_what_was_binding(
    wanted: dict, offered: dict, why: str
) -> None:
    desk = Desk("      d: {kind: delivery, supplier: beta}\n")
    desk.does(Submit(1, need(**wanted)), DAY)
    desk.does(Proceed(1), DAY)
    desk.does(Bid(1, desk.offer(desk.beta, **offered)), DAY)
    desk.does(Proceed(1), DAY + 14 * DAY_S)

    assert desk.does(Proceed(1), DAY + 14 * DAY_S) == ["UNSERVED"]
    assert desk.journal[-1].why == why


def test_what_a_clause_denies_names_the_clause() -> None:
    desk = Desk("      only: {kind: exclusivity, holder: lab}\n")
    desk.does(Submit(1, need()), DAY)

    assert desk.does(Proceed(1), DAY) == ["UNSERVED"]
    assert desk.journal[-1].why == "denied: A/only"
    assert {d.verdict for d in desk.journal[-1].decisions} == {Verdict.DENY}


def test_nobody_bids_after_the_close_and_nobody_answers_what_was_not_asked() -> None:
    desk = Desk("      d: {kind: delivery, supplier: beta}\n")
    desk.does(Submit(1, need()), DAY)
    desk.does(Proceed(1), DAY)

    with pytest.raises(Refused, match="no open tender"):
        desk.does(Bid(1, desk.offer(desk.beta)), DAY + 14 * DAY_S)
    with pytest.raises(Refused, match="no open notice"):
        desk.does(Answer(1, 64), DAY)
    with pytest.raises(Refused, match="no acceptance"):
        desk.does(Sign(1, desk.offer(desk.beta)), DAY)
    with pytest.raises(Refused, match="no lot 9"):
        desk.does(Withdraw(9), DAY)
    with pytest.raises(Refused, match="exists"):
        desk.does(Submit(1, need()), DAY)


def test_a_withdrawn_lot_takes_no_further_course() -> None:
    desk = noticed()

    assert desk.does(Withdraw(1), DAY + DAY_S) == ["REQUIREMENT_WITHDRAWN"]
    assert desk.does(Proceed(1), DAY + 40 * DAY_S) == []
    with pytest.raises(Refused, match="withdrawn"):
        desk.does(Withdraw(1), DAY + 41 * DAY_S)


def ordered(tranches: int) -> Desk:
    desk = Desk("      d: {kind: delivery, supplier: beta, grace: 10d}\n")
    desk.does(Submit(1, need()), DAY)
    desk.does(Proceed(1), DAY)
    made = desk.offer(desk.beta, tranches=tranches, spacing_s=30 * DAY_S)
    desk.does(Bid(1, made), DAY)
    desk.does(Proceed(1), DAY + 14 * DAY_S)
    desk.does(Proceed(1), DAY + 14 * DAY_S)
    return desk


def test_a_first_tranche_late_beyond_the_grace_ends_the_order() -> None:
    desk = ordered(tranches=2)

    assert desk.does(Overdue(0, 0), START - 1) == []
    assert desk.does(Overdue(0, 0), START) == ["TRANCHE_LATE"]
    assert desk.does(Overdue(0, 0), START + 10 * DAY_S - 1) == []
    assert desk.does(Overdue(0, 0), START + 10 * DAY_S) == ["TRANCHE_ENDED", "TRANCHE_ENDED"]
    assert desk.state.orders[0].ended == (0, 1)


def test_a_later_tranche_that_is_late_ends_alone() -> None:
    desk = ordered(tranches=2)
    desk.does(Deliver(0, 0), START)

    assert desk.does(Overdue(0, 1), START + 40 * DAY_S) == ["TRANCHE_LATE", "TRANCHE_ENDED"]
    assert desk.state.orders[0].ended == (1,)


def test_a_delivery_told_twice_is_recorded_once() -> None:
    desk = ordered(tranches=1)

    assert desk.does(Deliver(0, 0), START) == ["DELIVERED"]
    assert desk.does(Deliver(0, 0), START) == []


def test_the_last_tranche_carries_the_rest_of_the_division() -> None:
    desk = ordered(tranches=3)
    order = desk.state.orders[0]

    assert [order.gpus_in(n) for n in range(3)] == [21, 21, 22]
