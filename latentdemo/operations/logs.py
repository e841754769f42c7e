"""Lines of the log as JSON objects, for programs that collect them."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime

VARIABLE = "LATENTDEMO_LOG"


def json_is_asked_for() -> bool:
    """Whether `$LATENTDEMO_LOG` says json."""
    return os.environ.get(VARIABLE, "").lower() == "json"


class JsonLines(logging.Formatter):
    """A line for each record: time, level, logger, message, and the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
