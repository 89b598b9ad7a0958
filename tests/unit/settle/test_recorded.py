"""Use from a journal, worked by hand: orders are paid from delivery, the rest as metered."""

from offtake.core.names import BUYER
from offtake.core.vocabulary import Event, EventKind
from offtake.settle import recorded
from offtake.settle.used import Kind, Used
from offtake.units.time import DAY_S

DAY = DAY_S
ORDER = Event(
    EventKind.ORDERED,
    0,
    lot=1,
    party=1,
    accelerator=0,
    purpose=2,
    gpus=10,
    start_s=10 * DAY,
    end_s=40 * DAY,
    price_micros_per_gpu_h=2_000_000,
    order=0,
    tranches=2,
    spacing_s=10 * DAY,
)


def used_in(events: list[Event], until_s: int) -> Used:
    """The use of events that stand in entries 1, 2 and so on."""
    return recorded.used_in(enumerate(events, 1), until_s, "journal")


def delivered(tranche: int, day: int) -> Event:
    return Event(EventKind.DELIVERED, day * DAY, order=0, tranche=tranche)


def metered(gpus: int, starts: int, ends: int, *, party: int = 1, own: int = 0) -> Event:
    period = {"start_s": starts * DAY, "end_s": ends * DAY}
    return Event(
        EventKind.USAGE_RECORDED,
        ends * DAY,
        party=party,
        accelerator=0,
        purpose=1,
        gpus=gpus,
        own=own,
        **period,
    )


def rows(used: Used) -> list[tuple[Kind, int, int, int]]:
    """Kind, GPU-days, from and until in days."""
    return [
        (Kind(int(kind)), int(gpu_s) // DAY, int(start) // DAY, int(end) // DAY)
        for kind, gpu_s, start, end in zip(
            used.kind, used.gpu_s, used.start_s, used.end_s, strict=True
        )
    ]


def test_an_order_is_paid_from_its_delivery_and_missing_until_then() -> None:
    """Five GPUs due on day 10 and come on day 12; five due on day 20 and come on time."""
    used = used_in([ORDER, delivered(0, 12), delivered(1, 20)], 30 * DAY)

    assert rows(used) == [
        (Kind.ORDERED, 5 * 18, 12, 30),
        (Kind.ORDERED, 5 * 10, 20, 30),
        (Kind.UNDELIVERED, 5 * 2, 10, 12),
    ]
    assert used.rate.tolist()[:2] == [2_000_000, 2_000_000]
    assert used.pools == ("order-0",)
    assert [used.place(row) for row in range(3)] == ["journal:2", "journal:3", "journal:2"]


def test_what_has_not_come_yet_is_missing_to_the_instant() -> None:
    used = used_in([ORDER, delivered(0, 10)], 25 * DAY)

    assert rows(used) == [(Kind.ORDERED, 5 * 15, 10, 25), (Kind.UNDELIVERED, 5 * 5, 20, 25)]


def test_a_tranche_that_ended_is_paid_until_then_and_missing_after_it_was_due() -> None:
    ended = Event(EventKind.TRANCHE_ENDED, 22 * DAY, order=0, tranche=0)
    used = used_in([ORDER, delivered(0, 10), ended, delivered(1, 20)], 30 * DAY)

    assert rows(used)[0] == (Kind.ORDERED, 5 * 12, 10, 22)


def test_metered_use_is_charged_only_beyond_what_orders_hold() -> None:
    """Five GPUs are held from day 10 on; seven ran from day 8 to 12: two days of 7, two of 2."""
    used = used_in([ORDER, delivered(0, 10), metered(7, 8, 12)], 15 * DAY)

    assert [row for row in rows(used) if row[0] is Kind.USED] == [
        (Kind.USED, 7 * 2, 8, 10),
        (Kind.USED, 2 * 2, 10, 12),
    ]


def test_two_records_share_what_an_order_holds() -> None:
    used = used_in([ORDER, delivered(0, 10), metered(4, 10, 12), metered(3, 10, 12)], 15 * DAY)

    assert [row for row in rows(used) if row[0] is Kind.USED] == [(Kind.USED, 2 * 2, 10, 12)]


def test_use_on_other_suppliers_and_own_builds_keeps_to_itself() -> None:
    used = used_in(
        [ORDER, delivered(0, 10), metered(4, 10, 12, party=2), metered(4, 10, 12, own=1)], 15 * DAY
    )

    metered_rows = used.take(used.kind == Kind.USED)
    assert metered_rows.supplier.tolist() == [2, BUYER]


def test_what_happens_after_the_instant_does_not_count() -> None:
    used = used_in([ORDER, delivered(0, 12), metered(4, 13, 15)], 12 * DAY)

    assert rows(used) == [(Kind.UNDELIVERED, 5 * 2, 10, 12)]
