"""The benchmark runs in its small size, and every exact way comes to the same sum."""

import pytest
from benchmarks import bills


def test_bills_are_read_every_way_and_timed(capsys: pytest.CaptureFixture[str]) -> None:
    assert bills.main(["--small"]) == 0

    shown = capsys.readouterr().out
    assert "columns, Parquet: 3,000 rows, " in shown
    assert "ours by nothing" in shown
