"""Permits to run are commands of the journal: issued, drawn on, given back, revoked."""

import pytest
from sqlalchemy import Engine

from desk.stories import Story
from offtake.desk import command as say
from offtake.desk.entry import read
from offtake.desk.reading import Invalid
from offtake.desk.replay import differences
from offtake.desk.state import By
from offtake.desk.store import journal
from offtake.desk.store.engine import reader
from offtake.desk.writer import Receipt
from offtake.sourcing.command import Refused
from offtake.sourcing.permit import Permit
from offtake.sourcing.permitting import NotPermitted
from offtake.units.time import parse_instant

PORTFOLIO = """
currency: USD
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {power: 1.3 kW}}
pools:
  west: {supplier: alpha, accelerator: H100, capacity: 100}
  east:
    supplier: beta
    accelerator: H100
    capacity: [{from: 2025-01-01, size: 8}, {from: 2025-05-01, size: 4}]
agreements:
  A:
    from: 2025-01-01
    until: 2030-01-01
    clauses:
      api-only: {kind: exclusivity, holder: alpha, purposes: [api]}
      later: {kind: exclusivity, holder: alpha, purposes: [research], from: 2025-06-01}
"""
SLURM = By("e1", "Slurm", "")


@pytest.fixture
def story(engine: Engine) -> Story:
    return Story(engine, portfolio=PORTFOLIO)


def issue(**words: object) -> say.IssuePermit:
    given = {"pool": "west", "purpose": "training", "gpus": 60}
    window = {"start": "2025-03-02", "end": "2025-03-12"}
    return say.IssuePermit(**{**given, **window, **words})


def draw(key: str = "job-1", **words: object) -> say.DrawPermit:
    return say.DrawPermit(**{"permit": "p-1", "engine": "slurm", "key": key, "gpus": 40, **words})


def permit(story: Story, number: int = 1) -> Permit:
    return story.writer.state.permits.rows[number]


def code_of(story: Story, command: say.AnyCommand) -> str:
    answer = story.ask(command, SLURM)
    assert isinstance(answer, NotPermitted), answer
    return answer.code


def test_a_permit_is_issued_drawn_on_given_back_and_revoked_and_a_new_desk_knows_it(
    engine: Engine, story: Story
) -> None:
    assert story.does(issue()) == ("permit_issued",)
    story.clock.set("2025-03-03")
    assert story.does(draw(), SLURM) == ("permit_drawn",)
    assert permit(story).drawn_gpu_s == 40 * 9 * 86_400
    story.clock.set("2025-03-05")
    assert story.does(
        say.ReturnDraw(permit="p-1", engine="slurm", key="job-1", gpus=10), SLURM
    ) == ("permit_returned",)
    assert permit(story).drawn_gpu_s == (40 * 2 + 30 * 7) * 86_400
    story.clock.set("2025-03-06")
    story.does(say.ReturnDraw(permit="p-1", engine="slurm", key="job-1"), SLURM)
    assert permit(story).drawn_gpu_s == (40 * 2 + 30) * 86_400
    assert story.does(say.RevokePermit(permit="p-1", why="moved")) == ("permit_revoked",)
    assert code_of(story, draw("job-2", gpus=1)) == "permit-revoked"
    assert permit(story).version == 5

    assert Story(engine).writer.state == story.writer.state
    assert not list(differences(lambda: _entries(engine)))


def _entries(engine: Engine) -> list:
    with reader(engine).connect() as tx:
        return [read(row.body) for row in journal.since(tx, 0)]


def test_no_more_is_permitted_than_the_pool_has_in_any_instant_of_the_window(story: Story) -> None:
    story.does(issue())
    assert code_of(story, issue(gpus=41, start="2025-03-11", end="2025-03-20")) == "more-than-pool"
    story.does(issue(gpus=41, start="2025-03-12", end="2025-03-20"))  # Half-open: no instant meets.
    story.does(issue(gpus=40))
    assert code_of(story, issue(gpus=1)) == "more-than-pool"
    story.does(issue(pool="east", gpus=8, start="2025-04-01", end="2025-05-01"))
    across = issue(pool="east", gpus=5, start="2025-04-30", end="2025-05-02")
    assert code_of(story, across) == "more-than-pool"


def test_what_is_revoked_or_has_expired_goes_back_to_the_pool_but_for_what_was_drawn(
    story: Story,
) -> None:
    story.does(issue(gpus=100, expires="2025-03-04"))
    story.clock.set("2025-03-03")
    story.does(draw(), SLURM)
    assert code_of(story, issue(gpus=1)) == "more-than-pool"
    story.clock.set("2025-03-04")
    assert code_of(story, draw("job-2")) == "permit-expired"
    assert code_of(story, issue(gpus=61)) == "more-than-pool"
    story.does(issue(gpus=60))
    story.does(say.RevokePermit(permit="p-2", why="not needed"))
    story.does(issue(gpus=60))


def test_a_permit_is_issued_only_where_the_contracts_permit_the_run(story: Story) -> None:
    no = story.ask(issue(pool="east", purpose="api", gpus=4))
    assert isinstance(no, NotPermitted)
    assert no.code == "not-permitted"
    assert str(no) == "A/api-only denies it on 2025-03-01 (EX3, ExclusiveToHolder)"
    then = story.ask(
        issue(pool="east", purpose="research", gpus=4, start="2025-07-01", end="2025-08-01")
    )
    assert str(then) == "A/later denies it on 2025-07-01 (EX3, ExclusiveToHolder)"
    story.does(issue(purpose="api"))  # On the holder's own pool (EX2).


