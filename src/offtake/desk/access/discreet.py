"""What logs say, without what opens the desk: tokens, cookies, codes, states, authorizations."""

import logging
import re
from typing import TextIO

GONE = "[removed]"

_TOKEN = re.compile(r"(oft_[0-9a-f]{16})_[\w-]+")
_COOKIE = re.compile(r"((?:__Host-)?offtake(?:-sign-on)?=)[^;,\s\"'&]+")
_PARAMETER = re.compile(
    r"\b(code|state|nonce|code_verifier|client_secret|id_token|access_token|refresh_token|_csrf)"
    r"(=|['\"]?:\s*['\"]?)[^&\s\"',;}]+"
)
_HEADER = re.compile(
    r"(?i)\b(authorization|x-csrf-token)(['\"]?\s*[:=,]\s*(?:b(?=['\"]))?['\"]?)"
    r"(?:(?:bearer|basic)\s+)?[^\s\"',;)]+"
)


def discreet(text: str) -> str:
    """A text without secrets: what they belong to stays."""
    text = _TOKEN.sub(rf"\1_{GONE}", text)
    text = _COOKIE.sub(rf"\1{GONE}", text)
    text = _PARAMETER.sub(rf"\1\2{GONE}", text)
    return _HEADER.sub(rf"\1\2{GONE}", text)


class Discreet(logging.Formatter):
    """A formatter whose lines, tracebacks included, hold no secrets."""

    def __init__(self, inner: logging.Formatter | None = None) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        return discreet(self._inner.format(record))


def log_to(stream: TextIO) -> None:
    """Log what the desk and its server do to a stream, and what goes wrong elsewhere."""
    handler = logging.StreamHandler(stream)
    line = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(Discreet(logging.Formatter(line)))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in ("offtake", "uvicorn"):
        logging.getLogger(name).setLevel(logging.INFO)


def hush(*loggers: logging.Logger) -> None:
    """Make every handler of these loggers discreet."""
    for logger in loggers:
        for handler in logger.handlers:
            if not isinstance(handler.formatter, Discreet):
                handler.setFormatter(Discreet(handler.formatter))
