"""First refusals on a desk: who has the turn, under which terms, and what an answer binds to."""

from typing import Any

import pytest

from offtake.contract.portfolio import Portfolio
from offtake.core.decide import decide as decide_ask
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
)
from offtake.sourcing.notice import LIMIT_ROUNDS
from offtake.sourcing.requirement import Status, ask_of
from offtake.units.time import DAY_S
from unit.sourcing.stories import (
    DAY,
    END,
    FIRST,
    NAMES,
    START,
    TEXT,
    Desk,
    need,
    noticed,
    tendered,
)

RANKED = FIRST % ", rank: 1" + (
    "      second: {kind: first_refusal, holder: beta, window: 10d, rank: 2}\n"
)
REPLACED = (
    TEXT
    + """    amendments:
      m:
        from: {from_}
        replace:
          first: {{kind: first_refusal, holder: alpha, window: 30d, partial: yes{more}}}
"""
)
CLOSE = DAY + 15 * DAY_S


class Amended(Desk):
    """A desk whose first refusal is replaced by an amendment."""

    def __init__(self, from_: str, first: str = "", more: str = "") -> None:
        super().__init__(FIRST % first)
        text = REPLACED.format(clauses=FIRST % first, from_=from_, more=more)
        self.portfolio = Portfolio.loads(text)
        self.rules = self.rules._replace(clauses=self.portfolio.clauses)


def test_what_the_senior_holder_takes_it_gets_whatever_the_junior_would_say() -> None:
    desk = noticed(RANKED)
    desk.does(Answer(1, 64), DAY + DAY_S)
    ask = ask_of(desk.lot, desk.offer(desk.alpha))

    assert decide_ask(desk.rules.clauses, desk.state.facts, ask, DAY + DAY_S).findings == ()
    assert desk.does(Sign(1, desk.offer(desk.alpha)), DAY + 2 * DAY_S) == ["ORDERED"]
    assert desk.lot.status == Status.ORDERED


def test_the_rest_of_what_the_senior_takes_is_offered_to_the_junior() -> None:
    desk = noticed(RANKED.replace("rank: 1", "rank: 1, partial: yes"))
    desk.does(Answer(1, 24), DAY + DAY_S)
    desk.does(Sign(1, desk.offer(desk.alpha, gpus=24)), DAY + DAY_S)

    assert desk.does(Proceed(1), DAY + DAY_S) == ["NOTICE_GIVEN"]
    assert (desk.journal[-1].event.rank, desk.journal[-1].event.gpus) == (2, 40)
    desk.does(Answer(1, 40), DAY + 2 * DAY_S)
    assert desk.does(Sign(1, desk.offer(desk.beta, gpus=40)), DAY + 3 * DAY_S) == ["ORDERED"]


def test_an_order_that_a_clause_holds_is_refused_and_the_acceptance_stands() -> None:
    equal = "      other: {kind: first_refusal, holder: beta, window: 10d, rank: 1}\n"
    desk = noticed(FIRST % "" + equal)
    desk.does(Answer(1, 64), DAY + DAY_S)

    with pytest.raises(Refused, match="A/other"):
        desk.does(Sign(1, desk.offer(desk.alpha)), DAY + 2 * DAY_S)
    assert desk.lot.status == Status.ACCEPTED


def test_an_acceptance_outlives_the_amendment_that_replaces_its_clause() -> None:
    desk = Amended("2025-03-20", first=", negotiation: 60d", more=", negotiation: 5d")
    desk.does(Submit(1, need()), DAY)
    desk.does(Proceed(1), DAY)
    desk.does(Answer(1, 64), DAY + DAY_S)

    assert desk.does(Proceed(1), DAY + 40 * DAY_S) == []
    assert desk.does(Sign(1, desk.offer(desk.alpha)), DAY + 40 * DAY_S) == ["ORDERED"]


def test_a_round_is_under_the_version_in_force_at_its_notice() -> None:
    desk = Amended("2025-02-01")
    desk.does(Submit(1, need()), DAY)
    desk.does(Proceed(1), DAY)

    assert desk.does(Answer(1, 24), DAY + DAY_S) == ["ACCEPTED"]
    assert desk.does(Proceed(1), DAY + 2 * DAY_S) == []


