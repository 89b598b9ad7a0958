"""Large numbers for eyes."""


def brief(value: float, _position: float = 0) -> str:
    """Three significant digits and a letter: ``403B``, ``1.2M``, ``950``.

    The second argument is what a chart's axis passes along; it is not used.
    """
    for letter, factor in (("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= factor:
            return f"{value / factor:.3g}{letter}"
    return f"{value:.3g}"
