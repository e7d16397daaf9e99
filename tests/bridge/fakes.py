"""The two edges of the middle as the unit tests need them: rooms that keep what is sent, a workspace that answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import httpx

from bridge.ports import AudienceChanged, Permanent, Retriable, RoomMessage, Sealed, Trust
from contract.client import WorkspaceClient
from contract.events import Event, EventType
from contract.ids import EventId, ItemId, MatrixId, RoomId
from contract.resources import Kind, Resource, link
from tests.bridge import fake_drive
from tests.bridge.fake_drive import FakeDrive, StoreTransport

PARVIS = MatrixId("@parvis:parvis.gouv.test")
FIND = MatrixId("@find:parvis.gouv.test")
CAMILLE = MatrixId("@camille.martin:interieur.gouv.test")
INES = MatrixId("@ines.benali:culture.gouv.test")
SERVICES = frozenset({PARVIS, FIND})
ROOM = RoomId("!room")
URL = fake_drive.URL
problem = fake_drive.problem


@dataclass
class FakeRooms:
    """Rooms by their joined members; `spaces` by what they name, with who did; `parents` are rooms with the spaces that
    they name; `powers` who may change what a room is. `fail` raises what it says at the next sends (None: that one goes
    through).

    As a homeserver does, it answers a transaction id that it knows with the event that it made of it.
    """

    members: dict[RoomId, frozenset[MatrixId]] = field(default_factory=dict)
    unencrypted: set[RoomId] = field(default_factory=set)
    unreadable: set[RoomId] = field(default_factory=set)
    fail: list[Exception | None] = field(default_factory=list)
    events: dict[tuple[RoomId, str], tuple[EventId, Mapping[str, Any]]] = field(default_factory=dict)
    sealed: list[Mapping[str, Any]] = field(default_factory=list)
    left: dict[RoomId, str] = field(default_factory=dict)
    reactions: dict[tuple[RoomId, str], tuple[EventId, Mapping[str, Any]]] = field(default_factory=dict)
    redacted: list[EventId] = field(default_factory=list)
    spaces: dict[RoomId, dict[RoomId, MatrixId]] = field(default_factory=dict)
    parents: set[tuple[RoomId, RoomId]] = field(default_factory=set)
    powers: dict[RoomId, set[MatrixId]] = field(default_factory=dict)
    predecessors: dict[RoomId, RoomId] = field(default_factory=dict)
    successors: dict[RoomId, RoomId] = field(default_factory=dict)
    closed: set[RoomId] = field(default_factory=set)
    joined: list[RoomId] = field(default_factory=list)
    messages: dict[EventId, RoomMessage] = field(default_factory=dict)
    media: dict[str, bytes | Exception] = field(default_factory=dict)
    limit: int | None = 1 << 30
    names: dict[MatrixId, str] = field(default_factory=dict)
    user_id: MatrixId = PARVIS
    device_id: str = "DEVICE"

    def said(self, room: RoomId) -> list[Mapping[str, Any]]:
        """What is in a room, the oldest first."""
        return [content for (where, _), (_, content) in self.events.items() if where == room]

    async def joined_rooms(self) -> frozenset[RoomId]:
        return frozenset(self.members)

    async def joined_members(self, room: RoomId) -> frozenset[MatrixId]:
        if room in self.unreadable:
            raise Retriable("we are in it, and may not see its members")
        return self.members.get(room, frozenset())

    async def display_name(self, room: RoomId, user: MatrixId) -> str:
        return self.names.get(user, "")

    async def refresh(self, room: RoomId) -> None:
        """Nothing: it knows."""

    async def is_encrypted(self, room: RoomId) -> bool:
        return room not in self.unencrypted

    async def seal(
        self, room: RoomId, event_type: str, content: Mapping[str, Any], *, only_for: frozenset[MatrixId] | None = None
    ) -> Sealed:
        if only_for is not None and only_for != await self.joined_members(room):
            raise AudienceChanged
        if PARVIS not in await self.joined_members(room):
            raise Permanent("M_FORBIDDEN", "not in the room")
        self.sealed.append(content)
        return Sealed(room, event_type, {"clear": content})

    async def send(self, room: RoomId, txn_id: str, sealed: Sealed) -> EventId:
        if self.fail and (error := self.fail.pop(0)) is not None:
            raise error
        if room in self.successors:
            raise Permanent("M_FORBIDDEN", "nobody speaks there any more")
        event = EventId(f"${len(self.events)}")
        return self.events.setdefault((room, txn_id), (event, sealed.content["clear"]))[0]

    async def react(self, room: RoomId, txn_id: str, target: EventId, key: str) -> EventId:
        relation = {"m.relates_to": {"rel_type": "m.annotation", "event_id": target, "key": key}}
        return self.reactions.setdefault((room, txn_id), (EventId(f"$r{len(self.reactions)}"), relation))[0]

    async def redact(self, room: RoomId, txn_id: str, target: EventId) -> None:
        self.redacted.append(target)

    async def message(self, room: RoomId, event_id: EventId) -> RoomMessage | None:
        found = self.messages.get(event_id)
        return found if found is not None and found.room == room else None

    async def download(self, url: str, most: int) -> AsyncIterator[bytes]:
        held = self.media.get(url, Permanent("M_NOT_FOUND", "HTTP 404"))
        if isinstance(held, Exception):
            raise held
        for start in range(0, len(held), 1 << 16):
            if start + (1 << 16) > most and len(held) > most:
                raise Permanent("M_TOO_LARGE", "too large")
            await asyncio.sleep(0)
            yield held[start : start + (1 << 16)]

    async def upload(self, chunks: AsyncIterator[bytes], size: int) -> str:
        body = b"".join([chunk async for chunk in chunks])
        assert len(body) == size
        url = f"mxc://parvis.gouv.test/up{len(self.media)}"
        self.media[url] = body
        return url

    async def upload_limit(self) -> int | None:
        return self.limit

    async def predecessor(self, room: RoomId) -> RoomId | None:
        return self.predecessors.get(room)

    async def successor(self, room: RoomId) -> RoomId | None:
        return self.successors.get(room)

    async def is_space(self, room: RoomId) -> bool:
        return room in self.spaces

    async def children(self, space: RoomId) -> Mapping[RoomId, MatrixId]:
        if space in self.unreadable:
            raise Retriable("its state cannot be read")
        return dict(self.spaces.get(space, {})) if PARVIS in await self.joined_members(space) else {}

    async def names_parent(self, room: RoomId, space: RoomId) -> bool:
        return (room, space) in self.parents

    async def allowed(self, room: RoomId, state_type: str | None) -> frozenset[MatrixId]:
        return frozenset(self.powers.get(room, set())) & await self.joined_members(room)

    async def join(self, room: RoomId, via: str | None = None) -> None:
        if room in self.closed:
            raise Permanent("M_FORBIDDEN", "not invited")
        self.joined.append(room)
        self.members[room] = self.members.get(room, frozenset()) | {PARVIS}

    async def leave(self, room: RoomId, reason: str) -> None:
        self.left[room] = reason
        self.members.pop(room, None)

    async def direct_room(self, user: MatrixId) -> RoomId:
        room = RoomId(f"!direct-{user}")
        self.members[room] = frozenset({PARVIS, user})
        return room


@dataclass
class FakeWorkspace:
    """Items by who may read them, of which `title` is shown; of those in the `trash` only that they went there.

    `refuse` answers the next requests with its answers; `meanwhile` is what happens while the next ones are answered.
    """

    readers: dict[ItemId, set[MatrixId]] = field(default_factory=dict)
    title: str = "Plan social 2027"
    trash: set[ItemId] = field(default_factory=set)
    allows: set[MatrixId] = field(default_factory=lambda: {CAMILLE, INES})
    shared: list[tuple[RoomId, str, str]] = field(default_factory=list)
    owners: dict[ItemId, set[MatrixId]] = field(default_factory=dict)
    succeeded: list[tuple[RoomId, RoomId]] = field(default_factory=list)
    linked: set[MatrixId] = field(default_factory=lambda: {CAMILLE, INES})
    languages: dict[MatrixId, str] = field(default_factory=dict)
    persons: dict[str, dict[str, Any]] = field(default_factory=dict)
    link_lasts: timedelta = timedelta(minutes=15)
    rooms: dict[RoomId, dict[str, Any]] = field(default_factory=dict)
    refuse: list[httpx.Response] = field(default_factory=list)
    meanwhile: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    kinds: dict[ItemId, str] = field(default_factory=dict)
    titles: dict[ItemId, str] = field(default_factory=dict)
    drive: FakeDrive = field(default_factory=FakeDrive)
    said_in: list[str] = field(default_factory=list)
    spaces: dict[RoomId, dict[str, Any]] = field(default_factory=dict)

    def client(self) -> WorkspaceClient:
        return WorkspaceClient(URL, "token", transport=httpx.MockTransport(self._answer))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1.0/")
        is_form = request.headers.get("Content-Type") == "application/x-www-form-urlencoded"
        body = dict(parse_qsl(request.content.decode())) if is_form else json.loads(request.content or b"null")
        self.asked.append((request.method, path, body))
        if request.headers.get("Accept-Language"):
            self.said_in.append(request.headers["Accept-Language"])
        await asyncio.sleep(0)  # as the network does, it lets others run
        if self.refuse:
            answer = self.refuse.pop(0)
        else:
            area = path.split("/")[0]
            about = {
                "audience": self._audience,
                "identities": self._identities,
                "rooms": self._rooms,
                "spaces": self._spaces,
                "token": self._token,
                "saves": lambda *asked: self.drive.saves(self, *asked, request),
                "items": lambda *asked: self.drive.content(self, *asked),
                "files": lambda *asked: self.drive.download(*asked, request),
                "search": lambda *_: httpx.Response(200, json=self.drive.found),
            }[area]
            answer = about(request.method, path, body)
        if self.meanwhile:
            await self.meanwhile.pop(0)()
        return answer

    def store_transport(self) -> StoreTransport:
        """What carries requests to the store."""
        return StoreTransport(self.drive)

    def _token(self, _method: str, _path: str, body: Any) -> httpx.Response:
        if body["subject_token"] not in self.allows:
            return problem(403, "not_allowed")
        if body["subject_token"] in self.drive.not_linked:
            return problem(400, "not_linked")
        if body["scope"] == "save" and body["subject_token"] not in self.drive.writers.get(body["resource"], ()):
            return problem(403, "role_needed")
        token = f"{body['subject_token']}#{len(self.drive.tokens)}"
        self.drive.tokens[token] = body
        answer = {"access_token": token, "scope": body["scope"], "expires_in": 900}
        return httpx.Response(200, json=answer)

    def _audience(self, _method: str, _path: str, body: Any) -> httpx.Response:
        return httpx.Response(200, json={"answers": [self._may(body, one) for one in body["questions"]]})

    def _may(self, body: Any, question: Any) -> dict[str, Any]:
        members = set(body["audiences"][question["audience"]])
        item = ItemId(UUID(question["item"]))
        readers = self.readers.get(item, set()) if item not in self.trash or question["trashing"] else set()
        cannot = members - readers
        kind, title = self.kinds.get(item, "document"), self.titles.get(item, self.title)
        facts = {"kind": kind, "title": title, "actor": "Inès Benali" if question["actor"] else None}
        return {"cannot": len(cannot), "facts": None if cannot else facts}

    def _identities(self, _method: str, path: str, body: Any) -> httpx.Response:
        match path:
            case "identities/lookup/":
                known = {
                    one: {"linked": one in self.linked, "language": self.languages.get(one)}
                    for one in body["matrix_ids"]
                }
                return httpx.Response(200, json={"identities": known})
            case "identities/links/" if body["matrix_id"] in self.linked:
                return problem(409, "already_linked")
            case "identities/links/":
                until = (datetime.now(UTC) + self.link_lasts).isoformat()
                return httpx.Response(201, json={"url": f"{URL}/link/secret-token/", "expires_at": until})
            case _ if body["matrix_id"] not in self.linked:
                return problem(404, "not_linked")
            case "identities/options/":
                kept = self.persons.setdefault(body["matrix_id"], {})
                kept |= {name: value for name, value in body.items() if name != "matrix_id"}
                return httpx.Response(200, json=kept)
        return httpx.Response(204)

    def _rooms(self, method: str, path: str, body: Any) -> httpx.Response:
        parts = path.strip("/").split("/")
        if len(parts) == 1:
            return httpx.Response(200, json={"rooms": list(self.rooms.values()), "next": None})
        room = RoomId(parts[1])
        if body and "on_behalf_of" in body and body["on_behalf_of"] not in self.linked:
            return problem(404, "not_linked")
        known = self.rooms.setdefault(room, {"room_id": room, "language": None, "bindings": []})
        match method, parts[2:]:
            case "PUT", []:
                known["members"] = body["members"]
                known["language"] = body.get("language", known["language"])
                return httpx.Response(200, json=known)
            case "PUT", ["options"]:
                known["language"] = body.pop("language", known["language"])
                known["options"] = known.get("options", {}) | body
                return httpx.Response(200, json=known)
            case "DELETE", []:
                del self.rooms[room]
                return httpx.Response(204)
            case "POST", ["bindings"]:
                return self._bind(known, body)
            case "POST", ["talk", "hears"]:
                hears = any(one["item"] == body["document"] for one in known["bindings"])
                return httpx.Response(200, json={"hears": hears})
            case _, ["successor" | "share" | "sharers" | "readers" as what]:
                return self._rights(room, known, what, body)
        known["bindings"].clear()
        return httpx.Response(204)

    def _spaces(self, method: str, path: str, body: Any) -> httpx.Response:
        """Rooms of a space are bound to what it is: that is the workspace's to do, and tested there."""
        _, *parts = path.strip("/").split("/")
        if not parts:
            return httpx.Response(200, json={"spaces": list(self.spaces.values()), "next": None})
        space = RoomId(parts[0])
        if method == "DELETE":
            self.spaces.pop(space, None)
            return httpx.Response(204)
        known = self.spaces.setdefault(space, {"space_id": space, "rooms": [], "arrangers": [], "bindings": []})
        match parts[1:]:
            case []:
                known |= {"rooms": [room for room in body["rooms"] if room in self.rooms]}
                known |= {"arrangers": body["arrangers"]}
            case ["successor"]:
                self.succeeded.append((space, body["space_id"]))
                return httpx.Response(200, json=self.spaces[body["space_id"]])
            case _ if body["on_behalf_of"] not in known["arrangers"]:
                return problem(409, "not_an_arranger")
            case ["bindings"]:
                return self._bind(known, body)
            case _:
                known["bindings"] = [one for one in known["bindings"] if one["item"] != parts[2]]
                return httpx.Response(204)
        return httpx.Response(200, json=known)

    def _rights(self, room: RoomId, known: Any, what: str, body: Any) -> httpx.Response:
        match what:
            case "successor":
                self.succeeded.append((room, body["room_id"]))
                return httpx.Response(200, json=self.rooms[body["room_id"]])
            case "share":
                self.shared.append((room, body["item"], body["role"]))
                self.readers[ItemId(UUID(body["item"]))] |= set(known["members"]) & self.linked
                return httpx.Response(200, json=body)
            case "sharers":
                members = set(known.get("members", ()))
                may = self.owners.get(ItemId(UUID(body["item"])), set()) & members & self.linked
                return httpx.Response(200, json={"matrix_ids": sorted(may)})
        return httpx.Response(200, json={"bindings": [self._readers(known, one) for one in known["bindings"]]})

    def _bind(self, known: Any, body: Any) -> httpx.Response:
        item = body["url"].rstrip("/").rsplit("/", 1)[1]
        if ItemId(UUID(item)) not in self.readers:
            return problem(404, "not_found")
        if any(one["item"] == item for one in known["bindings"]):
            return problem(409, "already_bound")
        binding = {
            "item": item,
            "kind": self.kinds.get(ItemId(UUID(item)), "document"),
            "url": body["url"],
            "bound_by": body["on_behalf_of"],
            "bound_at": datetime.now(UTC).isoformat(),
        }
        known["bindings"].append(binding)
        return httpx.Response(201, json=binding)

    def _readers(self, known: Any, binding: Any) -> dict[str, Any]:
        readers = self.readers[ItemId(UUID(binding["item"]))]
        return {
            **{key: binding[key] for key in ("item", "kind", "url")},
            "roles": {one: "reader" for one in known["members"] if one in readers},
            "without": [one for one in known["members"] if one not in readers],
        }


def item() -> ItemId:
    return ItemId(uuid4())


def event(type_: EventType, of: ItemId, *, at: datetime | None = None, room: RoomId | None = None) -> Event:
    """Something that happens to the document `of`."""
    made = Event.now(type_, "docs", Resource(Kind.DOCUMENT, of).name, actor="ines", path=(of,), room=room)
    return replace(made, time=at) if at else made


def url_of(of: ItemId) -> str:
    return link(URL, Resource(Kind.DOCUMENT, of))


def message(body: str, sender: MatrixId = CAMILLE, room: RoomId = ROOM, **more: Any) -> RoomMessage:
    fields: dict[str, Any] = {"msgtype": "m.text", "trust": Trust.CROSS_SIGNED, "origin_ts": 0} | more
    return RoomMessage(room=room, event_id=EventId(f"${uuid4()}"), sender=sender, body=body, **fields)