def test_an_acceptance_falls_when_the_right_ends() -> None:
    desk = Desk(FIRST % ", until: 2025-03-11")
    desk.does(Submit(1, need()), DAY)
    desk.does(Proceed(1), DAY)
    desk.does(Answer(1, 64), DAY + DAY_S)

    assert desk.does(Proceed(1), DAY + 10 * DAY_S - 1) == []
    assert desk.does(Proceed(1), DAY + 10 * DAY_S) == ["LAPSED"]
    assert desk.journal[-1].why == "the right has ended (S9)"


def test_nobody_accepts_under_a_right_that_has_ended() -> None:
    desk = Desk(FIRST % ", until: 2025-03-11")
    desk.does(Submit(1, need()), DAY)
    desk.does(Proceed(1), DAY)

    with pytest.raises(Refused, match="no open notice"):
        desk.does(Answer(1, 64), DAY + 10 * DAY_S)
    assert desk.does(Proceed(1), DAY + 10 * DAY_S) == ["LAPSED"]


def test_each_part_of_a_refused_lot_is_noticed_by_itself_and_then_free() -> None:
    desk = noticed(FIRST % ", reoffer_parts: yes")
    desk.does(Answer(1, 0), DAY)
    tendered(desk, DAY, desk.offer(desk.beta, gpus=32), desk.offer(desk.gamma, gpus=32))
    at_s = desk.lot.closes_at_s
    for supplier in (desk.beta, desk.gamma):
        assert desk.does(Proceed(1), at_s) == ["NOTICE_GIVEN"]
        assert (desk.journal[-1].event.gpus, desk.journal[-1].event.party) == (32, supplier)
        desk.does(Answer(1, 0), at_s)
        assert desk.does(Proceed(1), at_s) == ["AWARDED", "ORDERED"]

    assert desk.lot.status == Status.ORDERED
    assert [order.gpus for order in desk.state.orders.values()] == [32, 32]


def test_a_part_that_the_holder_takes_leaves_the_other_part_to_be_offered() -> None:
    desk = noticed(FIRST % ", reoffer_parts: yes")
    desk.does(Answer(1, 0), DAY)
    tendered(desk, DAY, desk.offer(desk.beta, gpus=32), desk.offer(desk.gamma, gpus=32))
    at_s = desk.lot.closes_at_s
    desk.does(Proceed(1), at_s)
    desk.does(Answer(1, 32), at_s)
    desk.does(Sign(1, desk.offer(desk.alpha, gpus=32)), at_s)

    assert desk.does(Proceed(1), at_s) == ["NOTICE_GIVEN"]
    assert (desk.journal[-1].event.gpus, desk.journal[-1].event.of_gpus) == (32, 0)


def test_the_notice_of_an_offer_is_of_no_more_than_it_offers() -> None:
    desk = Desk(FIRST % ", form: matching")
    desk.does(Submit(1, need()), DAY)
    tendered(desk, DAY, desk.offer(desk.beta, gpus=20))
    at_s = desk.lot.closes_at_s

    assert desk.does(Proceed(1), at_s) == ["NOTICE_GIVEN"]
    assert (desk.journal[-1].event.gpus, desk.journal[-1].event.of_gpus) == (20, 64)
    with pytest.raises(Refused, match="20 noticed"):
        desk.does(Answer(1, 64), at_s)


def matched(**terms: Any) -> Desk:
    """A desk on which alpha has said that it matches gamma's offer at $1.50."""
    desk = Desk(FIRST % ", form: matching")
    desk.does(Submit(1, need(**terms)), DAY)
    tendered(desk, DAY, desk.offer(desk.gamma, price_micros_per_gpu_h=1_500_000))
    desk.does(Proceed(1), desk.lot.closes_at_s)
    desk.does(Answer(1, 64), desk.lot.closes_at_s)
    return desk


