"""What is given to the driver as it is does what the library would have done."""

import pytest
from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from offtake.desk.store.engine import Failure, Unkept
from offtake.desk.store.journal import ANSWERS, HEAD, Answer
from offtake.desk.store.prepared import Prepared, Rows

FIRST = Answer("p1", "k", b"\x00'\\", 2**40, -1, b"\xff" * 3)
PUT = Rows(ANSWERS)


def _kept(tx: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in tx.execute(select(ANSWERS).order_by(ANSWERS.c.key))]


@pytest.mark.parametrize("count", [0, 1, 2, 15, 63, 64, 65, 150])
def test_all_rows_are_put_as_they_are(engine: Engine, count: int) -> None:
    rows = [FIRST._replace(key=f"{number:04} \t\n\\.é", seq=number) for number in range(count)]
    with engine.begin() as tx:
        PUT.put(tx, rows)
        assert _kept(tx) == rows


def test_what_is_put_goes_with_the_transaction(engine: Engine) -> None:
    with engine.begin() as tx:
        PUT.put(tx, [FIRST])
        tx.rollback()
    with engine.begin() as tx:
        assert _kept(tx) == []


def test_a_row_that_is_there_is_refused_as_the_library_does(engine: Engine) -> None:
    with engine.begin() as tx:
        PUT.put(tx, [FIRST])
    said = []
    for put in (
        lambda tx: PUT.put(tx, [FIRST]),
        lambda tx: tx.execute(insert(ANSWERS), FIRST._asdict()),
    ):
        with pytest.raises(Failure) as refused, engine.begin() as tx:
            put(tx)
        said.append(type(refused.value))
    assert said[0] is said[1]


def test_words_that_postgresql_does_not_keep_are_told_from_a_database_that_is_away(
    engine: Engine,
) -> None:
    if engine.dialect.name == "sqlite":
        with engine.begin() as tx:
            PUT.put(tx, [FIRST._replace(key="a\0b")])
            assert _kept(tx) == [FIRST._replace(key="a\0b")]
        return
    with pytest.raises(Unkept), engine.begin() as tx:
        PUT.put(tx, [FIRST._replace(key="a\0b")])


def test_a_statement_is_worked_out_for_each_database_with_its_values(engine: Engine) -> None:
    move = Prepared(update(HEAD).values(seq=bindparam("last"), hash=bindparam("its_hash")))
    find = Prepared(select(HEAD.c.hash, HEAD.c.seq).where(HEAD.c.seq == bindparam("at")))
    with engine.begin() as tx:
        tx.execute(insert(HEAD), {"id": 1, "seq": 0, "hash": b""})
        for number in range(20):
            move.run(tx, its_hash=bytes([number]), last=number)
            assert find.run(tx, at=number).fetchall() == [(bytes([number]), number)]
            assert find.run(tx, at=number + 1).fetchone() is None


def test_a_statement_that_fails_is_told_as_the_library_does(engine: Engine) -> None:
    with engine.begin() as tx:
        HEAD.drop(tx)
    with pytest.raises(Failure) as missing, engine.begin() as tx:
        Prepared(select(HEAD.c.seq)).run(tx)
    assert "head" in str(missing.value)
