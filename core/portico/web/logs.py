"""Logs to standard error: one line of text for people, or one JSON object for machines."""

from __future__ import annotations

import logging
import logging.config
from typing import Any

from portico.settings import Settings

_FIELDS = (
    "request_id",
    "tenant",
    "user",
    "route",
    "status",
    "ms",
    "queries",
    "address",
    "plugin",
    "hook",
    "actor",
    "outcome",
)


class TextFormatter(logging.Formatter):
    """time level message key=value …"""

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname:7} {record.message}"
        extra = " ".join(
            f"{name}={getattr(record, name)}" for name in _FIELDS if getattr(record, name, None) is not None
        )
        text = f"{line}  {extra}" if extra else line
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text


def formatting(settings: Settings) -> dict[str, Any]:
    """The formatter, as `logging.config` wants it. Machines get the time in UTC, with its zone (RFC 3339)."""
    if settings.log_format != "json":
        return {"()": "portico.web.logs.TextFormatter"}
    return {
        "()": "pythonjsonlogger.json.JsonFormatter",
        "fmt": "%(levelname)s %(name)s %(message)s",
        "timestamp": "time",
        "rename_fields": {"levelname": "level", "name": "logger"},
    }


def set_up_logging(settings: Settings) -> None:
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"portico": formatting(settings)},
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "portico"}},
            "root": {"level": settings.log_level, "handlers": ["console"]},
            "loggers": {
                "uvicorn": {"level": "WARNING"},
                "alembic": {"level": "WARNING"},
                "dramatiq": {"level": "WARNING"},
            },
        }
    )
