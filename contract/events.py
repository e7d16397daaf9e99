"""The catalogue of events: CloudEvents 1.0 in structured JSON, thin by design.

An event says that something of some kind happened to a resource, by whom, and where the resource hangs in the tree.
It never carries a title, a name or content: what a reader may see is fetched when it is needed, with the reader's
rights, so an event cannot leak (`docs/architecture.md`, "Events").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

import uuid_utils.compat

from contract.errors import InvalidValue
from contract.ids import ItemId, RoomId, Sub, room_id
from contract.resources import Kind, Resource

#: The JetStream stream and the subjects that it takes. An event's subject is `SUBJECT_PREFIX` and its short type.
STREAM = "PARVIS"
SUBJECT_PREFIX = "parvis.events."
TYPE_PREFIX = "fr.parvis."
CONTENT_TYPE = "application/cloudevents+json"
#: An event is thin: whatever is larger is not one of ours.
MAX_EVENT_BYTES = 16_384


class EventType(StrEnum):
    """Everything that can happen. The value is the CloudEvents `type`."""

    DOCUMENT_CREATED = "fr.parvis.docs.document.created"
    DOCUMENT_UPDATED = "fr.parvis.docs.document.updated"
    DOCUMENT_SHARED = "fr.parvis.docs.document.shared"
    DOCUMENT_TRASHED = "fr.parvis.docs.document.trashed"
    DOCUMENT_RESTORED = "fr.parvis.docs.document.restored"
    COMMENT_CREATED = "fr.parvis.docs.comment.created"
    COMMENT_UPDATED = "fr.parvis.docs.comment.updated"
    COMMENT_DELETED = "fr.parvis.docs.comment.deleted"
    COMMENT_MENTIONED = "fr.parvis.docs.comment.mentioned"
    THREAD_RESOLVED = "fr.parvis.docs.thread.resolved"
    THREAD_REOPENED = "fr.parvis.docs.thread.reopened"
    REACTION_ADDED = "fr.parvis.docs.reaction.added"
    REACTION_REMOVED = "fr.parvis.docs.reaction.removed"
    FOLDER_CREATED = "fr.parvis.drive.folder.created"
    FOLDER_UPDATED = "fr.parvis.drive.folder.updated"
    FOLDER_SHARED = "fr.parvis.drive.folder.shared"
    FOLDER_TRASHED = "fr.parvis.drive.folder.trashed"
    FOLDER_RESTORED = "fr.parvis.drive.folder.restored"
    FILE_UPLOADED = "fr.parvis.drive.file.uploaded"
    FILE_UPDATED = "fr.parvis.drive.file.updated"
    FILE_SHARED = "fr.parvis.drive.file.shared"
    FILE_TRASHED = "fr.parvis.drive.file.trashed"
    FILE_RESTORED = "fr.parvis.drive.file.restored"
    ITEM_MOVED = "fr.parvis.sharing.item.moved"
    ACCESS_CHANGED = "fr.parvis.sharing.access.changed"
    IDENTITY_LINKED = "fr.parvis.accounts.identity.linked"
    IDENTITY_UNLINKED = "fr.parvis.accounts.identity.unlinked"
    ROOM_BOUND = "fr.parvis.rooms.binding.created"
    ROOM_UNBOUND = "fr.parvis.rooms.binding.removed"

    @property
    def nats_subject(self) -> str:
        """The JetStream subject that events of this type are published on."""
        return SUBJECT_PREFIX + self.value.removeprefix(TYPE_PREFIX)

    @property
    def kind(self) -> Kind | None:
        """To what kind of item it happens, None for what is not of one kind."""
        noun = self.value.split(".")[-2]
        return Kind(noun) if noun in set(Kind) else None


#: What happens to comments. `contract.comments` says what is in the `extra` of such an event.
TALK = frozenset(
    {
        EventType.COMMENT_CREATED,
        EventType.COMMENT_UPDATED,
        EventType.COMMENT_DELETED,
        EventType.COMMENT_MENTIONED,
        EventType.THREAD_RESOLVED,
        EventType.THREAD_REOPENED,
        EventType.REACTION_ADDED,
        EventType.REACTION_REMOVED,
    }
)


@dataclass(frozen=True)
class Event:
    """One event.

    `id` is a UUIDv7 and the `Nats-Msg-Id`. `subject` is a resource name (`Resource.name`), or `accounts/user/<sub>` for
    an identity. `actor` is the `sub` of the person who did it (None: the system). `path` is the ids of the item's
    ancestors from the root down, the item last: a room bound to any of them hears of it. `room` is a Matrix room id,
    for what concerns one room; `extra` is small facts of the type, never a title, a name or content.
    """

    type: EventType
    source: str
    subject: str
    id: UUID
    time: datetime
    actor: Sub | None = None
    path: tuple[ItemId, ...] = ()
    room: RoomId | None = None
    extra: dict[str, str | int | bool] | None = None

    @classmethod
    def now(cls, type_: EventType, source: str, subject: str, **fields: Any) -> Self:
        """An event that happens now, with a new id. `fields` are the optional ones."""
        return cls(type_, source, subject, uuid_utils.compat.uuid7(), datetime.now(UTC), **fields)

    @property
    def resource(self) -> Resource:
        """The item that it is about. Raises `InvalidValue` where it is about none."""
        return Resource.parse(self.subject)

    def to_json(self) -> bytes:
        """CloudEvents 1.0, structured JSON."""
        data: dict[str, Any] = {
            "actor": self.actor,
            "path": [str(item) for item in self.path],
            "room": self.room,
            "extra": self.extra,
        }
        envelope = {
            "specversion": "1.0",
            "id": str(self.id),
            "type": self.type.value,
            "source": self.source,
            "subject": self.subject,
            "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": {key: value for key, value in data.items() if value},
        }
        return json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """The event in `body`. Raises `InvalidValue` for what is not one of ours."""
        if len(body) > MAX_EVENT_BYTES:
            raise InvalidValue("event", f"an event has at most {MAX_EVENT_BYTES} bytes")
        try:
            envelope = json.loads(body)
            data = envelope.get("data") or {}
            if envelope["specversion"] != "1.0":
                raise InvalidValue("specversion", "CloudEvents 1.0 is spoken here")
            event = cls(
                type=EventType(envelope["type"]),
                source=_text(envelope, "source"),
                subject=_text(envelope, "subject"),
                id=UUID(envelope["id"]),
                time=_moment(envelope["time"]),
                actor=Sub(_text(data, "actor")) if data.get("actor") else None,
                path=tuple(ItemId(UUID(item)) for item in data.get("path", ())),
                room=room_id(_text(data, "room")) if data.get("room") else None,
                extra=dict(data["extra"]) if data.get("extra") else None,
            )
            if event.type.kind is not None and event.type.kind != event.resource.kind:
                raise InvalidValue("subject", f"{event.type} happens to a {event.type.kind}")
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            if isinstance(error, InvalidValue):
                raise
            raise InvalidValue("event", f"not an event of ours ({type(error).__name__})") from error
        return event


def _text(value: Mapping[str, Any], key: str) -> str:
    """A text that any database takes."""
    text = value[key]
    if not isinstance(text, str) or "\0" in text:
        raise InvalidValue(key, "a text is expected")
    text.encode()  # halves of characters, which JSON can hold, have no bytes
    return text


def _moment(text: str) -> datetime:
    """A time, in UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise InvalidValue("time", "a time knows its zone")
    return moment.astimezone(UTC)
