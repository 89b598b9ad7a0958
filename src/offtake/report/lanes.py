"""How a rights map is set: where each lane goes, what is written beside it and into it.

Draws on the axes it is given and knows nothing of the plotting library itself. Vertical places
count in lanes from the top.
"""

from typing import Any, NamedTuple

from offtake.report.colors import INK, PALE
from offtake.report.figures import RightsMap, Span
from offtake.report.lettering import clause_words, lines_of, widest_pt

FREE, ASK, FORBIDDEN = "#4c9f8b", "#f0b429", "#c8553d"
COLORS = {"permit": FREE, "hold": ASK, "deny": FORBIDDEN}
HATCHES = {"permit": "", "hold": "////", "deny": "xxxx"}
HATCH_COLORS = {"permit": FREE, "hold": "#f7d382", "deny": "#da8b79"}
WORDS = {"permit": "free", "hold": "must ask first", "deny": "forbidden"}
LANE_PT = 24.5
HALF = 0.37
"""Half the height of a span."""
HEAD = 0.72
"""The room of a supplier's name above its lanes, where names stand above them."""
LABEL_LINES = 6
SUPPLIER_PT, PURPOSE_PT, CLAUSE_PT = 8.6, 7.4, 6.4
GAP_PT = 8.0


class Setting(NamedTuple):
    """Where lanes and names go: names beside the lanes on a wide sheet, above on a narrow one."""

    lanes: tuple[float, ...]  # The middle of each lane.
    heads: tuple[tuple[float, str], ...]  # The middle of each supplier's name.
    rules: tuple[float, ...]  # Lines between suppliers.
    labels: tuple[str, ...]  # What stands left of each lane.
    depth: float  # Of all lanes.
    suppliers_pt: float  # The widths of the two columns of names, in points.
    labels_pt: float

    @property
    def left_pt(self) -> float:
        """What names take of the sheet's width."""
        beside = self.suppliers_pt + GAP_PT if self.suppliers_pt else 0.0
        return beside + self.labels_pt + 2 * GAP_PT


def setting(figure: RightsMap, width_pt: float) -> Setting:
    """Set the lanes on a sheet of a width."""
    above = width_pt < 500
    letters = 15 if above else 28
    labels = tuple(lines_of(lane.purpose, letters, LABEL_LINES) for lane in figure.lanes)
    place, lanes, heads, rules = 0.0, [], [], []
    previous = ""
    for lane, label in zip(figure.lanes, labels, strict=True):
        deep = max(1.0, (1.15 * PURPOSE_PT * (label.count("\n") + 1) + 5.0) / LANE_PT)
        if lane.supplier != previous:
            rules += [place] if place else []
            name = lane.supplier if above else lines_of(lane.supplier, 20)
            heads.append((place + (HEAD if above else deep) / 2, name))
            place += HEAD if above else 0.0
            previous = lane.supplier
        lanes.append(place + deep / 2)
        place += deep
    beside = 0.0 if above else widest_pt([name for _, name in heads], SUPPLIER_PT * 1.08)
    return Setting(
        tuple(lanes),
        tuple(heads),
        tuple(rules),
        labels,
        max(place, 1.0),
        beside,
        widest_pt(labels, PURPOSE_PT),
    )


def draw(axes: Any, figure: RightsMap, placed: Setting, width_pt: float) -> None:
    """Draw all lanes on axes that are ``width_pt`` wide and count days since 1970 across."""
    days = max(_days(figure.until_s) - _days(figure.from_s), 1e-9)
    for lane, place in zip(figure.lanes, placed.lanes, strict=True):
        for span in lane.spans:
            _span(axes, span, place)
            room_pt = (_days(span.until_s) - _days(span.from_s)) / days * width_pt - 6.0
            _words(axes, span, place, clause_words(span.clauses, room_pt, CLAUSE_PT))
    for place in placed.rules:
        axes.plot(
            [-placed.left_pt / width_pt, 1.0],
            [place, place],
            color=PALE,
            linewidth=0.5,
            transform=axes.get_yaxis_transform(),
            clip_on=False,
        )
    _names(axes, placed, width_pt)
    axes.set_yticks([])
    axes.set_ylim(placed.depth, 0.0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _span(axes: Any, span: Span, place: float) -> None:
    axes.barh(
        place,
        _days(span.until_s) - _days(span.from_s),
        left=_days(span.from_s),
        height=2 * HALF,
        color=COLORS[span.verdict],
        edgecolor=HATCH_COLORS[span.verdict],
        linewidth=0,
        hatch=HATCHES[span.verdict],
    )
    if span.from_s:
        axes.vlines(_days(span.from_s), place - HALF, place + HALF, color="white", linewidth=1.4)


def _words(axes: Any, span: Span, place: float, text: str) -> None:
    """The clauses that a span rests on."""
    if not text:
        return
    axes.annotate(
        text,
        (_days(span.from_s), place),
        xytext=(4.5, 0),
        textcoords="offset points",
        va="center",
        fontsize=CLAUSE_PT,
        linespacing=1.0,
        color="white" if span.verdict != "hold" else INK,
        bbox={"facecolor": COLORS[span.verdict], "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
    )


def _names(axes: Any, placed: Setting, width_pt: float) -> None:
    """Suppliers and what each lane is for, left of the lanes."""
    across = axes.get_yaxis_transform()
    start = -placed.left_pt / width_pt
    for place, name in placed.heads:
        axes.text(
            start,
            place,
            name,
            transform=across,
            va="center",
            fontsize=SUPPLIER_PT,
            fontweight="bold",
            linespacing=1.05,
        )
    right = -GAP_PT / width_pt
    for place, label in zip(placed.lanes, placed.labels, strict=True):
        axes.text(
            right,
            place,
            label,
            transform=across,
            va="center",
            ha="right",
            fontsize=PURPOSE_PT,
            linespacing=1.05,
        )


def verdict_key(axes: Any) -> list[Any]:
    """Handles for the key: one colored, hatched field a verdict."""
    return [
        axes.barh(
            [-9.0],
            [0.0],
            color=COLORS[verdict],
            hatch=HATCHES[verdict],
            edgecolor=HATCH_COLORS[verdict],
            linewidth=0,
            label=word,
        )
        for verdict, word in WORDS.items()
    ]


def _days(at_s: int) -> float:
    """An axis of time counts days since 1970."""
    return at_s / 86_400
