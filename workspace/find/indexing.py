"""Bringing the index up to date: what was touched, what must be read first, or everything anew. No waiting in here."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from contract.events import Event
from workspace.drive.models import FileVersion
from workspace.drive.store import NoObject, Store
from workspace.find import extract, sources
from workspace.find.changes import Touched, touched
from workspace.find.engines.base import Change, Engine
from workspace.find.extract import Extracted, Outcome
from workspace.find.models import FileText

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unread:
    """A file whose contents are to be read for the search."""

    item: UUID
    version: UUID
    key: str
    media_type: str
    size: int


def index(engine: Engine, events: Iterable[Event]) -> int:
    """Bring into the index what `events` touched. Answers how many items or trees these were."""
    what = touched(events)
    if what:
        refresh(engine, what)
    return len(what.items) + len(what.trees)


def refresh(engine: Engine, what: Touched) -> None:
    """Make these items in the index as they are in the database, in one commit."""
    items = what.items - sources.alive(what.items)
    entries = sources.entries(chain(what.items, sources.under(what.trees)))
    engine.apply(Change(entries=entries, gone=frozenset(items), under=what.trees))


def rebuild(engine: Engine) -> int:
    """Replace the index by what the database holds. Answers how many items it has."""
    count = engine.rebuild(sources.everything())
    logger.info("find.rebuilt items=%d", count)
    return count


def unread(limit: int) -> list[Unread]:
    """Files whose current contents were not read yet: the oldest of one person, of another… People take turns, by lot:
    whoever uploads many files, or files that take long, keeps nobody else's from being found.
    """
    waiting = FileVersion.objects.filter(pk=F("file__current"), text__isnull=True)
    turn = Window(RowNumber(), partition_by=F("author"), order_by=["created_at", "pk"])
    rows = waiting.annotate(turn=turn).order_by("turn", "?").values_list("file_id", "pk", "key", "media_type", "size")
    return [Unread(*row) for row in rows[:limit]]


def read(store: Store, file: Unread) -> Extracted:
    """The text of one file. Raises `StoreUnavailable`; whatever the file itself does is an outcome."""
    refusal = extract.refusal(file.media_type, file.size)
    if refusal is not None:
        return Extracted(refusal)
    with tempfile.TemporaryFile() as contents:
        try:
            store.fetch(file.key, contents)
        except NoObject:
            return Extracted(Outcome.MISSING)
        contents.seek(0)
        return extract.extract(contents, file.media_type)


def keep(engine: Engine, file: Unread, text: Extracted) -> None:
    """Remember what was read, and index it."""
    if not FileVersion.objects.filter(pk=file.version).exists():
        return
    FileText.objects.update_or_create(
        version_id=file.version, defaults={"outcome": text.outcome, "text": text.text.replace("\x00", " ")}
    )
    logger.info("find.file_read item=%s outcome=%s", file.item, text.outcome)
    if text.text:
        refresh(engine, Touched(items=frozenset({file.item})))


def parsed(bodies: Iterable[bytes]) -> Iterator[Event]:
    """The events in these messages; what is none of ours is told to the log and left."""
    for body in bodies:
        try:
            yield Event.from_json(body)
        except ValueError:
            logger.warning("find.not_an_event bytes=%d", len(body))
