"""What a room and a person may choose about the way Parvis speaks to them. The defaults are sensible for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self

from contract.events import TALK, EventType
from contract.resources import Kind


class Binders(StrEnum):
    """Who may bind a room, and end its bindings."""

    EVERYONE = "everyone"  # every linked member
    BINDERS = "binders"  # once it is bound: those members who bound it to something
    MODERATORS = (
        "moderators"  # those whom the room lets change its settings: its power level for state (`state_default`)
    )


class Mentions(StrEnum):
    """Where a person hears that they were mentioned in a document."""

    ROOM = "room"  # in a room of theirs that is bound to it, else in a direct chat
    DIRECT = "direct"  # in a direct chat


_BY_KIND = {Kind.DOCUMENT: "documents", Kind.FILE: "files", Kind.FOLDER: "folders"}
_BY_ACT = {
    "created": "created",
    "uploaded": "created",
    "updated": "updated",
    "shared": "shared",
    "trashed": "trashed",
    "restored": "trashed",
}


@dataclass(frozen=True)
class RoomOptions:
    """What a room chose.

    The first seven say which events it hears of: of which kinds of things, and which acts (`created` is uploads too,
    `trashed` is what comes out of the trash too). `threads`: what comes after an item's first card is in its thread.
    `floods`: many of one kind become a card that counts. `keep`: files that are said are kept. `spaces`: it hears of
    what the spaces are bound to that it is in. `binding`: who may bind.
    """

    documents: bool = True
    files: bool = True
    folders: bool = True
    created: bool = True
    updated: bool = True
    shared: bool = True
    trashed: bool = True
    threads: bool = False
    floods: bool = True
    keep: bool = False
    spaces: bool = True
    binding: Binders = Binders.EVERYONE

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Self:
        """The options in `value`; what it does not say, or what one of another version says, is as by default."""
        said = value or {}
        flags = {
            field.name: said[field.name]
            for field in fields(cls)
            if field.name != "binding" and isinstance(said.get(field.name), bool)
        }
        binding = said.get("binding")
        return cls(**flags, binding=Binders(binding) if binding in list(Binders) else Binders.EVERYONE)

    def to_json(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {name: str(value) if isinstance(value, Binders) else value for name, value in asdict(self).items()}

    def wants(self, type_: EventType) -> bool:
        """Whether the room hears of events of that type. What no option is about it hears; what is said on documents
        belongs to them, all of it or nothing: half a discussion would be another one.
        """
        if type_ in TALK:
            return self.documents
        kind, act = type_.kind, _BY_ACT.get(type_.value.rsplit(".", 1)[1])
        if kind is None:
            return True
        return bool(getattr(self, _BY_KIND[kind])) and (act is None or bool(getattr(self, act)))


#: The names of a room's options, in the order in which they are told.
ROOM_OPTIONS: tuple[str, ...] = tuple(field.name for field in fields(RoomOptions))


@dataclass(frozen=True)
class PersonOptions:
    """What a person chose. `language` is `fr`, `en`, or None where they chose none."""

    language: str | None = None
    mentions: Mentions = Mentions.ROOM

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The options in `value`."""
        mentions = value.get("mentions")
        return cls(value.get("language"), Mentions(mentions) if mentions in list(Mentions) else Mentions.ROOM)
