"""The words of a command mean what they mean in a file."""

import pytest

from desk.stories import PORTFOLIO, submit
from offtake.contract.model import Requirement
from offtake.contract.portfolio import Portfolio
from offtake.core.text import Value
from offtake.desk.reading import figure, need
from offtake.sourcing.needed import need_of
from offtake.units.capacity import Size
from offtake.units.time import parse_instant

HELD = Portfolio.loads(PORTFOLIO)


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"gpus": "2,000", "smallest_lot": "64"},
        {"gpus": "50 MW", "smallest_lot": "1 MW"},
        {"gpus": "50 MW", "accelerators": (), "smallest_lot": "1 kW"},
        {"latest_start": "2025-09-10", "own": True, "price_limit": None},
    ],
)
def test_a_requirement_is_read_as_one_of_a_file(words: dict[str, object]) -> None:
    said = submit(**words)
    least = said.smallest_lot
    limit, latest = said.price_limit, said.latest_start
    written = Requirement(
        id=said.requirement,
        purpose=said.purpose,
        size=figure(str(said.gpus), Value.SIZE),
        accelerators=said.accelerators,
        submitted=0,
        starts=parse_instant(said.start),
        ends=parse_instant(said.end),
        regions=said.regions,
        price_limit=None if limit is None else figure(limit, Value.MONEY),
        latest_start=None if latest is None else parse_instant(latest),
        smallest_lot=Size(gpus=1) if least is None else figure(str(least), Value.SIZE),
        own=said.own,
    )
    assert need(said, HELD) == need_of(written, HELD.names)
