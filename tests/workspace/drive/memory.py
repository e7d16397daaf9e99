"""A store in memory, for what must happen at one certain moment of an upload. The real one is in `seaweed`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.utils import timezone

from workspace.drive.store import Form, NoObject, Store, Stored, StoreUnavailable


class MemoryStore(Store):
    """`objects` by key: what is in them, of which type, and when they were written."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str, datetime]] = {}
        #: Called once, before the next copy is made.
        self.before_copy: Callable[[], object] | None = None
        #: Keys that are not deleted; None: nothing answers.
        self.stuck: set[str] | None = set()

    def form(self, key: str, *, size: int, media_type: str, seconds: int = 900) -> Form:
        return Form("http://store.test/", {"key": key, "Content-Type": media_type})

    def head(self, key: str) -> Stored:
        body, media_type, _written = self._object(key)
        return Stored(len(body), media_type, hashlib.md5(body).hexdigest())

    def copy(self, source: str, target: str, *, etag: str) -> None:
        before, self.before_copy = self.before_copy, None
        if before is not None:
            before()
        if self.head(source).etag != etag:
            raise NoObject
        self.objects[target] = self.objects[source]

    def beginning(self, key: str, length: int) -> bytes:
        return self._object(key)[0][:length]

    def part(self, key: str, first: int, length: int) -> bytes:
        part = self._object(key)[0][first : first + length]
        if len(part) != length:
            raise NoObject
        return part

    def put(self, key: str, body: bytes, *, media_type: str) -> Stored:
        self.objects[key] = (body, media_type, timezone.now())
        return self.head(key)

    def older(self, prefix: str, than: datetime) -> Iterator[str]:
        yield from [key for key, one in self.objects.items() if key.startswith(prefix) and one[2] < than]

    def delete(self, keys: Iterable[str]) -> set[str]:
        if self.stuck is None:
            raise StoreUnavailable("the store does not answer")
        for key in set(keys) - self.stuck:
            self.objects.pop(key, None)
        return set(keys) & self.stuck

    def _object(self, key: str) -> tuple[bytes, str, datetime]:
        try:
            return self.objects[key]
        except KeyError:
            raise NoObject from None
