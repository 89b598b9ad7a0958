"""Headers of every answer, so that a browser does nothing the desk did not mean."""

from offtake.desk.access.origin import Origin

POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Nothing from other hosts, no script or style in the page itself, no frames around it."""

ALWAYS = (
    ("x-content-type-options", "nosniff"),
    # Not `no-referrer`: a form's Origin would be `null` then, and its own desk refuse it.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
UNLESS_SAID = (("content-security-policy", POLICY), ("cache-control", "no-store"))
"""What a handler may say otherwise: a letter has its styles in itself, and files that are the same
for everybody may be kept."""
SECURE = (("strict-transport-security", "max-age=31536000"),)
"""A year; of this host alone, since others below its name may not be ready."""


def _bytes(rows: tuple[tuple[str, str], ...]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode(), value.encode()) for name, value in rows)


_ALWAYS, _SECURE, _UNLESS_SAID = (_bytes(rows) for rows in (ALWAYS, ALWAYS + SECURE, UNLESS_SAID))
_OURS = {rows: frozenset(name for name, _ in rows) for rows in (_ALWAYS, _SECURE)}


def with_headers(headers: list[tuple[bytes, bytes]], origin: Origin) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those that every answer has."""
    always = _SECURE if origin.is_secure else _ALWAYS
    kept = [row for row in headers if row[0].lower() not in _OURS[always]]
    there = {name.lower() for name, _ in kept}
    return [*kept, *always, *(row for row in _UNLESS_SAID if row[0] not in there)]
