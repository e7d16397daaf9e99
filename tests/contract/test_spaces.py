"""What the client says and is told of spaces."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from contract.client import WorkspaceClient
from contract.errors import Conflict, Unavailable
from contract.ids import ItemId, MatrixId, RoomId, item_id
from contract.spaces import Space

SPACE, ROOM = RoomId("!a/b"), RoomId("!room")
CAMILLE = MatrixId("@camille:interieur.gouv.test")
ITEM: ItemId = item_id("0192d1c0-7a00-7000-8000-000000000001")
BINDING = {
    "item": str(ITEM),
    "kind": "document",
    "url": f"http://w/docs/{ITEM}/",
    "bound_by": CAMILLE,
    "bound_at": "2026-11-24T12:00:00+00:00",
}
TOLD: dict[str, Any] = {"space_id": SPACE, "rooms": [ROOM], "bindings": [BINDING]}


class Workspace:
    """Gives these answers, and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers, self.asked = list(answers), list[tuple[str, str, Any]]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        self.asked.append((request.method, request.url.raw_path.decode().removeprefix("/api/v1.0/"), body))
        return self.answers.pop(0)

    def client(self) -> WorkspaceClient:
        return WorkspaceClient("http://w", "t", transport=httpx.MockTransport(self))


async def test_a_space_is_told_of_bound_and_left() -> None:
    told, gone = httpx.Response(200, json=TOLD), httpx.Response(204)
    workspace = Workspace(told, httpx.Response(201, json=BINDING), gone, told, gone)
    async with workspace.client() as client:
        space = await client.put_space(SPACE, [ROOM], [CAMILLE])
        assert (space.rooms, [one.item for one in space.bindings]) == ({ROOM}, [ITEM])
        assert space.bindings[0].by_space
        assert not space.bindings[0].own
        assert (await client.bind_space(SPACE, "http://w/docs/x/", CAMILLE, ROOM)).item == ITEM
        await client.unbind_space(SPACE, ITEM, CAMILLE, ROOM)
        assert await client.succeed_space(SPACE, RoomId("!new")) == space
        await client.forget_space(SPACE)
    asked = {"on_behalf_of": CAMILLE, "asked_in": ROOM}
    assert workspace.asked == [
        ("PUT", "spaces/%21a%2Fb/", {"rooms": [ROOM], "arrangers": [CAMILLE]}),
        ("POST", "spaces/%21a%2Fb/bindings/", {"url": "http://w/docs/x/", **asked}),
        ("POST", f"spaces/%21a%2Fb/bindings/{ITEM}/remove/", asked),
        ("POST", "spaces/%21a%2Fb/successor/", {"space_id": "!new"}),
        ("DELETE", "spaces/%21a%2Fb/", None),
    ]


async def test_spaces_are_asked_for_until_there_are_no_more() -> None:
    first, last = {"spaces": [TOLD], "next": SPACE}, {"spaces": [TOLD], "next": None}
    workspace = Workspace(httpx.Response(200, json=first), httpx.Response(200, json=last))
    async with workspace.client() as client:
        assert len(await client.spaces()) == 2
    assert [where for _, where, _ in workspace.asked] == ["spaces/", "spaces/?after=%21a%2Fb"]


async def test_who_may_not_arrange_a_space_is_refused() -> None:
    workspace = Workspace(httpx.Response(409, json={"code": "not_an_arranger", "message": "Non."}))
    async with workspace.client() as client:
        with pytest.raises(Conflict) as refused:
            await client.bind_space(SPACE, "http://w/docs/x/", CAMILLE, ROOM)
    assert refused.value.code == "not_an_arranger"


@pytest.mark.parametrize("told", [{}, {**TOLD, "rooms": ["room"]}, {**TOLD, "space_id": 1}, {**TOLD, "bindings": [{}]}])
async def test_what_makes_no_sense_is_no_answer(told: dict[str, Any]) -> None:
    async with Workspace(httpx.Response(200, json=told)).client() as client:
        with pytest.raises(Unavailable):
            await client.put_space(SPACE, [ROOM], [])


def test_a_space_without_rooms_is_one() -> None:
    assert Space.from_json({"space_id": SPACE, "rooms": [], "bindings": []}) == Space(SPACE, frozenset(), ())
