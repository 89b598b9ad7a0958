"""A start goes on from a snapshot only where it is what the journal says; else from the journal."""

import logging
from collections.abc import Callable
from hashlib import sha256

import pytest
from sqlalchemy import Connection, Engine, delete, event, update

from desk.stories import PORTFOLIO, Clock, Story, submit
from desk.test_journal import rows_of, told
from offtake.cli.main import main
from offtake.desk import command as say
from offtake.desk import keeping, snapshot
from offtake.desk.deadline import Timers
from offtake.desk.entry import read
from offtake.desk.fold import empty_under, folded
from offtake.desk.keeping import CLAIM_S, POINTS, Busy, Keeping, NoTables
from offtake.desk.opening import Opened, fitting, opened
from offtake.desk.replay import differences
from offtake.desk.state import State
from offtake.desk.store import journal
from offtake.desk.store import snapshot as store
from offtake.desk.store.engine import open_engine, reader
from offtake.desk.store.migrations.versions.v0001_first import TABLES
from offtake.desk.store.snapshot import CLAIM, PARTS, SNAPSHOTS, Part, Row
from offtake.sourcing.snapshot import BadSnapshot

AMENDED = PORTFOLIO + "    amendments:\n      A1: {from: 2025-04-03, remove: [first]}\n"


def keep(engine: Engine, *, who: str = "k", clock: Clock | None = None, **how) -> Row | None:
    return Keeping(engine, clock or Clock(), who, **how).keep()


def open_(engine: Engine) -> Opened:
    with reader(engine).connect() as tx:
        return opened(tx)


def whole(engine: Engine, count: int | None = None) -> State:
    """What the first entries of a journal say, folded one by one."""
    entries = [read(row.body) for row in rows_of(engine)]
    last = [entry for entry in entries if isinstance(entry.command, say.Adopt)][-1]
    return folded(empty_under(last), entries[:count])


def seen(engine: Engine) -> list[Row]:
    with reader(engine).connect() as tx:
        return store.rows(tx)


def put(engine: Engine, state: State, **other: object) -> None:
    """A snapshot of a state, as somebody would write who may write anything."""
    body = snapshot.written(state)
    entry = rows_of(engine)[state.seq - 1]
    with engine.begin() as tx:
        number = store.next_number(tx)
        store.put(tx, Part(number, 0), body)
        digest, layout = sha256(body).digest(), snapshot.layout()
        row = Row(number, state.seq, entry.hash, state.in_force.number, layout, 1, digest, 0)
        store.keep(tx, row._replace(**other))


def test_a_desk_goes_on_from_a_snapshot_of_any_entry_as_from_the_journal(engine: Engine) -> None:
    story = told(engine)
    state = whole(engine)
    assert story.writer.state == state
    for count in range(1, state.seq + 1):
        put(engine, whole(engine, count))
        found = open_(engine)
        assert (found.state, found.kept) == (state, count)
        assert found.head == journal.Head(state.seq, rows_of(engine)[-1].hash)
        assert Timers(found.state, state.at_s)._heap == Timers(state, state.at_s)._heap
    again = Story(engine)
    again.clock.set("2025-04-20")
    again.does(submit(requirement="t"))
    assert again.writer.state == whole(engine)
    entries = [read(row.body) for row in rows_of(engine)]
    assert list(differences(lambda: entries)) == []


def test_the_same_state_gives_the_same_bytes_and_they_say_all_of_it(engine: Engine) -> None:
    told(engine)
    state = whole(engine)
    body = snapshot.written(state)
    again = snapshot.read(body, state.in_force)
    assert again == state
    assert snapshot.written(again) == body
    assert set(snapshot.parts()) == set(State._fields) - set(snapshot.APART)
    assert list(again.sourcing.lots) == list(state.sourcing.lots)


def changed(tx: Connection) -> None:
    body = store.body(tx, 2)
    tx.execute(update(PARTS).where(PARTS.c.snapshot == 2).values(body=body[:-1] + b"x"))


def of_row(**values: object) -> Callable[[Connection], object]:
    return lambda tx: tx.execute(update(SNAPSHOTS).where(SNAPSHOTS.c.number == 2).values(**values))


BAD = {
    "its bytes were changed": changed,
    "a part is missing": lambda tx: tx.execute(delete(PARTS).where(PARTS.c.snapshot == 2)),
    "its hash is not that of its entry": of_row(hash=b"\1" * 32),
    "it is of another entry": of_row(seq=3),
    "it is newer than the journal": of_row(seq=999),
    "it was made under another portfolio": of_row(adopted=3),
    "it is of another version": of_row(layout="x"),
}


