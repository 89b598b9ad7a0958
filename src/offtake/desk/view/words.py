"""Figures and names in the notation of portfolio files."""

from offtake.core.names import UNSTATED, Names, name_of
from offtake.core.vocabulary import NONE
from offtake.desk.state import State
from offtake.units.capacity import share_text
from offtake.units.money import plain
from offtake.units.time import FOREVER_S, NEVER, instant_text


def names_at(state: State) -> Names:
    """The names of the portfolio in force."""
    return state.in_force.portfolio.names


def price(state: State, micros: int) -> str | None:
    """A price per GPU-hour, such as ``2.50 USD``."""
    if micros == NONE:
        return None
    return f"{plain(micros)} {state.in_force.portfolio.document.currency}"


def instant(at_s: int) -> str | None:
    """A date, or a time in UTC; None for never."""
    return None if at_s == NEVER or at_s >= FOREVER_S else instant_text(at_s)


def share(ppm: int) -> str | None:
    """A percentage."""
    return None if ppm == NONE else share_text(ppm)


def name(names: tuple[str, ...], index: int) -> str | None:
    """A name; None for what was left open."""
    return None if index == UNSTATED else name_of(names, index)


def days(length_s: int) -> str | None:
    """A length of time; None for none."""
    if not length_s:
        return None
    return f"{length_s // 86_400}d" if length_s % 86_400 == 0 else f"{length_s}s"
