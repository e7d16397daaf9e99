"""What an application may be allowed to do for a person, and the key that it gets for one such act.

A person gives an application a *delegation* an act, with an end. The application trades it for a *scenario token* (RFC
8693's shape): one act, one target, bounds, minutes of life. Only the application that traded it can use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from contract.errors import InvalidValue
from contract.ids import ItemId, MatrixId, RoomId, item_id
from contract.resources import Kind

#: RFC 8693, section 2.1 and 3; the type of a Matrix id is our own.
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
SUBJECT_TYPE = "urn:parvis:token-type:matrix-id"
TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  # the name of a type
#: Beside a scenario token in `Authorization`, the application proves in this header that it is the one that traded it:
#: `Bearer <service credential>`.
SERVICE_HEADER = "Parvis-Service"
#: Minutes that a scenario token lasts if nothing is said, and at most; uses that it has at most.
DEFAULT_MINUTES, MAX_MINUTES, MAX_USES = 15, 60, 100


class Act(StrEnum):
    """What a person can let an application do for them."""

    #: Show what they may read where all may read it; search, and send, for them.
    READ = "read"
    #: Save files that they ask it to save.
    SAVE = "save"
    #: Comment as them.
    COMMENT = "comment"
    #: Give a room access when they say so.
    SHARE = "share"


@dataclass(frozen=True)
class Scenario:
    """What a scenario token is asked for. Without a `target` it searches, and opens nothing.

    `room` is where the person asked; `max_bytes` and `media_types` (`image/png`, `image/*`; none: any) bound what is
    saved; `uses` is how often it works, `minutes` for how long.
    """

    act: Act
    person: MatrixId
    target: ItemId | None = None
    room: RoomId | None = None
    max_bytes: int | None = None
    media_types: tuple[str, ...] = ()
    uses: int = 1
    minutes: int = DEFAULT_MINUTES

    def __post_init__(self) -> None:
        """Raises `InvalidValue` for what the workspace would refuse whatever the person allowed."""
        if not 1 <= self.uses <= MAX_USES:
            raise InvalidValue("uses", f"a token works 1 to {MAX_USES} times")
        if not 1 <= self.minutes <= MAX_MINUTES:
            raise InvalidValue("minutes", f"a token lasts 1 to {MAX_MINUTES} minutes")
        if self.target is None and self.act is not Act.READ:
            raise InvalidValue("target", f"{self.act} is done to one item")

    def to_form(self) -> dict[str, str]:
        """The fields of the exchange, as a form has them."""
        fields: dict[str, Any] = {
            "grant_type": GRANT_TYPE,
            "subject_token": self.person,
            "subject_token_type": SUBJECT_TYPE,
            "scope": self.act,
            "uses": self.uses,
            "minutes": self.minutes,
            "resource": self.target,
            "room": self.room,
            "max_bytes": self.max_bytes,
            "media_types": " ".join(self.media_types) or None,
        }
        return {name: str(value) for name, value in fields.items() if value is not None}


@dataclass(frozen=True)
class ScenarioToken:
    """The answer to a `Scenario`. Whoever keeps it keeps a secret: it is shown in no log and no `repr`."""

    token: str
    act: Act
    expires_at: datetime

    def __repr__(self) -> str:
        return f"ScenarioToken({self.act}, until {self.expires_at.isoformat()})"

    @classmethod
    def from_json(cls, value: Mapping[str, Any], now: datetime) -> Self:
        """The token of an answer that was had at `now`."""
        return cls(
            token=str(value["access_token"]),
            act=Act(value["scope"]),
            expires_at=now + timedelta(seconds=int(value["expires_in"])),
        )


@dataclass(frozen=True)
class ItemContent:
    """What a person may read of an item, for a READ token that names it.

    A document has its `markdown`; a file its type, its size in bytes, and the address where another use of a READ token
    of it opens its `download` (`WorkspaceClient.download`). A folder has neither.
    """

    item: ItemId
    kind: Kind
    title: str
    url: str
    markdown: str | None = None
    download: str | None = None
    media_type: str | None = None
    size: int | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            item=item_id(value["item"]),
            kind=Kind(value["kind"]),
            title=value["title"],
            url=value["url"],
            markdown=value.get("markdown"),
            download=value.get("download"),
            media_type=value.get("media_type"),
            size=value.get("size"),
        )


@dataclass(frozen=True)
class StartedSave:
    """An upload that may begin: post `fields` to `upload_url`, then the file as last field `file`.

    The store takes exactly one object of the size and type that were announced. `file` is the item that it will be.
    """

    upload: str
    file: ItemId
    upload_url: str
    fields: dict[str, str]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        form = value["upload"]
        fields = {str(name): str(field) for name, field in form["fields"].items()}
        return cls(upload=str(form["id"]), file=item_id(value["id"]), upload_url=str(form["url"]), fields=fields)


@dataclass(frozen=True)
class SavedFile:
    """A file that is there now: the title is the name that it got, `size` in bytes."""

    item: ItemId
    title: str
    media_type: str
    size: int
    url: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            item=item_id(value["id"]),
            title=value["title"],
            media_type=value["media_type"],
            size=int(value["size"]),
            url=value["url"],
        )
