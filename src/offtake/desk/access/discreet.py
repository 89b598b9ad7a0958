"""What logs say, without what opens the desk: tokens, cookies, codes, states, authorizations."""

import json
import logging
import re
from collections.abc import Callable
from typing import TextIO

from offtake.units.time import instant_text

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


class Rows(logging.Formatter):
    """A formatter for programs that read logs: an object of JSON a line, as discreet."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record; ``error`` holds a traceback, if there is one."""
        row = {
            "at": instant_text(int(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "says": discreet(record.getMessage()),
        }
        if record.exc_info:
            row["error"] = discreet(self.formatException(record.exc_info))
        return json.dumps(row, ensure_ascii=False)


FORMS: dict[str, Callable[[], logging.Formatter]] = {
    "text": lambda: Discreet(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")),
    "json": Rows,
}
"""How lines of a log look, by name."""


def log_to(stream: TextIO, form: str = "text") -> None:
    """Log what the desk and its server do to a stream, and what goes wrong elsewhere."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(FORMS[form]())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in ("offtake", "uvicorn"):
        logging.getLogger(name).setLevel(logging.INFO)


def hush(*loggers: logging.Logger) -> None:
    """Make every handler of these loggers discreet."""
    for logger in loggers:
        for handler in logger.handlers:
            if not isinstance(handler.formatter, Discreet):
                handler.setFormatter(Discreet(handler.formatter))
