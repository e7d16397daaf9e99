"""What rooms and people choose, as values."""

from __future__ import annotations

import json

import httpx
import pytest

from contract.client import WorkspaceClient
from contract.errors import NotLinked
from contract.events import TALK, EventType
from contract.ids import MatrixId, RoomId
from contract.options import ROOM_OPTIONS, Binders, Mentions, PersonOptions, RoomOptions

CAMILLE, ROOM = MatrixId("@camille.martin:interieur.gouv.test"), RoomId("!a/b")


def test_options_are_the_same_after_they_were_json() -> None:
    chosen = RoomOptions(updated=False, threads=True, binding=Binders.BINDERS)
    assert RoomOptions.from_json(json.loads(json.dumps(chosen.to_json()))) == chosen


@pytest.mark.parametrize(
    "value", [None, {}, {"binding": "nobody"}, {"threads": "on", "of_next_year": 1}, {"binding": []}]
)
def test_what_another_version_says_is_as_by_default(value: dict[str, object] | None) -> None:
    assert RoomOptions.from_json(value) == RoomOptions()


@pytest.mark.parametrize("type_", EventType)
def test_by_default_everything_is_heard_of_and_each_kind_and_act_can_be_left_out(type_: EventType) -> None:
    assert RoomOptions().wants(type_)
    flags = [name for name in ROOM_OPTIONS if name not in ("threads", "floods", "keep", "spaces", "binding")]
    silent = [name for name in flags if not RoomOptions.from_json({name: False}).wants(type_)]
    if type_ in TALK:
        assert silent == ["documents"]
    else:
        assert len(silent) == (2 if type_.kind is not None else 0), "its kind, and what was done"


async def test_what_a_room_chose_comes_with_it() -> None:
    asked: list[tuple[str, str, object]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.raw_path.decode(), json.loads(request.content)))
        options = RoomOptions(threads=True).to_json()
        return httpx.Response(200, json={"room_id": ROOM, "language": "fr", "bindings": [], "options": options})

    async with WorkspaceClient("http://w", "t", transport=httpx.MockTransport(answer)) as workspace:
        room = await workspace.set_room_options(ROOM, CAMILLE, {"threads": True})
    assert room.options == RoomOptions(threads=True)
    assert asked == [("PUT", "/api/v1.0/rooms/%21a%2Fb/options/", {"threads": True, "on_behalf_of": CAMILLE})]


async def test_what_a_person_chose_is_asked_and_changed_alike() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        if asked["matrix_id"] != CAMILLE:
            return httpx.Response(404, json={"code": "not_linked", "message": "Non."})
        return httpx.Response(200, json={"language": None, "mentions": asked.get("mentions", "room")})

    async with WorkspaceClient("http://w", "t", transport=httpx.MockTransport(answer)) as workspace:
        assert await workspace.person_options(CAMILLE) == PersonOptions()
        chosen = await workspace.person_options(CAMILLE, {"mentions": "direct"})
        assert chosen == PersonOptions(None, Mentions.DIRECT)
        with pytest.raises(NotLinked):
            await workspace.person_options(MatrixId("@stranger:culture.gouv.test"))
