"""The desk as the routes and pages see it: who asks, what they may do and see."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from litestar.di import NamedDependency

from offtake.desk import command as say
from offtake.desk.access.act import Act
from offtake.desk.access.field import RECEIPT
from offtake.desk.access.may import NEEDED, may
from offtake.desk.access.visible import About, visible
from offtake.desk.access.who import Who
from offtake.desk.clock import Clock
from offtake.desk.legible import plain
from offtake.desk.problem import Forbidden, NotThere
from offtake.desk.service import Service
from offtake.desk.signer import Signer
from offtake.desk.state import By, State
from offtake.desk.store.engine import Engine
from offtake.desk.view.requirement import parties_of
from offtake.desk.writer import Asked, Receipt
from offtake.sourcing.requirement import Lot

Data = dict[str, Any]


class Desk(NamedTuple):
    """What every route and page needs; ``signer`` signs permits, if a key for them is there."""

    service: Service
    reader: Engine
    clock: Clock
    signer: Signer | None = None

    @property
    def state(self) -> State:
        """What is durable."""
        return self.service.state

    async def do(self, who: Who, command: say.AnyCommand, key: str = "") -> Receipt:
        """Carry out what somebody asks for, if they may.

        Raises:
            Forbidden, NotThere, Refused, Invalid, Unavailable: As they say.
        """
        return await self.service.ask(self.checked(who, command, key))

    def checked(self, who: Who, command: say.AnyCommand, key: str = "") -> Asked:
        """What somebody asks for, if they may.

        Raises:
            Forbidden, NotThere, Invalid: As they say.
        """
        act = NEEDED.get(type(command))
        if act is None or not may(who, act):
            raise Forbidden
        if who.party:
            self._concerns(who, command)
        plain(command, key)
        return Asked(command, By(who.id, who.name, who.party), key)

    def _concerns(self, who: Who, command: say.AnyCommand) -> None:
        """What does not concern a supplier is not there for it, as if it never was."""
        name = getattr(command, "requirement", None)
        lot = None if name is None else self.state.lot(name)
        if name is not None and (lot is None or who.party not in parties_of(self.state, lot)):
            raise NotThere(f"there is no requirement {name}")

    def lot(self, who: Who, name: str, act: Act = Act.REQUIREMENT_READ) -> Lot:
        """A requirement's lot, if it is there for somebody.

        Raises:
            NotThere: It is not.
        """
        lot = self.state.lot(name)
        hidden = lot is None or not may(who, act)
        if lot is None or hidden or (who.party and who.party not in parties_of(self.state, lot)):
            raise NotThere(f"there is no requirement {name}")
        return lot


TheDesk = NamedDependency[Desk]
Asker = NamedDependency[Who]
"""What routes are handed by name."""


def need(who: Who, act: Act) -> None:
    """Go on only if somebody may do something.

    Raises:
        Forbidden: They may not.
    """
    if not may(who, act):
        raise Forbidden


def shown(who: Who, resource: str, data: Data, about: About | None = None) -> Data:
    """What somebody sees of something.

    Raises:
        NotThere: Nothing of it.
    """
    seen = visible(who, resource, data, about or About())
    if seen is None:
        raise NotThere("there is no such thing")
    return seen


def seen_of(who: Who, resource: str, rows: Iterable[tuple[Data, About]]) -> list[Data]:
    """What somebody sees of many."""
    return list(each_seen(who, resource, rows))


def each_seen(who: Who, resource: str, rows: Iterable[tuple[Data, About]]) -> Iterator[Data]:
    """The same, looked at one by one as they are taken."""
    found = (visible(who, resource, data, about) for data, about in rows)
    return (row for row in found if row is not None)


def receipt(who: Who, made: Receipt) -> Data:
    """What somebody sees of the answer to their command."""
    data: Data = {
        "entry": made.entry,
        "at": made.at,
        "requirement": made.requirement or None,
        "permit": made.permit or None,
        "waiver": made.waiver or None,
        "version": made.version,
        "happened": list(made.happened),
        "orders": list(made.orders),
    }
    seen = _seen_of_receipt(who)
    return {key: value for key, value in data.items() if key in seen}


@lru_cache(1_024)
def _seen_of_receipt(who: Who) -> frozenset[str]:
    """The fields of a receipt that somebody sees, whatever is in them."""
    about = About(parties=frozenset({who.party}) if who.party else frozenset())
    return frozenset(visible(who, "receipt", dict.fromkeys(RECEIPT.fields, ""), about) or {})
