"""The benchmark runs in its small size, and every way comes to the same micro-unit."""

import pytest
from benchmarks import settlement


def test_three_ways_agree_and_are_timed(capsys: pytest.CaptureFixture[str]) -> None:
    assert settlement.main(["--small"]) == 0

    shown = capsys.readouterr().out
    assert "3,000 rows, " in shown
    assert "of the time of pandas" in shown
