"""People around one document, and what is told of its comments."""

from __future__ import annotations

from dataclasses import dataclass

from contract.events import Event, EventType
from contract.ids import EventId, MatrixId, RoomId
from tests.workspace.people import person
from workspace.accounts.models import MatrixIdentity, User
from workspace.comments.authors import Guest, Origin
from workspace.docs import service as docs
from workspace.docs.models import Document
from workspace.events.models import OutboxEvent
from workspace.sharing import tree
from workspace.sharing.roles import Role

TEXT = "# Calendrier\n\nRelever les compteurs.\n\n- une\n- liste\n\nDécider ensemble.\n"
ROOM = RoomId("!room:hub.test")
GUEST = Guest(MatrixId("@ali:culture.test"), "Ali \u202eDurand")


@dataclass(frozen=True)
class Scene:
    """A document and somebody of each role; `nobody` has nothing."""

    document: Document
    owner: User
    editor: User
    commenter: User
    reader: User
    nobody: User

    def of(self, who: str) -> User:
        user: User = getattr(self, who)
        return user


def scene() -> Scene:
    """A new one."""
    people = {name: person(name) for name in ("owner", "editor", "commenter", "reader", "nobody")}
    document = docs.create(people["owner"], title="Plan secret", content=TEXT)
    for name in ("editor", "commenter", "reader"):
        tree.grant(people["owner"], document.item, Role.of_word(name), user=people[name])
    for name, user in people.items():
        MatrixIdentity.objects.create(user=user, matrix_id=f"@{name}:i.test")
    return Scene(document, **people)


def origin(number: int | str, room: RoomId = ROOM) -> Origin:
    """An event of a room."""
    return Origin(room, EventId(f"${number}"))


def told(*prefixes: str) -> list[Event]:
    """The events of comments so far."""
    events = [Event.from_json(bytes(row.body)) for row in OutboxEvent.objects.order_by("pk")]
    wanted = prefixes or ("COMMENT_", "THREAD_", "REACTION_")
    return [event for event in events if event.type.name.startswith(wanted)]


def types() -> list[EventType]:
    """What was told of comments so far."""
    return [event.type for event in told()]
