"""Logs as one JSON object a line on standard error: control and direction characters escaped, secrets left out."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

_SECRET = re.compile(
    r"(dg_[A-Za-z0-9_-]{8})[A-Za-z0-9_-]+|(bearer\s+)\S+|((?:password|secret|token|csrf)\"?\s*[=:]\s*\"?)[^\s\",&]+", re.IGNORECASE
)
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

LOGGER = logging.getLogger("dougong")


def masked(text: str) -> str:
    """A text without the secrets that its form gives away."""
    return _SECRET.sub(lambda found: "".join(part for part in found.groups() if part) + "***", text)


class JsonFormatter(logging.Formatter):
    """One record as one line; JSON's ASCII form leaves no character that could forge a line or reorder it on screen."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        for name, value in record.__dict__.items():
            if name not in _STANDARD:
                line[name] = masked(value) if isinstance(value, str) else value
        if record.exc_info:
            line["trace"] = masked("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(line, ensure_ascii=True, default=str)


def configure(level: str) -> None:
    """Send every log of this process through the JSON form, at this level and above."""
    # What our lines do not tell is not looked up for each of them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level if level in logging.getLevelNamesMapping() else "INFO")
    for chatty in ("werkzeug", "gunicorn.access", "waitress.queue"):
        logging.getLogger(chatty).setLevel("WARNING")
