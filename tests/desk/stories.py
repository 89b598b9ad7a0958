"""A desk with a clock that is set by hand, and the words of a story."""

from typing import Any

import msgspec
from sqlalchemy import Engine

from offtake.desk import command as say
from offtake.desk.state import By
from offtake.desk.writer import Asked, Receipt, Writer
from offtake.units.time import parse_instant

PORTFOLIO = """
currency: USD
parties:
  lab: {roles: [buyer]}
  alpha: {}
  beta: {}
  gamma: {}
accelerators: {H100: {power: 1.3 kW}}
agreements:
  A:
    from: 2025-01-01
    until: 2030-01-01
    clauses:
      first: {kind: first_refusal, holder: alpha, window: 30d, partial: yes, minimum_lot: 8}
      grace: {kind: delivery, supplier: gamma, grace: 30d}
"""
BUYER = By("p1", "Ada")
ALPHA, BETA, GAMMA = (By(f"s-{name}", name.title(), name) for name in ("alpha", "beta", "gamma"))
DAY = "2025-03-01"


class Clock:
    """Stands still until it is set."""

    def __init__(self, at: str = DAY) -> None:
        self.at_s = parse_instant(at)

    def now_s(self) -> int:
        return self.at_s

    def set(self, at: str) -> None:
        self.at_s = parse_instant(at)


class Story:
    """A writer, its clock, and what is said to it."""

    def __init__(self, engine: Engine, *, portfolio: str = PORTFOLIO, **how: Any) -> None:
        self.clock = Clock()
        self.engine = engine
        self.writer = Writer(engine, self.clock, **how)
        self.writer.open()
        if portfolio and self.writer.state.version is None:
            self.does(say.Adopt(portfolio=portfolio))

    def ask(self, command: say.AnyCommand, by: By = BUYER, key: str = "") -> Any:
        """The answer to one command, whatever it is."""
        (answer,) = self.writer.write([Asked(command, by, key)])
        return answer

    def does(self, command: say.AnyCommand, by: By = BUYER, key: str = "") -> tuple[str, ...]:
        """What happens on a command; raises what is answered instead."""
        answer = self.ask(command, by, key)
        if not isinstance(answer, Receipt):
            raise answer
        return answer.happened

    def lot(self, requirement: str = "r") -> Any:
        return self.writer.state.lot(requirement)


def submit(**words: Any) -> say.Submit:
    """A requirement for 64 H100 from September on."""
    given = {
        "requirement": "r",
        "purpose": "training",
        "gpus": 64,
        "start": "2025-09-01",
        "end": "2026-09-01",
        "accelerators": ("H100",),
        "price_limit": "$3",
    }
    return msgspec.convert({"do": "submit", **given, **words}, type=say.Submit)
