"""A register with a clock that is set by hand and chance that repeats."""

from random import Random
from typing import Any

from sqlalchemy import Engine, text

from desk.stories import Clock
from offtake.desk.access.role import Role
from offtake.desk.store.access import Register
from offtake.desk.store.person import Person
from offtake.desk.store.token import Wanted
from offtake.units.time import DAY_S

NAMES = {Role.BUYER: "Ada", Role.ADMINISTRATOR: "Root", Role.SUPPLIER: "Sam"}


class Desk:
    """A register, and a person of each role in it."""

    def __init__(self, engine: Engine) -> None:
        self.clock = Clock()
        self.engine = engine
        self.register = Register(engine, self.clock, Random(7).randbytes)
        self.people = {role: self.add(role) for role in Role}

    def add(self, role: Role, **more: Any) -> Person:
        party = "alpha" if role == Role.SUPPLIER else ""
        given = {"name": NAMES.get(role, role.title()), "party": party, **more}
        return self.register.add(Person("", roles=frozenset({role}), **given), by="test")

    def token(
        self, role: Role = Role.BUYER, scopes: tuple[str, ...] = ("*",), days: int = 30
    ) -> str:
        wanted = Wanted(self.people[role].id, "engine", scopes, self.clock.at_s + days * DAY_S)
        return self.register.make_token(wanted, by="test").text

    def cookie(self, role: Role = Role.BUYER) -> str:
        """The cookie of a session just begun."""
        code = self.register.code_for(self.people[role].id, by="test")
        cookie = self.register.redeem(code)
        assert cookie is not None
        return cookie

    def rows(self) -> str:
        """All that the database holds, as one text."""
        found = []
        with self.engine.connect() as tx:
            for name in ("people", "tokens", "sessions", "sign_ons", "codes", "trail"):
                for row in tx.execute(text(f"SELECT * FROM {name}")):
                    found.append(
                        repr([bytes(v).hex() if isinstance(v, memoryview) else v for v in row])
                    )
        return "\n".join(found)
