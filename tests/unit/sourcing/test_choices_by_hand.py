"""What people may do that models do not: change, choose, take back, cancel, tell."""

import pytest

from offtake.core.vocabulary import EventKind
from offtake.sourcing.command import (
    Answer,
    Cancel,
    Change,
    Choose,
    Declare,
    Deliver,
    Proceed,
    Refused,
    Sign,
    Submit,
    Unaward,
    Use,
)
from offtake.sourcing.requirement import Status
from offtake.units.time import DAY_S
from unit.sourcing.stories import DAY, FIRST, START, Desk, need, noticed, tendered

NIGHT = DAY + 14 * DAY_S


def closed() -> Desk:
    """A lot with two offers in: beta at 2.00, gamma at 1.90."""
    desk = Desk(FIRST % ", purposes: [api]")
    desk.does(Submit(1, need()), DAY)
    cheap = desk.offer(desk.gamma, price_micros_per_gpu_h=1_900_000)
    tendered(desk, DAY, desk.offer(desk.beta), cheap)
    return desk


def test_a_changed_requirement_is_noticed_anew_with_a_whole_window() -> None:
    desk = noticed()
    assert desk.does(Change(1, need(gpus=80)), DAY + 20 * DAY_S) == ["REQUIREMENT_CHANGED"]

    assert (desk.lot.status, desk.lot.open_gpus) == (Status.SUBMITTED, 80)
    with pytest.raises(Refused, match="no open notice"):
        desk.does(Answer(1, 64), DAY + 21 * DAY_S)
    assert desk.does(Proceed(1), DAY + 21 * DAY_S) == ["NOTICE_GIVEN"]
    assert desk.lot.due_at_s == DAY + 51 * DAY_S


def test_a_change_drops_the_offers_of_what_was_sought() -> None:
    desk = closed()
    desk.does(Change(1, need(gpus=32)), NIGHT)
    assert desk.lot.offers == ()


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"purpose": 1}, "another purpose"),
        ({"gpus": 0}, "needs GPUs"),
        ({"start_s": START, "end_s": START}, "a period"),
    ],
)
def test_a_change_that_is_none_is_refused(terms: dict[str, int], says: str) -> None:
    with pytest.raises(Refused, match=says):
        noticed().does(Change(1, need(**terms)), DAY + DAY_S)


def test_what_is_ordered_stays_ordered_when_the_rest_changes() -> None:
    desk = noticed(FIRST % ", partial: yes, minimum_lot: 8")
    desk.does(Answer(1, 24), DAY + DAY_S)
    with pytest.raises(Refused, match="accepted"):
        desk.does(Change(1, need(gpus=80)), DAY + DAY_S)
    desk.does(Sign(1, desk.offer(desk.alpha, gpus=24)), DAY + DAY_S)
    with pytest.raises(Refused, match="24 GPUs"):
        desk.does(Change(1, need(gpus=24)), DAY + DAY_S)

    desk.does(Change(1, need(gpus=40)), DAY + DAY_S)
    assert desk.lot.open_gpus == 16


def test_the_choice_at_least_cost_needs_no_reason_and_another_does() -> None:
    desk = closed()
    with pytest.raises(Refused, match="S4"):
        desk.does(Choose(1, ((desk.beta, 64),)), NIGHT)
    assert desk.does(Choose(1, ((desk.gamma, 64),)), NIGHT) == ["AWARDED"]
    assert desk.lot.status == Status.AWARDED

    other = closed()
    other.does(Choose(1, ((other.beta, 64),), why="a second supplier"), NIGHT)
    assert other.journal[-1].why == "a second supplier"


