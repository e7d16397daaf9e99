"""The HTML that was made lately, kept by this process for who reads it next."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from uuid import UUID

from workspace.docs.render import Rendered

#: A version of a document: which, and its number. It never changes.
Version = tuple[UUID, int]


class Kept:
    """Keeps at most `room` characters, those that were asked for last. Any number of threads may use it."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lock = Lock()
        self._kept: OrderedDict[Version, Rendered] = OrderedDict()

    def get(self, version: Version) -> Rendered | None:
        """What is kept of that version."""
        with self._lock:
            if version in self._kept:
                self._kept.move_to_end(version)
            return self._kept.get(version)

    def put(self, version: Version, rendered: Rendered) -> None:
        """Keep it, in place of what nobody asked for the longest."""
        with self._lock:
            self._forget(version)
            self._kept[version] = rendered
            self._room -= len(rendered.html)
            while self._room < 0:
                self._forget(next(iter(self._kept)))

    def _forget(self, version: Version) -> None:
        gone = self._kept.pop(version, None)
        if gone is not None:
            self._room += len(gone.html)
