"""The benchmark runs in its small size, and the past changes no answer."""

from benchmarks import sourcing


def test_commands_are_timed_with_a_short_and_a_long_past_and_answered_alike(capsys) -> None:
    assert sourcing.main(["--small"]) == 0
    shown = capsys.readouterr().out

    assert "commands a second" in shown
    assert "answers 7da3fdbc4ae8309c" in shown


def test_the_past_is_what_the_commands_themselves_would_have_made() -> None:
    made = sourcing.house()
    desk = sourcing.behind(made, sourcing.past_of(made), 3)

    assert desk.state == sourcing.sourced(made, sourcing.Desk(), 3)[0].state