WORSE = [
    ({"price_micros_per_gpu_h": 1_500_001}, "price"),
    ({"prepaid_ppm": 1}, "prepayment"),
    ({"accelerator": 0}, "accelerator"),
    ({"start_s": START + 1, "end_s": END + 1}, "start"),
    ({"price_micros_per_gpu_h": 99_000_000}, "price limit"),
    ({"start_s": START + 300 * DAY_S, "end_s": END + 300 * DAY_S}, "too late"),
    ({"end_s": END - 1}, "no supply"),
]


@pytest.mark.parametrize(("terms", "why"), WORSE)
def test_who_matches_is_in_nothing_worse_for_the_buyer(terms: dict[str, int], why: str) -> None:
    desk = matched()
    offer = desk.offer(desk.alpha, **{"price_micros_per_gpu_h": 1_500_000, **terms})

    with pytest.raises(Refused, match=f"other terms: .*{why}"):
        desk.does(Sign(1, offer), desk.lot.closes_at_s)


def test_who_matches_to_the_letter_is_ordered() -> None:
    desk = matched()
    offer = desk.offer(desk.alpha, price_micros_per_gpu_h=1_500_000)

    assert desk.does(Sign(1, offer), desk.lot.closes_at_s) == ["ORDERED"]


def test_what_a_token_order_leaves_is_free_for_others() -> None:
    desk = noticed()
    desk.does(Answer(1, 64), DAY + DAY_S)
    desk.does(Sign(1, desk.offer(desk.alpha, gpus=1)), DAY + DAY_S)
    tendered(desk, DAY + DAY_S, desk.offer(desk.beta))

    assert desk.does(Proceed(1), CLOSE) == ["AWARDED", "ORDERED"]
    assert desk.journal[-1].event.gpus == 63


def test_nobody_signs_from_the_instant_at_which_the_acceptance_falls() -> None:
    desk = noticed(FIRST % ", negotiation: 60d")
    desk.does(Answer(1, 64), DAY)

    with pytest.raises(Refused, match="FR10"):
        desk.does(Sign(1, desk.offer(desk.alpha)), DAY + 60 * DAY_S)
    assert desk.does(Sign(1, desk.offer(desk.alpha)), DAY + 60 * DAY_S - 1) == ["ORDERED"]


def test_a_negotiation_in_business_days_is_counted_on_the_calendar() -> None:
    desk = noticed(FIRST % ", negotiation: 10 business days")
    desk.does(Answer(1, 64), DAY + 3 * DAY_S)  # Tuesday, 4 March 2025.

    assert desk.does(Proceed(1), DAY + 17 * DAY_S - 1) == []
    assert desk.does(Proceed(1), DAY + 17 * DAY_S) == ["LAPSED"]


def test_quantities_are_those_that_exist() -> None:
    desk = noticed()
    with pytest.raises(Refused, match="between 0"):
        desk.does(Answer(1, -5), DAY)
    with pytest.raises(Refused, match="between 0"):
        desk.does(Answer(1, 65), DAY)
    desk.does(Answer(1, 64), DAY)
    for gpus in (-10, 0):
        with pytest.raises(Refused, match="needs GPUs"):
            desk.does(Sign(1, desk.offer(desk.alpha, gpus=gpus)), DAY)
    with pytest.raises(Refused, match="price"):
        desk.does(Sign(1, desk.offer(desk.alpha, price_micros_per_gpu_h=-1)), DAY)
    desk.does(Sign(1, desk.offer(desk.alpha)), DAY)
    for order, tranche in ((0, 7), (0, -1), (3, 0)):
        for command in (Deliver(order, tranche), Overdue(order, tranche)):
            with pytest.raises(Refused, match="no tranche"):
                desk.does(command, START)


def test_an_offer_without_a_price_is_none() -> None:
    desk = Desk("      d: {kind: delivery, supplier: beta}\n")
    desk.does(Submit(1, need()), DAY)
    desk.does(Proceed(1), DAY)

    with pytest.raises(Refused, match="a price"):
        desk.does(Bid(1, desk.offer(desk.beta, price_micros_per_gpu_h=-1)), DAY)


