"""Charts as SVG or PNG, the same bytes for the same figures. The plotting library's one door."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from offtake.report.brief import brief
from offtake.report.figures import Bars, Capacity, Panel, Panels, RightsMap, Series, Span

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FREE, ASK, FORBIDDEN = "#4c9f8b", "#f0b429", "#c8553d"
COLORS = {"permit": FREE, "hold": ASK, "deny": FORBIDDEN}
HATCHES = {"permit": "", "hold": "////", "deny": "xxxx"}
HATCH_COLORS = {"permit": FREE, "hold": "#f7d382", "deny": "#da8b79"}
WORDS = {"permit": "free", "hold": "must ask first", "deny": "forbidden"}
INK, PALE = "#22303c", "#8899a6"
SUPPLIERS = (
    "#3b6ea5",
    "#c8553d",
    "#4c9f8b",
    "#8f6bb3",
    "#d98f2b",
    "#6b7a8f",
    "#b35c8a",
    "#7fa650",
    "#2f4858",
    "#a0765b",
)
LANE_INCHES = 0.34
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


def rights_map(figure: RightsMap, kind: str = "svg") -> bytes:
    """The rights map: a lane for each supplier and purpose, colored by verdict over time."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        height = 1.6 + LANE_INCHES * max(len(figure.lanes), 1)
        page = Figure(figsize=(13.5, height), layout="constrained")
        axes = page.add_subplot()
        for row, lane in enumerate(figure.lanes):
            for span in lane.spans:
                _span(axes, span, row)
        _causes(axes, figure)
        _lanes(axes, figure)
        _years(axes, figure.from_s, figure.until_s)
        axes.set_title(figure.title, loc="left", fontsize=12, fontweight="bold", pad=28)
        _verdict_legend(axes)
        return _bytes(page, kind, figure.title)


def _span(axes: "Axes", span: Span, row: int) -> None:
    axes.barh(
        row,
        _days(span.until_s) - _days(span.from_s),
        left=_days(span.from_s),
        height=0.74,
        color=COLORS[span.verdict],
        edgecolor=HATCH_COLORS[span.verdict],
        linewidth=0,
        hatch=HATCHES[span.verdict],
    )
    if span.from_s:
        axes.vlines(_days(span.from_s), row - 0.37, row + 0.37, color="white", linewidth=1.4)


def _causes(axes: "Axes", figure: RightsMap) -> None:
    """Write the clause into each span where its name fits."""
    width = _days(figure.until_s) - _days(figure.from_s)
    for row, lane in enumerate(figure.lanes):
        for span in lane.spans:
            days = _days(span.until_s) - _days(span.from_s)
            text = _fitting(span.clauses, int(days / width * 165))
            if not text:
                continue
            axes.text(
                _days(span.from_s) + width * 0.004,
                row,
                text,
                va="center",
                fontsize=6.6,
                color="white" if span.verdict != "hold" else INK,
                bbox={
                    "facecolor": COLORS[span.verdict],
                    "edgecolor": "none",
                    "pad": 0.6,
                    "alpha": 0.85,
                },
            )


def _fitting(clauses: tuple[str, ...], room: int) -> str:
    """The ids of clauses in full, or without their agreement, or cut; nothing in a sliver."""
    full = ", ".join(clauses)
    short = ", ".join(clause.rpartition("/")[2] for clause in clauses)
    for text in (full, short):
        if len(text) <= room:
            return text
    return f"{short[: room - 1]}…" if room >= 6 else ""


def _lanes(axes: "Axes", figure: RightsMap) -> None:
    """Label lanes by purpose, groups of lanes by supplier."""
    labels, ticks, previous = [], [], ""
    for row, lane in enumerate(figure.lanes):
        ticks.append(row)
        labels.append(_shorter(lane.purpose, 44))
        if lane.supplier != previous:
            if row:
                axes.axhline(row - 0.5, color=PALE, linewidth=0.6)
            axes.text(
                1.008,
                row,
                lane.supplier,
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=9,
                fontweight="bold",
            )
            previous = lane.supplier
    axes.set_yticks(ticks, labels, fontsize=7.6)
    axes.set_ylim(max(len(figure.lanes), 1) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _shorter(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _verdict_legend(axes: "Axes") -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(
            facecolor=COLORS[verdict],
            hatch=HATCHES[verdict],
            edgecolor=HATCH_COLORS[verdict],
            linewidth=0,
            label=word,
        )
        for verdict, word in WORDS.items()
    ]
    axes.legend(
        handles=handles,
        ncols=3,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        frameon=False,
        fontsize=8.5,
    )


def _days(at_s: int) -> float:
    """Matplotlib counts dates in days since 1970."""
    return at_s / 86_400


def _years(axes: "Axes", from_s: int, until_s: int) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=5, maxticks=14)
    axes.set_xlim(_days(from_s), _days(until_s))
    axes.xaxis_date()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    axes.grid(visible=True, axis="x", color=PALE, linewidth=0.4, alpha=0.6)
    axes.set_axisbelow(True)


