"""What an account is told of what has happened: asked of the database anew each time, at the moment of telling."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from contract.errors import InvalidValue
from contract.events import Event, EventType
from workspace.accounts.askers import Asker
from workspace.events.models import OutboxEvent
from workspace.events.outbox import KEPT
from workspace.sharing import questions
from workspace.sharing.roles import Role

logger = logging.getLogger(__name__)

#: Events that are read, and told, together.
AT_ONCE = 50
#: An event's id is made before its commit, and a position's at a moment: what is this much older is told again.
OVERLAP = timedelta(seconds=60)

#: What is told to whoever may read the item. What is not named here or of one kind of item (who is linked, which rooms
#: are bound) is told to nobody, whatever comes to the catalogue.
_OF_ITEMS = frozenset({EventType.ITEM_MOVED})
#: That rights changed is for those who answer for the item.
_OF_OWNERS = frozenset({EventType.ACCESS_CHANGED})
#: What those may be told of what is in the trash who could read it until then.
_TRASHING = frozenset({EventType.DOCUMENT_TRASHED, EventType.FOLDER_TRASHED, EventType.FILE_TRASHED})
#: Every type that can be told.
TYPES = sorted(type_ for type_ in EventType if type_.kind or type_ in _OF_ITEMS | _OF_OWNERS)


@dataclass(frozen=True)
class Wanted:
    """What they want of it. `under`: what hangs under this item; `types`: of these types (none: of all)."""

    under: UUID | None = None
    types: frozenset[EventType] = frozenset()


@dataclass(frozen=True)
class Gap:
    """Events are missing: what happened after `since` and before `until` (None: now) is kept no more."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Start:
    """After which sequence a stream begins. It `resumes` where the client said what it has."""

    after: int
    gap: Gap | None = None
    resumes: bool = True


@dataclass(frozen=True)
class Look:
    """What there was: `after` is the last event that was looked at, `more` whether others may follow."""

    after: int
    told: list[Event] = field(default_factory=list)
    more: bool = False
    ended: bool = False


def start(last: UUID | None) -> Start:
    """Where a stream begins whose client has `last` (a UUIDv7; None: it begins now)."""
    newest = OutboxEvent.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    if last is None:
        return Start(newest, resumes=False)
    known = OutboxEvent.objects.filter(event_id=last).values_list("sequence", flat=True).first()
    if known is not None:
        return Start(known)
    since = datetime.fromtimestamp((last.int >> 80) / 1000, UTC)
    if since < timezone.now() - KEPT:
        oldest = OutboxEvent.objects.order_by("sequence").values_list("sequence", "created_at").first()
        return Start(oldest[0] - 1, Gap(since, oldest[1])) if oldest else Start(newest, Gap(since, None))
    before = OutboxEvent.objects.filter(created_at__lte=since - OVERLAP).order_by("-sequence")
    return Start(before.values_list("sequence", flat=True).first() or 0)


def look(asker: Asker, wanted: Wanted, after: int) -> Look:
    """The next events that `asker` may be told of now, in their order."""
    if asker.user is None or not asker.is_let_in():
        return Look(after, ended=True)
    rows = OutboxEvent.objects.filter(sequence__gt=after).order_by("sequence")
    found = list(rows.values_list("sequence", "body")[:AT_ONCE])
    if not found:
        return Look(after)
    events = [event for event in (_read(sequence, bytes(body)) for sequence, body in found) if event is not None]
    asked_for = [event for event in events if _is_wanted(event, wanted)]
    return Look(found[-1][0], _may_be_told(asker.user, asked_for, wanted), more=len(found) == AT_ONCE)


def _read(sequence: int, body: bytes) -> Event | None:
    try:
        return Event.from_json(body)
    except InvalidValue as error:
        logger.error("streaming.not_an_event sequence=%d error=%s", sequence, error)
        return None


def _is_wanted(event: Event, wanted: Wanted) -> bool:
    if event.type not in TYPES or (wanted.types and event.type not in wanted.types):
        return False
    return wanted.under is None or wanted.under in event.path


def _may_be_told(user: UUID, events: Iterable[Event], wanted: Wanted) -> list[Event]:
    """Those whose item `user` may read, each with as much of its path as they may read.

    Without `under` that is what they have an access to: what a link alone opens they do not find here either, as they
    do not by searching (docs/adr/0005). Who names the item that they follow has its link.
    """
    by_item = [(event, event.resource.id) for event in events]
    if not by_item:
        return []
    ids = {item for event, item in by_item} | {above for event, _item in by_item for above in event.path}
    standing = questions.standing([user], ids)
    now, before = standing.roles(), standing.roles(even_in_trash=True)
    held = questions.held(user, {item for _event, item in by_item})
    told = []
    for event, item in by_item:
        rights = before if event.type in _TRASHING else now
        role = rights.get((user, item))
        if role is None or (event.type in _OF_OWNERS and role < Role.OWNER):
            continue
        if item not in held if wanted.under is None else (user, wanted.under) not in rights:
            continue
        told.append(replace(event, path=tuple(above for above in event.path if (user, above) in rights)))
    return told
