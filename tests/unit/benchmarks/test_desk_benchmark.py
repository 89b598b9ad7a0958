"""The benchmark runs in its small size, and every journal holds what was acknowledged."""

import pytest
from benchmarks import desk


def test_desk_and_greetings_are_asked_and_journals_are_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert desk.main(["--small"]) == 0

    shown = capsys.readouterr().out
    assert "desk on SQLite, 32 connections" in shown
    assert "commands for each greeting of FastAPI" in shown
    assert "from a snapshot" in shown
