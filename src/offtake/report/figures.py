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
    """A supplier and what it would be asked for, over time."""

    supplier: str
    purpose: str
    spans: tuple[Span, ...]


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


class Table(NamedTuple):
    """Rows of text; ``right`` are the numbers of columns aligned to the right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    note: str = ""


class Headline(NamedTuple):
    """One number worth a glance, and what it is."""

    value: str
    says: str


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
