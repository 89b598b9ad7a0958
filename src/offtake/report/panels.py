"""One drawing of a picture: lines, bars or levels on the axes it is given."""

from typing import Any

from offtake.report.brief import brief
from offtake.report.colors import PALE, SUPPLIERS
from offtake.report.figures import Panel


def draw(axes: Any, panel: Panel) -> None:
    """Draw a panel with its title, axes and key."""
    DRAWN[panel.drawn](axes, panel)
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
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if len(panel.lines) > 1:
        axes.legend(frameon=False, fontsize=7.6, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _steps(axes: Any, panel: Panel) -> None:
    for number, line in enumerate(panel.lines):
        color = SUPPLIERS[number]
        width = 1.0 if len(line.x) < 500 else 0.7
        axes.step(line.x, line.y, where="post", color=color, linewidth=width, label=line.label)
        if len(panel.lines) == 1:
            axes.fill_between(line.x, line.y, step="post", color=color, alpha=0.22, linewidth=0)


def _stack(axes: Any, panel: Panel) -> None:
    levels, labels = [line.y for line in panel.lines], [line.label for line in panel.lines]
    colors = [PALE if "others" in labels[n] else SUPPLIERS[n] for n in range(len(levels))]
    x = panel.lines[0].x
    axes.stackplot(x, levels, labels=labels, colors=colors, step="post", linewidth=0)


def _bars(axes: Any, panel: Panel) -> None:
    width = 0.84 / len(panel.lines)
    for number, line in enumerate(panel.lines):
        left = [x + 0.08 + width * number for x in line.x]
        axes.bar(left, line.y, width, align="edge", color=SUPPLIERS[number], label=line.label)


def _curve(axes: Any, panel: Panel) -> None:
    for number, line in enumerate(panel.lines):
        axes.plot(line.x, line.y, color=SUPPLIERS[number], linewidth=1.4, label=line.label)


DRAWN = {"steps": _steps, "stack": _stack, "bars": _bars, "curve": _curve}
