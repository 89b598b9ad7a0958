"""The plain values that charts, tables and pages show. No meaning, only what is drawn."""

from typing import NamedTuple


class Span(NamedTuple):
    """One verdict on a lane during ``[from_s, until_s)``, and the clauses it rests on."""

    from_s: int
    until_s: int
    verdict: str  # "permit", "hold" or "deny".
    clauses: tuple[str, ...] = ()
    says: str = ""


class Lane(NamedTuple):
    """A supplier and what it would be asked for, over time. ``purpose`` labels the lane.

    ``party`` and ``purposes`` say the same by id, for programs.
    """

    supplier: str
    purpose: str
    spans: tuple[Span, ...]
    party: str = ""
    purposes: tuple[str, ...] = ()


class RightsMap(NamedTuple):
    """Who may do what over time."""

    title: str
    from_s: int
    until_s: int
    lanes: tuple[Lane, ...]


class Series(NamedTuple):
    """A quantity that changes in steps: (from second, value), ascending."""

    label: str
    points: tuple[tuple[int, float], ...]


class Capacity(NamedTuple):
    """Capacity by supplier, stacked, and what was wanted of it, in GPUs."""

    from_s: int
    until_s: int
    suppliers: tuple[Series, ...]
    demand: Series


class Bars(NamedTuple):
    """Amounts by name, largest first; ``unit`` is written on the axis."""

    title: str
    unit: str
    rows: tuple[tuple[str, float], ...]


class Stack(NamedTuple):
    """Amounts by name, each made of ``parts`` in their order; ``unit`` is written on the axis.

    ``colors`` are those of the parts where the usual ones would mislead.
    """

    title: str
    unit: str
    parts: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    colors: tuple[str, ...] = ()


class Table(NamedTuple):
    """Rows of text; ``right`` are the numbers of columns aligned to the right.

    A row whose first cell begins with two spaces is part of the one above it. A table with a
    ``fold`` is shut on a page under these words until somebody opens it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    note: str = ""
    fold: str = ""


class Headline(NamedTuple):
    """One number worth a glance, and what it is; ``change`` against what it is compared with."""

    value: str
    says: str
    change: str = ""


class Card(NamedTuple):
    """The numbers of one case among several."""

    title: str
    lines: tuple[Headline, ...]


class Line(NamedTuple):
    """Points of one quantity, ``x`` ascending."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


class Panel(NamedTuple):
    """One drawing of a picture: lines over a common axis.

    ``drawn`` is "steps" (levels from each x on), "stack" (levels upon one another), "bars" (one
    for each x and line) or "curve". ``scale`` is "linear" or "log". ``ticks`` name the bars.
    """

    title: str
    x_label: str
    y_label: str
    drawn: str
    lines: tuple[Line, ...]
    scale: str = "linear"
    ticks: tuple[str, ...] = ()


class Panels(NamedTuple):
    """Drawings side by side in ``columns``, under one title."""

    title: str
    panels: tuple[Panel, ...]
    columns: int = 1


class BurnDown(NamedTuple):
    """What is left of a floor over its period: so far, and as it is expected to go on.

    ``left`` is (second, amount), ascending; what lies after ``at_s`` is expected.
    """

    title: str
    unit: str
    from_s: int
    until_s: int
    at_s: int
    floor: float
    left: tuple[tuple[int, float], ...]