def test_a_permit_expires_when_a_clause_turns_and_what_was_drawn_runs_on(story: Story) -> None:
    story.does(issue(pool="east", purpose="research", gpus=4, end="2025-08-01"))
    assert permit(story).expires_at_s == parse_instant("2025-06-01")
    story.clock.set("2025-05-31")
    story.does(draw(gpus=3, end="2025-07-01"), SLURM)
    story.clock.set("2025-06-01")
    assert code_of(story, draw("job-2", gpus=1)) == "permit-expired"


def test_a_draw_is_refused_when_an_amendment_has_turned_the_verdict(story: Story) -> None:
    story.does(issue(pool="east", gpus=4))
    story.clock.set("2025-03-03")
    story.does(draw(gpus=1), SLURM)
    stricter = PORTFOLIO + "      all: {kind: exclusivity, holder: alpha, from: 2025-03-03}\n"
    story.does(say.Adopt(portfolio=stricter))
    no = story.ask(draw("job-2", gpus=1), SLURM)
    assert isinstance(no, NotPermitted)
    assert str(no) == "A/all denies it on 2025-03-03 (EX3, ExclusiveToHolder)"
    assert permit(story).draws["slurm", "job-1"].gpus_at(parse_instant("2025-03-04")) == 1


def test_draws_never_exceed_the_permit_and_stay_inside_its_window(story: Story) -> None:
    story.does(issue())
    assert code_of(story, draw(start="2025-03-01T12:00:00Z")) == "outside-window"
    assert code_of(story, draw(end="2025-03-13")) == "outside-window"
    story.clock.set("2025-03-03")
    story.does(draw(end="2025-03-06"), SLURM)
    assert code_of(story, draw("job-2", gpus=21)) == "more-than-permit"
    story.does(draw("job-2", gpus=60, start="2025-03-06"), SLURM)
    story.does(draw("job-3", gpus=20, end="2025-03-06"), SLURM)
    assert permit(story).left_gpus(parse_instant("2025-03-03"), parse_instant("2025-03-12")) == 0
    with pytest.raises(Refused, match="now or later"):
        story.does(draw("job-4", gpus=1, start="2025-03-02"), SLURM)


def test_a_repeated_draw_is_applied_once_whoever_sends_it(engine: Engine, story: Story) -> None:
    story.does(issue())
    first = story.ask(draw(), SLURM)
    assert isinstance(first, Receipt)
    seq = story.writer.state.seq
    story.clock.set("2025-03-04")
    assert story.ask(draw(), By("e2", "Another person")) == first
    assert Story(engine).ask(draw(), SLURM) == first
    assert story.writer.state.seq == seq
    assert code_of(story, draw(gpus=41)) == "draw-key-used"
    story.does(say.RevokePermit(permit="p-1", why="moved"))
    assert story.ask(draw(), SLURM) == first  # Whatever came after.
    story.does(issue(gpus=20))
    own = draw(permit="p-2", engine="k8s", gpus=20)
    assert isinstance(story.ask(own, SLURM), Receipt)  # The key is of the engine, on a permit.


def test_a_permit_of_one_engine_is_drawn_on_by_no_other(story: Story) -> None:
    story.does(issue(holder="slurm"))
    assert code_of(story, draw(engine="k8s")) == "other-engine"
    story.does(draw())


def test_a_pool_that_shrinks_is_drawn_on_no_further_than_it_is(story: Story) -> None:
    story.does(issue())
    story.does(issue(gpus=40))
    story.clock.set("2025-03-03")
    story.does(draw())
    story.does(say.Adopt(portfolio=PORTFOLIO.replace("capacity: 100", "capacity: 50")))
    assert code_of(story, draw("job-2", gpus=11)) == "more-than-pool"
    story.does(draw("job-2", gpus=10))


def test_an_order_is_a_pool_once_it_has_come(story: Story) -> None:
    submit = {"requirement": "r", "purpose": "training", "gpus": 64, "accelerators": ("H100",)}
    period = {"start": "2025-09-01", "end": "2026-09-01", "price_limit": "$3"}
    story.does(say.Submit(**submit, **period))
    story.does(say.Tender(requirement="r", open_for="1d"))
    story.does(say.Bid(requirement="r", gpus=64, price="$2"), By("s-beta", "Beta", "beta"))
    story.clock.set("2025-03-02")
    story.does(say.Award(requirement="r", takes={"beta": 64}))
    story.does(say.Sign(requirement="r", supplier="beta"))
    wanted = issue(pool="order-0-r", start="2025-09-01", end="2025-10-01")
    assert code_of(story, wanted) == "more-than-pool"
    story.does(say.Deliver(order=0))
    story.does(wanted)


def test_words_that_cannot_be_used_are_all_named_at_once(story: Story) -> None:
    no = story.ask(issue(pool="wst", purpose="trainin", end="2025-01-01"))
    assert isinstance(no, Invalid)
    assert {row.field for row in no.wrong} == {"pool", "purpose", "end"}
    assert "west" in next(row.remedy for row in no.wrong if row.field == "pool")
    for name in ("p-2", "p-01", "p-", "1", "p-1x"):
        assert isinstance(story.ask(draw(permit=name)), Refused)


def test_a_portfolio_that_leaves_out_the_pool_of_a_permit_is_not_adopted(story: Story) -> None:
    story.does(issue())
    without = "\n".join(line for line in PORTFOLIO.splitlines() if "west:" not in line)
    no = story.ask(say.Adopt(portfolio=without))
    assert isinstance(no, Invalid)
    assert "`west` is not in the portfolio" in str(no)
