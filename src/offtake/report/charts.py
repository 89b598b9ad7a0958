"""Charts as SVG or PNG, the same bytes for the same figures. The plotting library's one door.

Sheets are set in points, so that letters and bars stay clear of one another without a second
pass over the drawing. ``width_in`` is a sheet's width: ``PHONE_IN`` is for narrow screens.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from offtake.report import lanes
from offtake.report.brief import brief
from offtake.report.colors import INK, PALE, SUPPLIERS
from offtake.report.figures import Bars, BurnDown, Capacity, Panels, RightsMap, Series, Stack
from offtake.report.lettering import lines_of, widest_pt
from offtake.report.marks import marks
from offtake.report.panels import draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE_IN, SMALL_IN, PHONE_IN = 11.0, 5.4, 4.9
POINTS_AN_INCH = 72
ROW_PT, KEY_PT, TITLE_PT = 25.0, 15.0, 19.0
BARS_MAX = 14
STYLE = {
    "svg.hashsalt": "offtake",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.edgecolor": PALE,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "hatch.linewidth": 0.5,
}
TICKS_S = {
    60: "1 min",
    600: "10 min",
    3_600: "1 h",
    6 * 3_600: "6 h",
    86_400: "1 d",
    7 * 86_400: "1 wk",
    30 * 86_400: "30 d",
    100 * 86_400: "100 d",
    365 * 86_400: "1 y",
    3_650 * 86_400: "10 y",
}
"""Where waits are marked, in seconds."""


def _sheet(size_pt: tuple[float, float], edges_pt: tuple[float, float, float, float]) -> Any:
    """A sheet and its one drawing, set in from the left, right, top and bottom."""
    from matplotlib.figure import Figure

    width, height = size_pt
    left, right, top, bottom = edges_pt
    page = Figure(figsize=(width / POINTS_AN_INCH, height / POINTS_AN_INCH))
    area = (
        left / width,
        bottom / height,
        (width - left - right) / width,
        (height - top - bottom) / height,
    )
    return page, page.add_axes(area)


def _style() -> Any:
    import matplotlib as mpl

    return mpl.rc_context(STYLE)


def rights_map(figure: RightsMap, kind: str = "svg", width_in: float = WIDE_IN) -> bytes:
    """The rights map: a lane for each supplier and purpose, colored by verdict over time."""
    with _style():
        width = width_in * POINTS_AN_INCH
        placed = lanes.setting(figure, width)
        left, right, top, bottom = placed.left_pt, 16.0, 46.0, 22.0
        top -= 0.0 if figure.title else TITLE_PT
        height = top + bottom + lanes.LANE_PT * placed.depth
        page, axes = _sheet((width, height), (left, right, top, bottom))
        lanes.draw(axes, figure, placed, width - left - right)
        _dates(axes, (figure.from_s, figure.until_s), 12 if width_in > PHONE_IN else 5)
        _title(page, lines_of(figure.title, int(width / 7), 1))
        _key(page, lanes.verdict_key(axes), 3, TITLE_PT if figure.title else 0.0)
        return _bytes(page, kind, figure.title)


def _title(page: "Figure", text: str) -> None:
    """A sheet's title at its top left."""
    if not text:
        return
    height = page.get_figheight() * POINTS_AN_INCH
    page.text(
        2.0 / (page.get_figwidth() * POINTS_AN_INCH),
        1 - 5.0 / height,
        text,
        va="top",
        fontsize=11,
        fontweight="bold",
    )


def _key(page: "Figure", handles: Sequence[Any], columns: int, below_pt: float = TITLE_PT) -> None:
    """What the colors mean, below the title."""
    height = page.get_figheight() * POINTS_AN_INCH
    page.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.0, 1 - below_pt / height),
        ncols=columns,
        frameon=False,
        fontsize=8.2,
        borderaxespad=0.2,
        columnspacing=1.4,
        handlelength=1.5,
    )


def _columns(labels: Sequence[str], room_pt: float) -> int:
    """In how many columns a key of these labels fits."""
    widest = widest_pt(labels, 8.2) + 34.0
    return max(min(int(room_pt / widest), len(labels)), 1)


def _days(at_s: int) -> float:
    """An axis of time counts days since 1970."""
    return at_s / 86_400


def _dates(axes: "Axes", period: tuple[int, int], most: int) -> None:
    """Dates across, at most so many marks."""
    found = marks(period, most)
    axes.set_xlim(_days(period[0]), _days(period[1]))
    axes.set_xticks([_days(at_s) for at_s, _ in found], [words for _, words in found], fontsize=8)
    _grid(axes, "x")


