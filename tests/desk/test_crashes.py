"""A desk dies at every named point of every command: it happens once, or not at all."""

from collections.abc import Callable
from typing import NamedTuple, get_args

import msgspec
import pytest
from sqlalchemy import Engine

from desk.stories import ALPHA, BETA, BUYER, PORTFOLIO, Story, submit
from desk.test_journal import rows_of
from offtake.desk import command as say
from offtake.desk.entry import read
from offtake.desk.replay import differences
from offtake.desk.state import By
from offtake.desk.verify import verified
from offtake.desk.writer import POINTS, Receipt

DUE = "2025-04-01"
"""A month after the beginning: the window of another requirement has run out the day before."""


class Died(BaseException):
    """The desk is no more; nobody who catches mistakes catches it."""


class Dies:
    """Lets the desk that has it die at a point, once it is armed; knows whether it was there."""

    def __init__(self) -> None:
        self.point = ""
        self.reached = False

    def __call__(self, at: str) -> None:
        if at == self.point:
            self.reached = True
            raise Died


class Case(NamedTuple):
    """A command, who gives it, and what goes before it."""

    command: say.AnyCommand
    by: By = BUYER
    before: tuple[Callable[[Story], object], ...] = ()
    day: str = DUE


def does(command: say.AnyCommand, by: By = BUYER) -> Callable[[Story], object]:
    return lambda story: story.does(command, by)


def at(day: str) -> Callable[[Story], object]:
    return lambda story: story.clock.set(day)


RAISED = (at("2025-03-25"), does(submit()))
NOTICED = (*RAISED, does(say.Notice(requirement="r")))
ANSWER = say.Answer(requirement="r", gpus=24, signed="A. Alpha")
ACCEPTED = (*NOTICED, does(ANSWER, ALPHA))
SIGNED = say.SignAccepted(requirement="r", gpus=24, price="$2.90", supplier="alpha")
ORDERED = (*ACCEPTED, does(SIGNED))
TENDER = say.Tender(requirement="r", open_for="3d")
BID = say.Bid(requirement="r", gpus=40, price="$2.50")
TENDERED = (*ORDERED, does(TENDER))
CLOSED = (*TENDERED, does(BID, BETA), at("2025-03-28"))
AWARD = say.Award(requirement="r", takes={"beta": 40})
AWARDED = (*CLOSED, does(AWARD))
SOLD = (*AWARDED, does(say.Sign(requirement="r", supplier="beta")))
LONGER = (*TENDERED[:-1], does(say.Tender(requirement="r", open_for="60d")))
NOBODY = (at("2025-03-25"), does(submit(gpus=4, smallest_lot=4)), does(say.Notice(requirement="r")))
NOBODY += (does(say.Answer(requirement="r", gpus=0, signed="A."), ALPHA),)
NOBODY += (does(say.Tender(requirement="r", open_for="1d")), at("2025-03-27"))
OTHER = PORTFOLIO.replace("window: 30d", "window: 40d")
BOTH = OTHER.replace("grace: 30d", "grace: 20d")
DELIVERED = PORTFOLIO + "      late: {kind: delivery, supplier: alpha, grace: 1d}\n"
LATE = (*ORDERED, at("2025-09-20"), does(say.Adopt(portfolio=DELIVERED)))
LATE += (does(submit(requirement="t")), does(say.Notice(requirement="t")))
PROPOSE = say.Propose(portfolio=BOTH, note="longer")
FIRST = does(say.Adopt(portfolio=OTHER, proposal=1))
ADOPT = say.Adopt(portfolio=BOTH, note="longer", proposal=2)
"""It is older than what was adopted since, all of which it says."""
changed = msgspec.convert({**msgspec.to_builtins(submit(gpus=32)), "do": "change"}, say.Change)
USE = {"purpose": "training", "start": "2025-03-02", "end": "2025-03-03"}
POOLED = PORTFOLIO + "pools: {west: {supplier: beta, accelerator: H100, capacity: 100}}\n"
WINDOW = {"start": "2025-04-01", "end": "2025-04-12"}
PERMIT = say.IssuePermit(pool="west", purpose="training", gpus=60, **WINDOW)
POOL = (at("2025-03-25"), does(say.Adopt(portfolio=POOLED)))
PERMITTED = (*POOL, does(PERMIT))
DRAW = say.DrawPermit(permit="p-1", engine="slurm", key="job-1", gpus=40)
DRAWN = (*PERMITTED, does(DRAW))