def capacity(figure: Capacity, kind: str = "svg") -> bytes:
    """Capacity by supplier, stacked, against what was wanted, in GPUs over time."""
    import matplotlib as mpl
    import numpy as np
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        page = Figure(figsize=(11, 4.2), layout="constrained")
        axes = page.add_subplot()
        series = (*figure.suppliers, figure.demand)
        edges = sorted({at_s for one in series for at_s, _ in one.points})
        edges = [at_s for at_s in edges if figure.from_s <= at_s < figure.until_s]
        edges = sorted({figure.from_s, *edges, figure.until_s})
        days = [_days(at_s) for at_s in edges]
        levels = np.array([_levels(one, edges) for one in figure.suppliers] or [[0] * len(edges)])
        if figure.suppliers:
            axes.stackplot(
                days,
                levels,
                labels=[one.label for one in figure.suppliers],
                colors=[SUPPLIERS[n % len(SUPPLIERS)] for n in range(len(levels))],
                step="post",
                alpha=0.88,
                linewidth=0,
            )
        wanted = _levels(figure.demand, edges)
        axes.step(days, wanted, where="post", color=INK, linewidth=1.4, label=figure.demand.label)
        axes.set_ylabel("GPUs")
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(brief)
        _years(axes, figure.from_s, figure.until_s)
        _calm(axes)
        axes.legend(loc="upper left", frameon=False, fontsize=8, ncols=2)
        return _bytes(page, kind, "Capacity against demand")


def _levels(series: Series, edges: Sequence[int]) -> list[float]:
    levels, place, level = [], 0, 0.0
    for edge in edges:
        while place < len(series.points) and series.points[place][0] <= edge:
            level = series.points[place][1]
            place += 1
        levels.append(level)
    return levels


def waits(sorted_waits_s: Sequence[int], kind: str = "svg") -> bytes:
    """The share of jobs that had started after waiting so long."""
    import matplotlib as mpl
    import numpy as np
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        page = Figure(figsize=(5.4, 3.2), layout="constrained")
        axes = page.add_subplot()
        count = max(len(sorted_waits_s), 1)
        kept = np.unique(np.linspace(0, count - 1, num=min(count, 500)).astype(int))
        hours = np.maximum(np.asarray(sorted_waits_s, float)[kept] / 3_600, 1 / 60)
        axes.step(hours, (kept + 1) / count, where="post", color=SUPPLIERS[0], linewidth=1.6)
        axes.set_xscale("log")
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("wait in hours (a minute or less is drawn as one minute)")
        axes.set_ylabel("share of jobs started")
        axes.grid(visible=True, color=PALE, linewidth=0.4, alpha=0.6)
        _calm(axes)
        return _bytes(page, kind, "Waits")


def bars(figure: Bars, kind: str = "svg") -> bytes:
    """Amounts by name as horizontal bars."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        rows = figure.rows[:14]
        page = Figure(figsize=(5.4, 0.9 + 0.3 * max(len(rows), 1)), layout="constrained")
        axes = page.add_subplot()
        axes.barh(range(len(rows)), [value for _, value in rows], color=SUPPLIERS[0], height=0.66)
        axes.set_yticks(range(len(rows)), [_shorter(name, 40) for name, _ in rows])
        axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
        axes.set_xlabel(figure.unit)
        axes.xaxis.set_major_formatter(brief)
        axes.grid(visible=True, axis="x", color=PALE, linewidth=0.4, alpha=0.6)
        axes.set_axisbelow(True)
        _calm(axes)
        return _bytes(page, kind, figure.title)


def panels(figure: Panels, kind: str = "svg") -> bytes:
    """Several drawings in one picture."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        rows = -(-len(figure.panels) // figure.columns)
        page = Figure(figsize=(11, 0.5 + 3.1 * rows), layout="constrained")
        page.suptitle(figure.title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        for number, panel in enumerate(figure.panels, start=1):
            axes = page.add_subplot(rows, figure.columns, number)
            DRAWN[panel.drawn](axes, panel)
            _panel(axes, panel)
        return _bytes(page, kind, figure.title)


def _panel(axes: "Axes", panel: Panel) -> None:
    axes.set_title(panel.title, loc="left", fontsize=9.5)
    axes.set_xlabel(panel.x_label)
    axes.set_ylabel(panel.y_label)
    if panel.scale == "log":
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(brief)
    if panel.ticks:
        axes.set_xticks([x + 0.5 for x in panel.lines[0].x], panel.ticks)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(brief)
    axes.grid(visible=True, axis="y", color=PALE, linewidth=0.4, alpha=0.6)
    axes.set_axisbelow(True)
    width = 1 if panel.drawn == "bars" else 0
    axes.set_xlim(
        min(line.x[0] for line in panel.lines), max(line.x[-1] for line in panel.lines) + width
    )
    _calm(axes)
    if len(panel.lines) > 1:
        axes.legend(frameon=False, fontsize=7.6, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _steps(axes: "Axes", panel: Panel) -> None:
    for number, line in enumerate(panel.lines):
        color = SUPPLIERS[number]
        width = 1.0 if len(line.x) < 500 else 0.7
        axes.step(line.x, line.y, where="post", color=color, linewidth=width, label=line.label)
        if len(panel.lines) == 1:
            axes.fill_between(line.x, line.y, step="post", color=color, alpha=0.22, linewidth=0)


def _stack(axes: "Axes", panel: Panel) -> None:
    levels, labels = [line.y for line in panel.lines], [line.label for line in panel.lines]
    colors = [PALE if "others" in labels[n] else SUPPLIERS[n] for n in range(len(levels))]
    x = panel.lines[0].x
    axes.stackplot(x, levels, labels=labels, colors=colors, step="post", linewidth=0)


def _bars(axes: "Axes", panel: Panel) -> None:
    width = 0.84 / len(panel.lines)
    for number, line in enumerate(panel.lines):
        left = [x + 0.08 + width * number for x in line.x]
        axes.bar(left, line.y, width, align="edge", color=SUPPLIERS[number], label=line.label)


def _curve(axes: "Axes", panel: Panel) -> None:
    for number, line in enumerate(panel.lines):
        axes.plot(line.x, line.y, color=SUPPLIERS[number], linewidth=1.4, label=line.label)


DRAWN = {"steps": _steps, "stack": _stack, "bars": _bars, "curve": _curve}


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
