"""A wait asks less and less often, ends in time, and at once where it is in vain."""

import argparse

import pytest

from offtake.cli.client import Failed
from offtake.cli.output import Invalid
from offtake.cli.waiting import LONGEST_PAUSE_S, Wait, waited


class Clock:
    """Passes only while somebody sleeps."""

    def __init__(self, *stands: str) -> None:
        self.now_s, self.stands, self.looks = 0.0, list(stands), list[float]()

    def look(self) -> dict[str, str]:
        self.looks.append(self.now_s)
        return {"is": self.stands.pop(0) if len(self.stands) > 1 else self.stands[0]}

    def sleep(self, length_s: float) -> None:
        self.now_s += length_s

    def wait(self, timeout: str) -> object:
        wait = Wait("r", self.look, lambda row: row["is"], frozenset({"done"}), frozenset({"dead"}))
        given = argparse.Namespace(timeout=timeout)
        return waited(wait, given, sleep=self.sleep, now=lambda: self.now_s)


def test_it_is_looked_at_less_and_less_often() -> None:
    clock = Clock(*["open"] * 20, "done")

    assert clock.wait("10m") == {"is": "done"}
    pauses = [late - early for early, late in zip(clock.looks, clock.looks[1:], strict=False)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 1
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE_S)


@pytest.mark.parametrize(
    ("timeout", "length_s"), [("90s", 90), ("2m", 120), ("2 minutes", 120), ("1h", 3600)]
)
def test_it_ends_at_the_timeout_after_a_last_look(timeout: str, length_s: int) -> None:
    clock = Clock("open")
    with pytest.raises(Failed, match="is open still") as caught:
        clock.wait(timeout)

    assert caught.value.code == 1
    assert caught.value.rows[0]["code"] == "timeout"
    assert clock.looks[-1] == length_s


def test_where_it_cannot_come_any_more_nobody_waits() -> None:
    clock = Clock("dead")
    with pytest.raises(Failed) as caught:
        clock.wait("1h")

    assert (caught.value.code, caught.value.rows[0]["code"]) == (1, "in-vain")
    assert clock.looks == [0.0]


def test_no_time_at_all_is_one_look() -> None:
    clock = Clock("done")
    assert clock.wait("0s") == {"is": "done"}


def test_a_length_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid, match="not a duration"):
        Clock("open").wait("soon")
