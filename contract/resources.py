"""Resource names and their links: `docs/document/<uuid>` in events, `<workspace>/docs/<uuid>/` in a browser.

A link that comes from a room is hostile until `parse_link` has read it: only links of our own workspace name a
resource, whatever else they look like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from contract.errors import InvalidValue
from contract.ids import ItemId


class Kind(StrEnum):
    """What an item is."""

    DOCUMENT = "document"
    FOLDER = "folder"
    FILE = "file"

    @property
    def application(self) -> str:
        """The application that holds items of this kind: `docs` or `drive`."""
        return "docs" if self is Kind.DOCUMENT else "drive"


_PATH = re.compile(r"/(docs|drive)/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/?")


@dataclass(frozen=True)
class Resource:
    """One item by name."""

    kind: Kind
    id: ItemId

    @property
    def name(self) -> str:
        """The `subject` of its events: `docs/document/<uuid>`."""
        return f"{self.kind.application}/{self.kind}/{self.id}"

    @classmethod
    def parse(cls, name: str) -> Resource:
        """The resource of that name. Raises `InvalidValue`."""
        try:
            application, kind, id_ = name.split("/")
            resource = cls(Kind(kind), ItemId(UUID(id_)))
        except ValueError as error:
            raise InvalidValue("subject", "a resource is written application/kind/uuid") from error
        if resource.kind.application != application:
            raise InvalidValue("subject", f"a {kind} is not a resource of {application}")
        return resource


def link(workspace_url: str, resource: Resource) -> str:
    """Where a person opens `resource`."""
    return f"{workspace_url.rstrip('/')}/{resource.kind.application}/{resource.id}/"


def parse_link(workspace_url: str, url: str) -> ItemId | None:
    """The item that `url` opens, or None where it is not a link to an item of the workspace at `workspace_url`."""
    try:
        ours, theirs = urlsplit(workspace_url), urlsplit(url.strip())
        same = (ours.scheme, ours.hostname, ours.port) == (theirs.scheme, theirs.hostname, theirs.port)
    except ValueError:
        return None
    if not same or theirs.username or theirs.password:
        return None
    prefix = ours.path.rstrip("/")
    if not theirs.path.startswith(prefix):
        return None
    found = _PATH.fullmatch(theirs.path[len(prefix) :])
    return ItemId(UUID(found.group(2))) if found else None
