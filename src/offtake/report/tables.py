"""Tables for the terminal, plain where the output is not one."""

from offtake.core.explain import one_line
from offtake.report.figures import Table

COLORS = {"free": "green", "ask first": "yellow", "forbidden": "red"}
WIDTH_MAX = 160
"""Where the output is no terminal, tables are as wide as they need to be, up to this."""


def show(table: Table) -> None:
    """Print a table; verdicts are colored on a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    title = Text(one_line(table.title), style="table.title") if table.title else None
    grid = Grid(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for number, column in enumerate(table.columns):
        right = number in table.right
        # What is long is wrapped, never cut; figures and verdicts stay whole while they can.
        whole = right or {row[number] for row in table.rows} <= COLORS.keys()
        grid.add_column(
            Text(one_line(column)),
            justify="right" if right else "left",
            no_wrap=whole,
            overflow="fold",
        )
    for row in table.rows:
        grid.add_row(*(Text(one_line(cell), style=COLORS.get(cell, "")) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        wanted = console.measure(grid, options=console.options.update(width=WIDTH_MAX)).maximum
        console = Console(highlight=False, width=max(console.width, min(wanted, WIDTH_MAX)))
    console.print(grid)
    if table.note:
        console.print(Text(one_line(table.note)))
