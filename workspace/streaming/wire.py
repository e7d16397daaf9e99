"""Server-sent events as bytes (WHATWG HTML, "Server-sent events"). Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

#: A sign of life that no client shows anybody.
HEARTBEAT = b":\n\n"


def event(id_: UUID, data: bytes) -> bytes:
    """One event. `data` is JSON on one line."""
    return b"id: %b\ndata: %b\n\n" % (str(id_).encode(), data)


def gap(facts: Mapping[str, str | None]) -> bytes:
    """That events are missing here. It has no id: a client that is cut off right after it is told again."""
    return b"event: gap\ndata: %b\n\n" % json.dumps(facts).encode()


def position(id_: UUID) -> bytes:
    """Moves the client's `Last-Event-ID` without showing it an event: a block without data is not dispatched."""
    return b":\nid: %b\n\n" % str(id_).encode()


def retry(milliseconds: int) -> bytes:
    """How long a client waits before it comes back."""
    return b"retry: %d\n\n" % milliseconds


def ended(why: str) -> bytes:
    """A comment that says why the stream ends."""
    return b": ended: %b\n\n" % why.encode()
