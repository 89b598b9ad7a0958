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


def with_headers(headers: list[tuple[bytes, bytes]], origin: Origin) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those that every answer has."""
    always = ALWAYS + SECURE if origin.is_secure else ALWAYS
    ours = {name.encode() for name, _ in always}
    kept = [(name, value) for name, value in headers if name.lower() not in ours]
    there = {name.lower() for name, _ in kept}
    added = [(name, value) for name, value in UNLESS_SAID if name.encode() not in there]
    return [*kept, *((name.encode(), value.encode()) for name, value in (*always, *added))]
