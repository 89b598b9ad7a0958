"""The colors of all charts."""

INK, PALE, IDLE = "#22303c", "#8899a6", "#cfd8df"
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
"""Suppliers, and whatever else is told apart by color, in this order."""