@pytest.mark.parametrize("how", BAD)
def test_a_snapshot_is_not_used_where(engine: Engine, how: str) -> None:
    story = told(engine)
    first = keep(engine)
    story.does(submit(requirement="t"))
    second = keep(engine)
    assert first is not None
    assert second is not None
    assert open_(engine).kept == second.seq == first.seq + 1
    with engine.begin() as tx:
        BAD[how](tx)
    found = open_(engine)
    assert found.kept == first.seq  # The one before it is as good.
    assert found.state == story.writer.state == whole(engine)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"told": 0, "seq": 5}, "seq: 5 in the body, and "),
        ({"at_s": True}, "at_s: not a whole number"),
    ],
)
def test_what_a_snapshot_says_of_itself_must_fit(
    engine: Engine, change: dict[str, int], says: str, caplog: pytest.LogCaptureFixture
) -> None:
    told(engine)
    state = whole(engine)
    body = snapshot.written(state._replace(**change))
    put(engine, state, digest=sha256(body).digest())
    with engine.begin() as tx:
        tx.execute(update(PARTS).values(body=body))
    with caplog.at_level(logging.WARNING):
        assert open_(engine) == Opened(journal.Head(state.seq, rows_of(engine)[-1].hash), state, 0)
    assert f"the snapshot of entry {state.seq} is not used: {says}" in caplog.text


def test_bytes_that_are_no_snapshot_are_refused_with_what_is_wrong(engine: Engine) -> None:
    told(engine)
    state = whole(engine)
    body = snapshot.written(state)
    other = state.in_force._replace(number=1)
    for bad, version, says in [
        (b"", state.in_force, "bytes: end before their end"),
        (b"no snapshot", state.in_force, "bytes: cannot be unpacked"),
        (body[:-9], state.in_force, "bytes: end before their end"),
        (body, other, "portfolio: that of entry "),
    ]:
        with pytest.raises(BadSnapshot, match=says):
            snapshot.read(bad, version)


def test_after_an_adoption_a_snapshot_is_good_no_more_and_one_made_since_is(
    engine: Engine,
) -> None:
    story = Story(engine)
    story.does(submit())
    keep(engine)
    running = Story(engine)
    amended = PORTFOLIO + "    amendments:\n      A1: {from: 2025-03-05, remove: [first]}\n"
    story.does(say.Adopt(portfolio=amended))
    assert open_(engine).kept == 0
    again = keep(engine)
    assert again is not None
    story.does(submit(requirement="s"))
    assert open_(engine).kept == again.seq
    running.does(submit(requirement="t"))  # It folds anew what the other desk adopted.
    assert running.writer.state == open_(engine).state == whole(engine)


def test_nothing_is_written_where_a_snapshot_is_there_or_no_portfolio_is(engine: Engine) -> None:
    assert keep(engine) is None
    told(engine)
    first = keep(engine)
    assert keep(engine) == first
    assert seen(engine) == [first]


class Died(BaseException):
    """It is no more, and has no time for its claim either."""


