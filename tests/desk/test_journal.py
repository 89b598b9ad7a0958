"""A journal shows what was done to it: whatever is edited, cut, moved or forged."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, delete, update

from desk.stories import ALPHA, BETA, PORTFOLIO, Story, submit
from offtake.cli.main import main
from offtake.desk import command as say
from offtake.desk.entry import START, chained, read, written
from offtake.desk.export import NoEntry, line_of, row_of
from offtake.desk.head import NoHead, NoKey, checked, pair, signed
from offtake.desk.head import read as read_head
from offtake.desk.replay import differences
from offtake.desk.store import journal
from offtake.desk.store.engine import reader
from offtake.desk.store.journal import HEAD, JOURNAL, Head, Row
from offtake.desk.verify import Known, verified

Tamper = Callable[[Connection], object]


def told(engine: Engine) -> Story:
    """A story with an answer, a tender, a lapse, an order and an amendment."""
    story = Story(engine)
    for name in ("r", "s"):
        story.does(submit(requirement=name))
        story.does(say.Notice(requirement=name))
    story.does(say.Answer(requirement="r", gpus=24, signed="Ä. Alpha"), ALPHA)
    story.does(say.SignAccepted(requirement="r", gpus=24, price="$2.90", supplier="alpha"))
    story.does(say.Tender(requirement="r", open_for="7d"))
    story.does(say.Bid(requirement="r", gpus=64, price="$2.50"), BETA)
    story.clock.set("2025-04-02")  # The tender closes; the notice of `s` lapses.
    story.does(say.Award(requirement="r", takes={"beta": 40}))
    story.does(say.Sign(requirement="r", supplier="beta"))
    amended = PORTFOLIO + "    amendments:\n      A1: {from: 2025-04-03, remove: [first]}\n"
    story.does(say.Propose(portfolio=amended, note="alpha lets go"))
    story.does(say.Adopt(portfolio=amended, proposal=1))
    story.does(say.Tender(requirement="s"))
    return story


def rows_of(engine: Engine) -> list[Row]:
    with reader(engine).connect() as tx:
        return list(journal.since(tx, 0))


def rechained(rows: list[Row]) -> list[Row]:
    """The same bodies with hashes that hold, as somebody would write who may write anything."""
    before, made = START, []
    for row in rows:
        before = chained(before, row.body)
        made.append(row._replace(hash=before))
    return made


def at(rows: list[Row]) -> list[int]:
    """The entries at which faults show."""
    return [fault.seq for fault in verified(rows).faults]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    from offtake.desk.store.engine import open_engine
    from offtake.desk.store.migrate import migrate

    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('told') / 'desk.db'}")
    migrate(engine)
    told(engine)
    found = rows_of(engine)
    engine.dispose()
    return found


def test_a_journal_that_nobody_touched_is_whole_here_and_exported(rows: list[Row]) -> None:
    found = verified(rows)
    assert found.is_whole
    assert found.head == Head(rows[-1].seq, rows[-1].hash)
    assert [row_of(line_of(row)) for row in rows] == rows


@given(data=st.data())
def test_whatever_bit_of_an_entry_is_turned_it_shows_there(rows: list[Row], data: Any) -> None:
    number = data.draw(st.integers(0, len(rows) - 1))
    row = rows[number]
    place = data.draw(st.integers(0, len(row.body) - 1))
    body = bytearray(row.body)
    body[place] ^= 1 << data.draw(st.integers(0, 7))
    edited = [*rows[:number], row._replace(body=bytes(body)), *rows[number + 1 :]]

    assert set(at(edited)) == {row.seq}
    assert row_of(line_of(edited[number])).body == bytes(body)


@given(data=st.data())
def test_whatever_is_cut_or_moved_it_shows(rows: list[Row], data: Any) -> None:
    number = data.draw(st.integers(0, len(rows) - 2))
    assert at([*rows[:number], *rows[number + 1 :]]) == [rows[number].seq + 1]
    moved = list(data.draw(st.permutations(rows)))
    assert verified(moved).is_whole == (moved == rows)
    doubled = [*rows[: number + 1], *rows[number:]]
    assert at(doubled) == [rows[number].seq]


def test_entries_that_swap_their_numbers_show_both(rows: list[Row]) -> None:
    swapped = list(rows)
    swapped[3] = rows[4]._replace(seq=rows[3].seq)
    swapped[4] = rows[3]._replace(seq=rows[4].seq)
    assert set(at(swapped)) >= {rows[3].seq, rows[4].seq}


def test_columns_that_say_something_else_than_their_entry_show(rows: list[Row]) -> None:
    for more in ({"kind": "answer"}, {"requirement": "q"}, {"at_s": 5}):
        assert at([rows[0]._replace(**more), *rows[1:]]) == [1]


def test_only_a_head_that_was_kept_tells_of_a_cut_at_the_end_or_a_journal_chained_anew(
    rows: list[Row],
) -> None:
    head = Known(Head(rows[-2].seq, rows[-2].hash), "the head of Monday")
    assert verified(rows, [head]).is_whole
    cut = rows[:-3]
    assert verified(cut).is_whole
    (fault,) = verified(cut, [head]).faults
    assert (fault.seq, "cut off" in fault.says) == (rows[-4].seq, True)

    forged = list(rows)
    forged[5] = _with(rows[5], name="Mallory")
    forged = rechained(forged)
    assert verified(forged).is_whole
    (fault,) = verified(forged, [head]).faults
    assert (fault.seq, "rewritten" in fault.says) == (rows[-2].seq, True)


def _with(row: Row, **more: Any) -> Row:
    """An entry that says something else, with the hash that it had."""
    return row._replace(body=written(replace(read(row.body), **more)))


def test_a_head_is_signed_with_one_key_and_checked_with_its_public_one() -> None:
    ours, others = pair(bytes(range(32))), pair(bytes(32))
    head = Head(7, bytes(range(32)))
    made = signed(head, 0, ours.private)
    assert checked(made, ours.public) == head
    assert made.at == "1970-01-01"
    with pytest.raises(NoHead, match="not signed with this key"):
        checked(made, others.public)
    for more in ({"seq": 8}, {"hash": bytes(32).hex()}, {"at": "1970-01-02"}):
        with pytest.raises(NoHead, match="not signed with this key"):
            checked(replace(made, **more), ours.public)
    for wrong in (b"", ours.private, b"-----BEGIN PUBLIC KEY-----"):
        with pytest.raises(NoKey):
            checked(made, wrong)
    with pytest.raises(NoKey):
        signed(head, 0, ours.public)
    for text in (b"{}", b"[]", b"x", b'{"seq":1,"hash":"00","at":"a","signature":""}'):
        with pytest.raises(NoHead):
            read_head(text)


@pytest.mark.parametrize(
    "line", ["", "{}", "[]", "7", '{"seq":"1","hash":"","body":""}', '{"seq":1,"hash":"x"}']
)
def test_a_line_that_is_no_entry_is_refused(line: str) -> None:
    with pytest.raises(NoEntry):
        row_of(line)


def test_every_command_is_decided_again_as_it_was(engine: Engine) -> None:
    told(engine)
    rows = rows_of(engine)
    assert {row.kind for row in rows} >= {"adopt", "due", "award", "propose"}
    assert list(differences(lambda: (read(row.body) for row in rows))) == []


def test_a_forged_event_shows_though_the_chain_holds(rows: list[Row]) -> None:
    forged = list(rows)
    number = next(n for n, row in enumerate(rows) if row.kind == "answer")
    entry = read(rows[number].body)
    events = [{**entry.events[0], "gpus": "40"}]
    forged[number] = _with(rows[number], events=events)
    forged = rechained(forged)

    assert verified(forged).is_whole
    found = list(differences(lambda: (read(row.body) for row in forged)))
    assert (found[0].seq, found[0].command) == (rows[number].seq, "answer")
    assert found[0].recorded[0]["gpus"] == "40"
    assert found[0].decided[0]["gpus"] == entry.events[0]["gpus"]


def test_a_command_that_would_be_refused_shows(rows: list[Row]) -> None:
    forged = list(rows)
    number = next(n for n, row in enumerate(rows) if row.kind == "sign")
    forged[number] = _with(rows[number], command=say.Sign(requirement="r", supplier="gamma"))
    found = list(differences(lambda: (read(row.body) for row in rechained(forged))))
    assert found[0].seq == rows[number].seq
    assert "refused" in found[0].says


def _sql(what: Any) -> Tamper:
    return lambda tx: tx.execute(what)


TAMPERED: dict[str, tuple[Tamper, str]] = {
    "an edit": (_sql(update(JOURNAL).where(JOURNAL.c.seq == 4).values(body=b"{}")), "entry 4"),
    "a hash": (_sql(update(JOURNAL).where(JOURNAL.c.seq == 4).values(hash=bytes(32))), "entry 4"),
    "a cut": (_sql(delete(JOURNAL).where(JOURNAL.c.seq == 4)), "entry 5"),
    "a cut at the end": (_sql(delete(JOURNAL).where(JOURNAL.c.seq > 9)), "entry 9"),
    "a head": (_sql(update(HEAD).values(seq=3)), "entry 3"),
    "a column": (_sql(update(JOURNAL).where(JOURNAL.c.seq == 4).values(kind="bid")), "entry 4"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_the_database_is_checked_where_it_stands(
    engine: Engine, url: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told(engine)
    assert main(["journal", "verify", "--db", url]) == 0
    assert "no entry was edited" in capsys.readouterr().out
    tamper, where = TAMPERED[what]
    with engine.begin() as tx:
        tamper(tx)

    assert main(["journal", "verify", "--db", url]) == 1
    assert where in capsys.readouterr().out
    assert main(["journal", "replay", "--db", url]) == 1
    assert "broken-journal" in capsys.readouterr().err


def test_a_journal_is_exported_checked_elsewhere_and_held_against_its_signed_head(
    engine: Engine,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    told(engine)
    assert main(["journal", "keys", "--out", "desk.key"]) == 0
    assert Path("desk.key").stat().st_mode & 0o077 == 0
    assert main(["journal", "keys", "--out", "desk.key"]) == 3
    head = ["journal", "head", "--db", url, "--key", "desk.key"]
    assert main([*head, "--out", "head.json"]) == 0
    assert main(["journal", "export", "--db", url, "--out", "j.jsonl"]) == 0
    verify = ["journal", "verify", "j.jsonl", "--head", "head.json", "--key", "desk.key.pub"]
    assert main(verify) == 0
    assert main(["journal", "replay", "j.jsonl"]) == 0
    capsys.readouterr()
    assert main([*verify, "-o", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["ok"], shown["seq"], shown["faults"]) == (True, 16, [])

    lines = Path("j.jsonl").read_text().splitlines(keepends=True)
    Path("j.jsonl").write_text("".join(lines[:-2]))
    assert main(verify[:3]) == 0  # It cannot be told without the head.
    assert main(verify) == 1
    assert "cut off" in capsys.readouterr().out
    Path("desk.key").chmod(0o644)
    assert main(head) == 3
    for words in (
        ["journal", "verify"],
        ["journal", "verify", "j.jsonl", "--db", url],
        ["journal", "verify", "j.jsonl", "--head", "head.json"],
        ["journal", "verify", "nothing.jsonl"],
        ["journal", "verify", "desk.key"],
        ["journal", "verify", "--db", "sqlite:///nothing.db"],
        ["journal", "verify", "--db", "nonsense"],
        ["journal", "verify", "j.jsonl", "--head", "head.json", "--key", "desk.key"],
        ["journal", "verify", "j.jsonl", "--head", "desk.key", "--key", "desk.key.pub"],
    ):
        assert main(words) == 3, words
    assert not Path("nothing.db").exists()


def test_a_database_without_a_journal_is_said_to_hold_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.db").touch()
    assert main(["journal", "verify", "--db", f"sqlite:///{tmp_path / 'empty.db'}"]) == 3
    assert "no journal" in capsys.readouterr().err
