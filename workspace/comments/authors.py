"""Who comments: a person with an account, or a guest, whom only a room knows. And where what they said comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from contract.errors import InvalidValue
from contract.ids import MAX_MATRIX_ID_BYTES, EventId, MatrixId, RoomId, room_id
from workspace.accounts.models import User
from workspace.comments.models import Said
from workspace.sharing import titles


@dataclass(frozen=True)
class Guest:
    """A member of a room without a linked account. `name` is what their homeserver says they are called."""

    matrix_id: MatrixId
    name: str = ""

    @property
    def shown_name(self) -> str:
        """`name` on one line, without what would change how a line is read; the Matrix id where nothing is left."""
        try:
            return titles.clean(self.name[: titles.MAX_TITLE])
        except ValidationError:
            return self.matrix_id


#: Who does something.
Author = User | Guest


@dataclass(frozen=True)
class Origin:
    """The event of a room that something came in by. Raises `InvalidValue` for what cannot be one."""

    room: RoomId
    event: EventId

    def __post_init__(self) -> None:
        room_id(self.room)
        if not self.event.startswith("$") or len(self.event.encode()) > MAX_MATRIX_ID_BYTES or "\0" in self.event:
            raise InvalidValue("event_id", "an event id starts with “$”")


def fields(author: Author, origin: Origin | None) -> dict[str, Any]:
    """The columns of `Said`."""
    who: dict[str, Any] = (
        {"author": author}
        if isinstance(author, User)
        else {"matrix_id": author.matrix_id, "matrix_name": author.shown_name}
    )
    return who | ({"origin_room": origin.room, "origin_event": origin.event} if origin else {})


def is_by(said: Said, author: Author) -> bool:
    """Whether `author` said it; what a guest said is theirs when their Matrix id is linked later."""
    if isinstance(author, Guest):
        return said.author_id is None and said.matrix_id == author.matrix_id
    if said.author_id is not None:
        return bool(said.author_id == author.pk)
    return bool(said.matrix_id) and said.matrix_id in {one.matrix_id for one in author.matrix_identities.all()}


def name_of(said: Said) -> str:
    """How others see who said it: empty where the account is gone. A guest's is what they call themselves."""
    return said.author.name if said.author else said.matrix_name