def test_each_award_of_a_lot_is_signed_by_itself_and_no_more_than_awarded() -> None:
    desk = closed()
    desk.does(Choose(1, ((desk.beta, 24), (desk.gamma, 40)), why="two suppliers"), NIGHT)
    with pytest.raises(Refused, match="more than the 24"):
        desk.does(Sign(1, desk.offer(desk.beta, gpus=25)), NIGHT)
    dear = desk.offer(desk.beta, gpus=24, price_micros_per_gpu_h=2_000_001)
    with pytest.raises(Refused, match="price"):
        desk.does(Sign(1, dear), NIGHT)

    desk.does(Sign(1, desk.offer(desk.beta, gpus=24)), NIGHT)
    assert desk.lot.status == Status.AWARDED
    with pytest.raises(Refused, match="no acceptance or award"):
        desk.does(Sign(1, desk.offer(desk.beta, gpus=24)), NIGHT)
    cheap = desk.offer(desk.gamma, gpus=40, price_micros_per_gpu_h=1_900_000)
    desk.does(Sign(1, cheap), NIGHT)
    assert (desk.lot.status, desk.lot.open_gpus) == (Status.ORDERED, 0)


@pytest.mark.parametrize(
    ("takes", "says"),
    [
        ((), "each chosen supplier once"),
        (((2, 32), (2, 32)), "each chosen supplier once"),
        (((2, 40), (3, 40)), "S7"),
        (((2, 65),), "S7"),
        (((1, 64),), "no offer of that supplier"),
        (((2, 0),), "between 1 and"),
    ],
)
def test_a_choice_that_cannot_be_ordered_is_refused(
    takes: tuple[tuple[int, int], ...], says: str
) -> None:
    desk = closed()
    with pytest.raises(Refused, match=says):
        desk.does(Choose(1, takes, why="because"), NIGHT)


def test_an_award_taken_back_leaves_the_offers_to_be_chosen_again() -> None:
    desk = closed()
    desk.does(Choose(1, ((desk.gamma, 64),)), NIGHT)
    with pytest.raises(Refused, match="needs a reason"):
        desk.does(Unaward(1, ""), NIGHT)
    assert desk.does(Unaward(1, "credit check failed"), NIGHT) == ["AWARD_CANCELED"]
    assert desk.does(Choose(1, ((desk.beta, 64),), why="the next"), NIGHT) == ["AWARDED"]


def test_an_award_in_part_leaves_the_rest_open_with_its_offers() -> None:
    desk = closed()
    desk.does(Choose(1, ((desk.gamma, 40),), why="not all of it"), NIGHT)
    desk.does(Sign(1, desk.offer(desk.gamma, gpus=40, price_micros_per_gpu_h=1_900_000)), NIGHT)
    assert (desk.lot.status, desk.lot.open_gpus) == (Status.CLOSED, 24)
    assert {offer.supplier: offer.gpus for offer in desk.lot.offers} == {2: 64, 3: 24}


def test_a_tranche_is_canceled_for_a_reason_and_once() -> None:
    desk = closed()
    desk.does(Choose(1, ((desk.gamma, 64),)), NIGHT)
    desk.does(Sign(1, desk.offer(desk.gamma, price_micros_per_gpu_h=1_900_000)), NIGHT)
    with pytest.raises(Refused, match="needs a reason"):
        desk.does(Cancel(0, 0, " "), NIGHT)
    assert desk.does(Cancel(0, 0, "by agreement"), NIGHT) == ["TRANCHE_ENDED"]
    with pytest.raises(Refused, match="was ended"):
        desk.does(Cancel(0, 0, "again"), NIGHT)
    assert desk.does(Deliver(0, 0), NIGHT) == []


def test_a_holder_in_default_is_passed_over_until_it_is_cured() -> None:
    desk = Desk(FIRST % "")
    desk.does(Submit(1, need()), DAY)
    desk.does(Declare(desk.alpha, EventKind.DEFAULT_DECLARED), DAY)
    assert desk.does(Proceed(1), DAY) == ["TENDER_OPENED"]
    with pytest.raises(Refused, match="declared or cured"):
        desk.does(Declare(desk.alpha, EventKind.ORDERED), DAY)


def test_use_is_told_when_its_period_is_over() -> None:
    desk = closed()
    day = {"gpus": 8, "start_s": DAY, "end_s": DAY + DAY_S}
    assert desk.does(Use(2, 0, **day), NIGHT) == ["USAGE_RECORDED"]
    with pytest.raises(Refused, match="over"):
        desk.does(Use(2, 0, **day), DAY)
    with pytest.raises(Refused, match="a period"):
        desk.does(Use(2, 0, **{**day, "gpus": 0}), NIGHT)