def test_a_notice_is_complete() -> None:
    event = noticed().journal[-1].event

    assert (event.price_micros_per_gpu_h, event.prepaid_ppm) == (3_000_000, 0)
    assert (event.gpus, event.start_s, event.end_s) == (64, START, END)


def test_without_a_price_there_is_nothing_to_offer_to_a_holder() -> None:
    desk = Desk(FIRST % "")
    desk.does(Submit(1, need(price_limit_micros_per_gpu_h=-1)), DAY)

    assert desk.does(Proceed(1), DAY) == ["UNSERVED"]
    assert desk.journal[-1].why == "no price to offer: A/first"


def test_a_prepayment_that_the_holder_was_not_offered_is_shown_to_it() -> None:
    desk = noticed()
    desk.does(Answer(1, 0), DAY)
    tendered(desk, DAY, desk.offer(desk.beta, prepaid_ppm=1_000_000))
    at_s = desk.lot.closes_at_s

    assert desk.does(Proceed(1), at_s) == ["NOTICE_GIVEN"]
    assert desk.journal[-1].event.prepaid_ppm == 1_000_000
    assert desk.journal[-1].decisions[0].verdict is Verdict.HOLD


def test_five_ranked_holders_are_all_asked() -> None:
    rights = "".join(
        f"      f{n}: {{kind: first_refusal, holder: {NAMES[n % 2]}, window: 5d, rank: {n}}}\n"
        for n in range(1, 6)
    )
    desk = Desk(rights)
    desk.does(Submit(1, need()), DAY)
    ranks = []
    for _ in range(5):
        assert desk.does(Proceed(1), DAY) == ["NOTICE_GIVEN"]
        ranks.append(desk.journal[-1].event.rank)
        desk.does(Answer(1, 0), DAY)

    assert ranks == [1, 2, 3, 4, 5]
    assert desk.does(Proceed(1), DAY) == ["TENDER_OPENED"]


def test_one_holder_is_asked_again_only_so_often() -> None:
    desk = noticed(FIRST % ", free_window: 1d")
    at_s = DAY
    for _ in range(LIMIT_ROUNDS - 1):
        desk.does(Answer(1, 0), at_s)
        at_s += 2 * DAY_S
        assert desk.does(Proceed(1), at_s) == ["NOTICE_GIVEN"]
    desk.does(Answer(1, 0), at_s)

    tendered(desk, at_s + 2 * DAY_S, desk.offer(desk.gamma))
    assert desk.does(Proceed(1), desk.lot.closes_at_s) == ["UNSERVED"]
    assert desk.journal[-1].why == "denied: A/first"


def test_an_acceptance_of_less_than_the_smallest_useful_lot_leaves_a_rest_that_is_useful() -> None:
    desk = noticed(FIRST % ", partial: yes, minimum_lot: 8", smallest_lot_gpus=50)
    desk.does(Answer(1, 24), DAY)
    desk.does(Sign(1, desk.offer(desk.alpha, gpus=24)), DAY)
    tendered(desk, DAY, desk.offer(desk.beta, gpus=40))

    assert desk.does(Proceed(1), desk.lot.closes_at_s) == ["AWARDED", "ORDERED"]
    assert desk.lot.status == Status.ORDERED


WAIVED = """      only: {kind: exclusivity, holder: alpha}
      w: {kind: waiver, of: A/only, grantee: beta, purposes: [training], limit: 40}
"""


def test_what_of_an_offer_the_contracts_permit_is_ordered() -> None:
    desk = Desk(WAIVED)
    desk.does(Submit(1, need()), DAY)
    tendered(desk, DAY, desk.offer(desk.beta))

    assert desk.does(Proceed(1), desk.lot.closes_at_s) == ["AWARDED", "ORDERED"]
    assert desk.journal[-1].event.gpus == 40
    assert desk.does(Proceed(1), desk.lot.closes_at_s) == ["UNSERVED"]
    assert desk.journal[-1].why == "denied: A/only"
