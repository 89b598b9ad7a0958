"""The benchmark runs in its small size, and all four ways give the same answers."""

from benchmarks import decide


def test_all_four_ways_give_the_same_answers_and_are_timed(capsys) -> None:
    assert decide.main(["--small"]) == 0
    shown = capsys.readouterr().out

    for name in ("compiled", "plain", "Cedar", "Casbin"):
        assert name in shown
    assert "answers d06d8bfa9ef9d38e" in shown
