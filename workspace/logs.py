"""Logs go to stderr, one line an event. A line has ids, never a title, a text or a secret."""

from __future__ import annotations

import logging
import re
from typing import Any

from contract.process import LogLine

#: Whoever holds a linking address may use it: it is as secret as what it opens.
_LINK = re.compile(r"/link/[^/\s?]+")


class HideLinks(logging.Filter):
    """Takes the tokens of linking addresses out of what Django says about requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_LINK.sub("/link/…", arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


def configuration(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"hide_links": {"()": HideLinks}},
        "formatters": {"line": {"()": LogLine}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["hide_links"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
            # What a visitor asked for and did not get is theirs to know; our own failures are ours.
            "django.request": {"level": "ERROR"},
            # Below WARNING these write claims and tokens.
            "lasuite": {"level": "WARNING"},
            "mozilla_django_oidc": {"level": "WARNING"},
            "botocore": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "nats": {"level": "WARNING"},
        },
    }