def capacity(figure: Capacity, kind: str = "svg", width_in: float = WIDE_IN) -> bytes:
    """Capacity by supplier, stacked, against what was wanted, in GPUs over time."""
    import numpy as np

    with _style():
        width = width_in * POINTS_AN_INCH
        labels = [one.label for one in (*figure.suppliers, figure.demand)]
        columns = _columns(labels, width)
        top = 28.0 + KEY_PT * -(-len(labels) // columns)
        page, axes = _sheet((width, top + 215.0), (44.0, 16.0, top, 22.0))
        edges = _edges(figure, figure.suppliers)
        days = [_days(at_s) for at_s in edges]
        levels = np.array([_levels(one, edges) for one in figure.suppliers] or [[0] * len(edges)])
        handles: list[Any] = []
        if figure.suppliers:
            handles += axes.stackplot(
                days,
                levels,
                labels=labels[:-1],
                colors=[SUPPLIERS[n % len(SUPPLIERS)] for n in range(len(levels))],
                step="post",
                alpha=0.88,
                linewidth=0,
            )
        edges = _edges(figure, [figure.demand])
        handles += axes.step(
            [_days(at_s) for at_s in edges],
            _levels(figure.demand, edges),
            where="post",
            color=INK,
            linewidth=1.2,
            label=figure.demand.label,
        )
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(brief)
        _dates(axes, (figure.from_s, figure.until_s), 12 if width_in > PHONE_IN else 5)
        _calm(axes)
        _title(page, "GPUs held, by supplier, and GPUs wanted")
        _key(page, handles, columns)
        return _bytes(page, kind, "Capacity against demand")


def _edges(figure: Capacity, series: Sequence[Series]) -> list[int]:
    """When any of these changes, and the ends of the period."""
    inside = {
        at_s for one in series for at_s, _ in one.points if figure.from_s <= at_s < figure.until_s
    }
    return sorted({figure.from_s, *inside, figure.until_s})


def _levels(series: Series, edges: Sequence[int]) -> list[float]:
    levels, place, level = [], 0, 0.0
    for edge in edges:
        while place < len(series.points) and series.points[place][0] <= edge:
            level = series.points[place][1]
            place += 1
        levels.append(level)
    return levels


def burn_down(figure: BurnDown, kind: str = "svg") -> bytes:
    """What is left of a floor, beside an even pace; below zero, more than promised is taken."""
    with _style():
        page, axes = _sheet((SMALL_IN * POINTS_AN_INCH, 225.0), (52.0, 14.0, 46.0, 24.0))
        ends = [_days(figure.from_s), _days(figure.until_s)]
        pace = axes.plot(ends, [figure.floor, 0.0], color=PALE, linewidth=1.0, label="even pace")
        so_far = [(at_s, left) for at_s, left in figure.left if at_s <= figure.at_s]
        ahead = [*so_far[-1:], *((at_s, left) for at_s, left in figure.left if at_s > figure.at_s)]
        drawn = [
            axes.plot(
                [_days(at_s) for at_s, _ in points],
                [left for _, left in points],
                color=SUPPLIERS[0],
                linestyle=style,
                linewidth=1.6,
                label=label,
            )
            for points, style, label in ((so_far, "-", "left"), (ahead, ":", "expected"))
            if points
        ]
        axes.axhline(0, color=INK, linewidth=0.6)
        axes.yaxis.set_major_formatter(brief)
        _dates(axes, (figure.from_s, figure.until_s), 6)
        _grid(axes, "y")
        _calm(axes)
        _title(page, lines_of(f"{figure.title}, {figure.unit}", 56, 1))
        _key(page, [*(line[0] for line in drawn), pace[0]], 3)
        return _bytes(page, kind, figure.title)


def waits(sorted_waits_s: Sequence[int], kind: str = "svg") -> bytes:
    """The share of jobs that had started after waiting so long."""
    import numpy as np

    with _style():
        page, axes = _sheet((SMALL_IN * POINTS_AN_INCH, 225.0), (40.0, 14.0, 28.0, 34.0))
        count = max(len(sorted_waits_s), 1)
        kept = np.unique(np.linspace(0, count - 1, num=min(count, 500)).astype(int))
        # Logarithms on an even axis: marks at minutes, hours and days, not at powers of ten.
        shown = np.log10(np.maximum(np.asarray(sorted_waits_s, float)[kept], 60.0))
        most = max(float(shown.max(initial=0.0)), np.log10(3_600))
        axes.step(shown, 100 * (kept + 1) / count, where="post", color=SUPPLIERS[0], linewidth=1.6)
        ticks = {np.log10(at_s): text for at_s, text in TICKS_S.items()}
        ticks = {place: text for place, text in ticks.items() if place <= most + 0.1}
        axes.set_xticks(list(ticks), list(ticks.values()), fontsize=8)
        axes.set_xlim(np.log10(60) - 0.05, most + 0.12)
        axes.set_ylim(0, 102)
        axes.set_xlabel("wait (a minute or less stands at one minute)", fontsize=8.2)
        axes.yaxis.set_major_formatter("{x:.0f} %")
        _grid(axes, "both")
        _calm(axes)
        _title(page, "Jobs that had started, by wait")
        return _bytes(page, kind, "Waits")


def bars(figure: Bars, kind: str = "svg") -> bytes:
    """Amounts by name as horizontal bars."""
    rows = figure.rows
    if len(rows) > BARS_MAX:
        others = sum(value for _, value in rows[BARS_MAX - 1 :])
        rows = (*rows[: BARS_MAX - 1], (f"{len(rows) - BARS_MAX + 1} others", others))
    parts = Stack(figure.title, figure.unit, ("",), tuple((name, (x,)) for name, x in rows))
    return stack(parts, kind)


def stack(figure: Stack, kind: str = "svg") -> bytes:
    """Amounts by name as horizontal bars, each made of parts, with its sum at its end."""
    with _style():
        width = SMALL_IN * POINTS_AN_INCH
        rows = figure.rows
        names = [lines_of(name, 24) for name, _ in rows]
        left = widest_pt(names, 8.2) + 12.0
        named = len(figure.parts) > 1
        columns = _columns(figure.parts, width)
        top = 28.0 + (KEY_PT * -(-len(figure.parts) // columns) if named else 0.0)
        height = top + 32.0 + ROW_PT * max(len(rows), 1)
        page, axes = _sheet((width, height), (left, 14.0, top, 32.0))
        handles = _stacked(axes, figure, rows)
        axes.set_yticks(range(len(rows)), names, fontsize=8.2, linespacing=1.05)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
        axes.set_xlabel(figure.unit, fontsize=8.2)
        axes.tick_params(axis="x", labelsize=8)
        axes.xaxis.set_major_formatter(brief)
        _grid(axes, "x")
        _calm(axes)
        _title(page, lines_of(figure.title, 56, 1))
        if named:
            _key(page, handles, columns)
        return _bytes(page, kind, figure.title)


def _stacked(axes: "Axes", figure: Stack, rows: Sequence[tuple[str, Sequence[float]]]) -> list[Any]:
    """The bars part by part, what is below zero to the left; the sum at the end of each."""
    places, handles = range(len(rows)), []
    above, below = [0.0] * len(rows), [0.0] * len(rows)
    for number, part in enumerate(figure.parts):
        sizes = [values[number] for _, values in rows]
        ends = zip(above, below, sizes, strict=True)
        starts = [high if size >= 0 else low for high, low, size in ends]
        colors = figure.colors or SUPPLIERS
        color = colors[number % len(colors)]
        handles.append(axes.barh(places, sizes, left=starts, color=color, height=0.66, label=part))
        above = [high + max(size, 0.0) for high, size in zip(above, sizes, strict=True)]
        below = [low + min(size, 0.0) for low, size in zip(below, sizes, strict=True)]
    for place, high, (_, values) in zip(places, above, rows, strict=True):
        axes.annotate(
            _end(sum(values)),
            (high, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.2,
        )
    most = max((*above, *(-low for low in below), 0.0)) or 1.0
    axes.set_xlim(1.05 * min((*below, 0.0)), 1.17 * most)
    axes.locator_params(axis="x", nbins=5)
    return handles


def _end(value: float) -> str:
    """What stands at the end of a bar: three digits, so that prices show their cents."""
    whole = float(value).is_integer() or abs(value) >= 1_000
    return brief(value) if whole else f"{value:#.3g}".rstrip(".")


def panels(figure: Panels, kind: str = "svg") -> bytes:
    """Several drawings in one picture."""
    from matplotlib.figure import Figure

    with _style():
        rows = -(-len(figure.panels) // figure.columns)
        page = Figure(figsize=(11, 0.5 + 3.1 * rows), layout="constrained")
        page.suptitle(figure.title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        for number, panel in enumerate(figure.panels, start=1):
            axes = page.add_subplot(rows, figure.columns, number)
            draw(axes, panel)
        return _bytes(page, kind, figure.title)


def _grid(axes: "Axes", across: str) -> None:
    axes.grid(visible=True, axis=across, color=PALE, linewidth=0.4, alpha=0.6)  # type: ignore[arg-type]
    axes.set_axisbelow(True)


def _calm(axes: "Axes") -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _bytes(page: "Figure", kind: str, title: str) -> bytes:
    """The figure's bytes; nothing in them depends on when or where they were made."""
    out = BytesIO()
    metadata: dict[str, Any] = {"Title": title}
    metadata |= {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    page.savefig(out, format=kind, metadata=metadata, dpi=160, facecolor="white")
    return out.getvalue()
