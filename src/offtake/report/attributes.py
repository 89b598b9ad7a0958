"""A picture styled by attributes alone, for places where no style may stand in a file.

A browser that takes styles from a desk's own files only (its content security policy) would show
a picture of the plotting library black on black. SVG says the same by presentation attributes.
"""

import re

RULE = re.compile(r'<style type="text/css">\*\{([^}]*)\}</style>')
STYLE = re.compile(r' style="([^"]*)"')


def without_styles(svg: bytes) -> bytes:
    """The same picture, with each style as an attribute; what held for all, at its root."""
    text = svg.decode()
    for rule in RULE.findall(text):
        text = text.replace("<svg ", f"<svg{_attributes(rule)} ", 1)
    text = RULE.sub("", text)
    return STYLE.sub(lambda found: _attributes(found[1]), text).encode()


def _attributes(style: str) -> str:
    """Such as `` fill="none" stroke="#333"`` for ``fill: none; stroke: #333``."""
    pairs = (part.partition(":") for part in style.split(";") if part.strip())
    return "".join(f' {name.strip()}="{value.strip()}"' for name, _, value in pairs)
