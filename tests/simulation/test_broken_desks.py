"""The simulation can fail: a desk that is broken on purpose is found out within a few seeds."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple

import pytest

from offtake.clauses import waiver
from offtake.core.decide import decide
from offtake.core.vocabulary import Ask, Decision, Verdict
from offtake.desk import act, deadline, desk, machine, snapshot, waiving, writer
from offtake.desk.command import Due
from offtake.desk.deadline import Timers
from offtake.desk.state import State
from offtake.desk.store import journal
from offtake.desk.writer import Answered, Asked, Unavailable, Writer
from offtake.sourcing import course, permitting, process, signing
from offtake.sourcing.award import Worth
from offtake.sourcing.requirement import Rules, Status
from simulation.__main__ import main
from simulation.play import Failed, played

SEEDS = range(80)
Patch = pytest.MonkeyPatch
Function = Callable[..., Any]


class AnswersFirst(Writer):
    """Answers what it has decided, though the database did not take it."""

    def write(self, asked: Sequence[Asked]) -> list[Answered]:
        answers = super().write(asked)
        if not any(isinstance(answer, Unavailable) for answer in answers):
            return answers
        batch = writer._Batch(self, self._clock.now_s())
        with self._engine.connect() as tx:
            batch.run(tx, asked)  # Nothing of it is committed.
        self._timers = Timers(self.state, self.state.at_s)
        return batch.answers


class RemembersWrong(Writer):
    """Knows something that the journal does not say."""

    def write(self, asked: Sequence[Asked]) -> list[Answered]:
        answers = super().write(asked)
        self.state = self.state._replace(told=self.state.told + len(asked))
        return answers


class ForgetsTime(Writer):
    """A start forgets what was running."""

    def open(self) -> None:
        super().open()
        self._timers = Timers(State())


def before(patch: Patch, where: Any, name: str, changed: Function) -> None:
    """Change what a function is given or gives: ``changed`` gets the function, then its terms."""
    real = getattr(where, name)
    patch.setattr(where, name, lambda *terms, **more: changed(real, *terms, **more))


def fires_twice(patch: Patch) -> None:
    def again(record: Function, batch: Any, given: Any, done: Any) -> Any:
        receipt = record(batch, given, done)
        return record(batch, given, done) if isinstance(given.command, Due) else receipt

    before(patch, writer._Batch, "_record", again)


def fires_late(patch: Patch) -> None:
    def later(command_of: Function, state: State, due: Any) -> Any:
        return command_of(state, due._replace(at_s=due.at_s + 1))

    before(patch, writer, "command_of", later)


def lets_acceptances_stand(patch: Patch) -> None:
    before(
        patch,
        deadline,
        "_holds",
        lambda holds, state, due: due.kind != "order" and holds(state, due),
    )


def takes_late_answers(patch: Patch) -> None:
    patch.setattr(process, "_over", lambda *_: "")


def consumes_nothing(patch: Patch) -> None:
    def kept(ordered: Function, lot: Any, event: Any) -> Any:
        return ordered(lot, event)._replace(open_gpus=lot.open_gpus, status=Status.SUBMITTED)

    before(patch, course, "_lot_ordered", kept)


def forgets_keys(patch: Patch) -> None:
    before(patch, journal, "append", lambda append, tx, rows, _: append(tx, rows, []))


def loses_an_entry(patch: Patch) -> None:
    def fewer(append: Function, tx: Any, rows: Sequence[Any], answers: Any) -> None:
        append(tx, rows[1:] if len(rows) > 1 else rows, answers)

    before(patch, journal, "append", fewer)


def signs_what_is_held(patch: Patch) -> None:
    def permitted(decide: Function, *terms: Any) -> Any:
        return decide(*terms)._replace(verdict=Verdict.PERMIT)

    before(patch, signing, "decide_ask", permitted)


def chains_nothing(patch: Patch) -> None:
    patch.setattr(writer, "chained", lambda _, body: sha256(body).digest())


def lets_everybody(patch: Patch) -> None:
    patch.setattr(desk, "may", lambda *_: True)


def weighs_otherwise(patch: Patch) -> None:
    patch.setattr(act, "worth", lambda *_: Worth(floor_left_micros={3: 10**15}))


def hides_findings(patch: Patch) -> None:
    def shorter(entry: Function, *terms: Any) -> Any:
        line = entry(*terms)
        return {key: value for key, value in line.items() if key != "decisions"}

    before(patch, machine, "entry", shorter)


def sees_no_other_desk(patch: Patch) -> None:
    def only_the_head(_: Function, batch: Any, tx: Any, head: Any) -> None:
        batch.head = head

    before(patch, writer._Batch, "_catch_up", only_the_head)


def keeps_less(patch: Patch) -> None:
    def shorter(written: Function, state: State) -> Any:
        return written(state._replace(told=0))

    before(patch, snapshot, "written", shorter)


class Broken(NamedTuple):
    """How a desk is broken, and by what words it is found out."""

    how: Function | type[Writer]
    found: str


BROKEN = [
    Broken(AnswersFirst, "which is .*, not|is kept|answered"),
    Broken(RemembersWrong, "knows something else than the journal"),
    Broken(ForgetsTime, "was due before|is due, and nothing was done"),
    Broken(fires_twice, "nothing was due|was not due|before or after its time"),
    Broken(fires_late, "before or after its time|was due before|recorded"),
    Broken(lets_acceptances_stand, "was due before|before or after its time"),
    Broken(takes_late_answers, "was due before|is due, and nothing was done"),
    Broken(consumes_nothing, "'event': 'notice_given'|'event': 'tender_opened'|was ordered"),
    Broken(forgets_keys, "was answered|said once"),
    Broken(loses_an_entry, "chain breaks|head is not|which is|Mistake"),
    Broken(signs_what_is_held, "was ordered against"),
    Broken(chains_nothing, "the chain breaks"),
    Broken(lets_everybody, "may not"),
    Broken(weighs_otherwise, "a run awards|needs a reason"),
    Broken(hides_findings, "a run says|could not|AssertionError"),
    Broken(keeps_less, "knows something else|holds another state"),
    Broken(sees_no_other_desk, "raised twice|Mistake|knows something else"),
]


def permits_beyond_the_pool(patch: Patch) -> None:
    patch.setattr(permitting, "left_on", lambda *_: 10**9)


def permits_what_is_denied(patch: Patch) -> None:
    def asked(rules: Rules, state: permitting.State, ask: Ask, at_s: int) -> Decision:
        return decide(rules.clauses, state.sourcing.facts, ask, at_s)

    patch.setattr(permitting, "_permitted", asked)


BROKEN += [
    Broken(permits_beyond_the_pool, "leaves the pool"),
    Broken(permits_what_is_denied, "was issued against"),
]


def waives_more_than_was_said(patch: Patch) -> None:
    before(patch, waiving, "_text", lambda text, *terms: replace(text(*terms), limit=None))


def waives_for_everybody(patch: Patch) -> None:
    def wherever(rule: Function, terms: Any, *more: Any) -> Any:
        return rule(terms._replace(purposes=-1), *more)

    before(patch, waiver, "covers", wherever)


def lets_anybody_waive(patch: Patch) -> None:
    def for_nobody(find: Function, state: State, command: Any, given: Any) -> Any:
        return find(state, command, given._replace(by=given.by._replace(party="")))

    before(patch, waiving, "_clause", for_nobody)


def waives_silently_no_more(patch: Patch) -> None:
    patch.setattr(writer, "still_fits", lambda *_: None)


BROKEN += [
    Broken(waives_more_than_was_said, "nobody gave the waiver"),
    Broken(waives_for_everybody, "the waivers mean|was ordered against"),
    Broken(lets_anybody_waive, "gave a waiver for"),
    Broken(waives_silently_no_more, "went with it"),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.how.__name__)
def test_a_broken_desk_is_found_out(broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    makes: type[Writer] = Writer
    if isinstance(broken.how, type):
        makes = broken.how
    else:
        broken.how(monkeypatch)
    texts = (failure(seed, makes) for seed in SEEDS)
    found = next((text for text in texts if re.search(broken.found, text)), "")
    assert found, "no seed finds it out"
    assert failure(int(found.split()[3]), makes) == found


def failure(seed: int, makes: type[Writer]) -> str:
    """What a seed finds; empty if nothing."""
    try:
        played(seed, makes=makes)
    except Failed as found:
        return str(found)
    return ""


def test_the_line_of_a_failure_repeats_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the command line that people are told to use."""
    chains_nothing(monkeypatch)
    line, _, says = failure(7, Writer).partition(": ")
    assert line.startswith("python tests/simulation --seed 7 --steps ")
    assert main(line.split()[2:]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"{line}: {says}"
    assert printed[-1] == "1 seeds, 1 failed"