@pytest.mark.parametrize("point", POINTS)
def test_one_that_dies_at_any_point_leaves_the_snapshots_before_it_in_use(
    engine: Engine, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(at: str) -> None:
        if at == point:
            raise Died

    story = told(engine)
    kept = []
    for name in "tu":
        kept.append(keep(engine))
        story.does(submit(requirement=name))
    with monkeypatch.context() as patch:
        patch.setattr(store, "release", lambda tx, who: None)
        with pytest.raises(Died):
            keep(engine, who="dead", at=dies)
    is_seen = point in ("kept", "dropped")
    assert open_(engine).kept == (story.writer.state.seq if is_seen else kept[-1].seq)
    assert open_(engine).state == whole(engine)
    with pytest.raises(Busy):
        keep(engine)
    later = Clock()
    later.at_s += CLAIM_S
    story.does(submit(requirement="v"))
    last = keep(engine, clock=later)
    assert last is not None
    assert len(seen(engine)) == store.KEPT
    assert open_(engine).kept == last.seq == story.writer.state.seq
    with reader(engine).connect() as tx:  # What the dead one left behind is gone.
        parts = {row.snapshot for row in tx.execute(PARTS.select())}
        assert parts == {row.number for row in store.rows(tx)}
        assert tx.execute(CLAIM.select()).all() == []


def test_who_has_lost_its_claim_lets_nothing_be_seen(engine: Engine) -> None:
    clock = Clock()

    def takes_long(at: str) -> None:
        if at == "folded":
            clock.at_s += CLAIM_S
            keep(engine, who="other", clock=clock, at=stops)

    def stops(at: str) -> None:
        with pytest.raises(Busy):
            keep(engine, who="third", clock=clock)

    told(engine)
    with pytest.raises(Busy):
        keep(engine, clock=clock, at=takes_long)
    assert [row.number for row in seen(engine)] == [1]


def test_a_desk_writes_between_any_two_parts(
    engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PART_BYTES", 200)
    story = told(engine)
    seq, beside = story.writer.state.seq, open_engine(url)
    names = iter(range(10_000))

    def writes(at: str) -> None:
        story.does(submit(requirement=f"n{next(names)}"))

    row = keep(beside, at=writes)
    beside.dispose()
    assert row is not None
    assert (row.seq, row.parts > 3) == (seq + 1, True)  # One came before it looked.
    assert open_(engine).kept == row.seq
    assert open_(engine).state == story.writer.state
    assert story.writer.state.seq == seq + next(names)


def test_pages_are_folded_one_after_the_other(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "PAGE", 3)
    told(engine)
    keep(engine)
    assert open_(engine).state == whole(engine)
    with reader(engine).connect() as tx:
        (row,) = store.rows(tx)
        assert fitting(tx, whole(engine).in_force, row.seq) == whole(engine)


def test_what_is_appended_while_a_desk_opens_is_left_for_later(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = told(engine)
    before, head = story.writer.state, journal.head

    def read_just_before(tx: Connection) -> journal.Head:
        found = head(tx)
        monkeypatch.setattr(journal, "head", head)
        story.does(submit(requirement="t"))
        return found

    monkeypatch.setattr(journal, "head", read_just_before)
    late = Story(engine)
    assert late.writer.state == before
    late.does(submit(requirement="u"))
    assert late.writer.state == whole(engine)


def test_a_desk_that_is_opened_again_folds_what_has_come_since(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, other = told(engine), Story(engine)
    other.does(submit(requirement="t"))
    since: list[int] = []
    rows = journal.since
    monkeypatch.setattr(journal, "since", lambda tx, seq: since.append(seq) or rows(tx, seq))
    before = story.writer.state
    story.writer.open()
    assert since == [before.seq]
    assert story.writer.state == other.writer.state
    other.does(say.Adopt(portfolio=AMENDED))
    story.writer.open()
    assert story.writer.state == other.writer.state == whole(engine)


def test_a_database_of_an_older_version_is_opened_and_keeps_none(url: str) -> None:
    older = open_engine(url)
    TABLES.create_all(older)
    told(older)
    assert open_(older).kept == 0
    with pytest.raises(NoTables):
        keep(older)
    older.dispose()


def test_the_command_line_keeps_one_and_says_whether_it_holds_what_the_journal_says(
    engine: Engine, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told(engine)
    state = whole(engine)
    assert main(["journal", "snapshot", "--db", url]) == 0
    assert capsys.readouterr().out == f"a snapshot of entry {state.seq} is kept\n"
    assert main(["journal", "replay", "--db", url]) == 0
    assert f"entry {state.seq} holds what the journal says" in capsys.readouterr().out
    put(engine, state._replace(told=state.told + 1))
    put(engine, state, digest=b"\0" * 32)
    assert main(["journal", "replay", "--db", url]) == 1
    said = capsys.readouterr().out
    assert "the snapshot of it holds another state" in said
    assert f"the snapshot of entry {state.seq} is not used: digest: is not that of" in said


def test_the_command_line_says_why_it_keeps_none(
    engine: Engine, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", "snapshot", "--db", url]) == 0
    assert capsys.readouterr().out == "no portfolio has been adopted: there is nothing to keep\n"
    with engine.begin() as tx:
        assert store.claim(tx, "other", now_s=0, until_s=2**40)
    assert main(["journal", "snapshot", "--db", url]) == 1
    assert "busy" in capsys.readouterr().err
    for table in (SNAPSHOTS, PARTS, CLAIM):
        table.drop(engine)
    assert main(["journal", "snapshot", "--db", url]) != 0
    assert "older-database" in capsys.readouterr().err


def test_a_part_that_cannot_be_written_leaves_the_one_before_in_use(engine: Engine) -> None:
    def fails(_tx: Connection, _cursor: object, statement: str, *_: object) -> None:
        if "INSERT INTO snapshot_parts" in statement:
            raise OSError("no space")

    story = told(engine)
    first = keep(engine)
    story.does(submit(requirement="t"))
    event.listen(engine, "before_cursor_execute", fails)
    with pytest.raises(OSError, match="no space"):
        keep(engine)
    event.remove(engine, "before_cursor_execute", fails)
    assert seen(engine) == [first]
    assert keep(engine, who="another") is not None  # The claim was given back.
