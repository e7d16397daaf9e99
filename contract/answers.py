"""What the workspace answers to the bridge and the bots, as values. The client parses JSON into them, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from contract.ids import ItemId, MatrixId, RoomId, item_id, matrix_id
from contract.options import RoomOptions
from contract.resources import Kind


@dataclass(frozen=True)
class Question:
    """May everyone of the audience of this name read this item? `actor` is the `sub` whose name a card would show.

    In the trash nobody but an owner may. `trashing` says that the question is about its going there, which those may be
    told who could read it until then.
    """

    audience: str
    item: ItemId
    actor: str | None = None
    trashing: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"audience": self.audience, "item": str(self.item), "actor": self.actor, "trashing": self.trashing}


@dataclass(frozen=True)
class CardFacts:
    """What a card may show of an item, given only where every member of the audience may read it.

    `folder` is the title of the folder that holds it, where they all may read that too; `size` is in bytes.
    """

    kind: Kind
    title: str
    actor: str | None = None
    folder: str | None = None
    media_type: str | None = None
    size: int | None = None

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(
            kind=Kind(value["kind"]),
            title=value["title"],
            actor=value.get("actor"),
            folder=value.get("folder"),
            media_type=value.get("media_type"),
            size=value.get("size"),
        )


@dataclass(frozen=True)
class Audience:
    """The answer to a `Question`: how many of the audience cannot read the item, and the facts where none is.

    An item that does not exist is answered as one that nobody may read: the two are not told apart.
    """

    cannot: int
    facts: CardFacts | None

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        facts = value.get("facts")
        return cls(cannot=int(value["cannot"]), facts=CardFacts.from_json(facts) if facts else None)


@dataclass(frozen=True)
class Identity:
    """What the workspace knows of a Matrix id. `language` is `fr`, `en`, or None where the person chose none."""

    linked: bool
    language: str | None = None

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(linked=bool(value["linked"]), language=value.get("language"))


@dataclass(frozen=True)
class LinkOffer:
    """A one-time address that links a Matrix id to whoever opens it signed in, until `expires_at`."""

    url: str
    expires_at: datetime

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(url=value["url"], expires_at=datetime.fromisoformat(value["expires_at"]))


@dataclass(frozen=True)
class Item:
    """An item as whoever asks may read it."""

    id: ItemId
    kind: Kind
    title: str
    url: str

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(id=item_id(value["id"]), kind=Kind(value["kind"]), title=value["title"], url=value["url"])


@dataclass(frozen=True)
class Binding:
    """A room hears of an item and of what hangs under it. `bound_by` is a Matrix id, `bound_at` when.

    `own`: somebody bound this room to it; `by_space`: a space that it is in is bound to it. At least one is so.
    """

    item: ItemId
    kind: Kind
    url: str
    bound_by: str
    bound_at: datetime
    own: bool = True
    by_space: bool = False

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(
            item=item_id(value["item"]),
            kind=Kind(value["kind"]),
            url=value["url"],
            bound_by=value["bound_by"],
            bound_at=datetime.fromisoformat(value["bound_at"]),
            own=bool(value.get("own", True)),
            by_space=bool(value.get("by_space", False)),
        )


@dataclass(frozen=True)
class Room:
    """A room as the workspace knows it: its language, what it is bound to and what it chose."""

    room_id: RoomId
    language: str | None
    bindings: tuple[Binding, ...]
    options: RoomOptions = field(default_factory=RoomOptions)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(
            room_id=RoomId(value["room_id"]),
            language=value.get("language"),
            bindings=tuple(Binding.from_json(binding) for binding in value["bindings"]),
            options=RoomOptions.from_json(value.get("options")),
        )


@dataclass(frozen=True)
class Readers:
    """Who of a room may read what it is bound to: Matrix ids with their roles (`reader`, `commenter`, `editor`,
    `owner`), and those without one.
    """

    item: ItemId
    kind: Kind
    url: str
    roles: Mapping[MatrixId, str]
    without: tuple[MatrixId, ...]

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(
            item=item_id(value["item"]),
            kind=Kind(value["kind"]),
            url=value["url"],
            roles={matrix_id(who): str(role) for who, role in value["roles"].items()},
            without=tuple(matrix_id(who) for who in value["without"]),
        )


@dataclass(frozen=True)
class Hit:
    """One found item. `excerpt` is HTML-escaped text in which only `<mark>` is markup."""

    item: ItemId
    kind: Kind
    title: str
    excerpt: str
    url: str
    updated_at: datetime

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(
            item=item_id(value["item"]),
            kind=Kind(value["kind"]),
            title=value["title"],
            excerpt=value["excerpt"],
            url=value["url"],
            updated_at=datetime.fromisoformat(value["updated_at"]),
        )


@dataclass(frozen=True)
class Found:
    """What a search found: the first `hits`, and how many there are in `total`.

    Where an audience was given these are what all of it has an access to, and `asker_hits` are the first of what the
    asker has and somebody of the audience has not, `asker_only` of it. Without an audience there is no such thing.
    """

    hits: tuple[Hit, ...]
    total: int
    asker_hits: tuple[Hit, ...] = ()
    asker_only: int = 0

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(
            hits=tuple(Hit.from_json(hit) for hit in value["hits"]),
            total=int(value["total"]),
            asker_hits=tuple(Hit.from_json(hit) for hit in value["asker_hits"]),
            asker_only=int(value["asker_only"]),
        )