CASES = {
    "submit": Case(submit()),
    "change": Case(changed, before=NOTICED),
    "withdraw": Case(say.Withdraw(requirement="r", why="no more"), before=NOTICED),
    "notice": Case(say.Notice(requirement="r"), before=RAISED),
    "answer": Case(ANSWER, ALPHA, NOTICED),
    "tender": Case(TENDER, before=ORDERED),
    "bid": Case(BID, BETA, LONGER),
    "award": Case(AWARD, before=CLOSED),
    "unaward": Case(say.Unaward(requirement="r", why="too dear"), before=AWARDED),
    "sign": Case(say.Sign(requirement="r", supplier="beta"), before=AWARDED),
    "sign_accepted": Case(SIGNED, before=ACCEPTED),
    "give_up": Case(say.GiveUp(requirement="r"), before=NOBODY),
    "deliver": Case(say.Deliver(order=1), before=SOLD),
    "late": Case(say.Late(order=0), before=LATE, day="2025-10-21"),
    "cancel": Case(say.Cancel(order=0, why="agreed"), before=ORDERED),
    "default": Case(say.Default(party="alpha")),
    "use": Case(say.Use(supplier="beta", gpus=8, pool="west", **USE), before=POOL),
    "propose": Case(PROPOSE),
    "issue_permit": Case(PERMIT, before=POOL),
    "draw_permit": Case(DRAW, before=PERMITTED),
    "return_draw": Case(say.ReturnDraw(permit="p-1", engine="slurm", key="job-1"), before=DRAWN),
    "revoke_permit": Case(say.RevokePermit(permit="p-1", why="moved"), before=DRAWN),
    "waive": Case(
        say.Waive(clause="A/first", grantee="beta", signed="A. Alpha"), ALPHA, before=ORDERED
    ),
    "adopt": Case(
        ADOPT, before=(*ORDERED, does(say.Propose(portfolio=OTHER)), does(PROPOSE), FIRST)
    ),
}


def test_every_command_has_a_case() -> None:
    kinds = {kind.__struct_config__.tag for kind in get_args(say.AnyCommand)}
    assert kinds - {"due"} == set(CASES)  # ``due`` is the desk's own, and on the way of each case.


@pytest.mark.parametrize("name", CASES)
def test_a_crash_at_any_point_of_a_command_leaves_all_of_it_or_nothing(
    engine: Engine, name: str
) -> None:
    case = CASES[name]
    prepared(engine, case)
    before = rows_of(engine)
    for point in POINTS:
        if point == "adopting" and name not in ("adopt", "waive"):
            continue
        dies = Dies()
        with pytest.raises(Died):
            late(engine, case, dies, point).ask(case.command, case.by, key="once")
        assert dies.reached
        if point != "committed":
            assert rows_of(engine) == before
    after = late(engine, case, Dies(), "")
    receipt = after.ask(case.command, case.by, key="once")  # A retry: it was carried out.
    rows = rows_of(engine)
    assert isinstance(receipt, Receipt)
    assert receipt.entry == after.writer.state.seq == len(rows)
    kinds = [row.kind for row in rows[len(before) :]]
    kept_as = {"waive": "adopt"}.get(name, name)  # A waiver is the amendment that it makes.
    assert (set(kinds[:-1]), kinds[-1]) == ({"due"}, kept_as)
    assert len({(row.kind, row.requirement) for row in rows[len(before) :]}) == len(kinds)
    assert verified(rows).is_whole
    assert list(differences(lambda: (read(row.body) for row in rows))) == []
    assert late(engine, case, Dies(), "").writer.state == after.writer.state


def prepared(engine: Engine, case: Case) -> None:
    """What goes before a case, and a notice whose window runs out just before it."""
    story = Story(engine)
    story.does(submit(requirement="s"))
    story.does(say.Notice(requirement="s"))
    for step in case.before:
        step(story)


def late(engine: Engine, case: Case, dies: Dies, point: str) -> Story:
    """A desk that starts anew on the day of a case, and dies at a point."""
    dies.point = point
    story = Story(engine, at=dies)
    story.clock.set(case.day)
    return story
