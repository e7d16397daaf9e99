"""The client of the workspace's service API: what it sends, what it makes of an answer, and of a refusal."""

import json
from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from contract.answers import Question
from contract.client import WorkspaceClient
from contract.errors import Conflict, NotFound, NotLinked, Refused, Unavailable
from contract.ids import ItemId, MatrixId, RoomId
from contract.resources import Kind

ITEM = ItemId(UUID("0192d1c0-7a00-7000-8000-000000000001"))
CAMILLE = MatrixId("@camille:interieur.gouv.test")


def client(answer: Callable[[httpx.Request], httpx.Response]) -> WorkspaceClient:
    return WorkspaceClient("http://workspace.test/", "s3cret", transport=httpx.MockTransport(answer))


def refusing(status: int, body: object = None, **headers: str) -> WorkspaceClient:
    return client(lambda _: httpx.Response(status, json=body, headers=headers))


async def test_it_asks_with_its_credential_and_below_the_api() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"rooms": [], "next": None})

    async with client(answer) as workspace:
        assert await workspace.rooms() == ()
    assert str(seen[0].url) == "http://workspace.test/api/v1.0/rooms/"
    assert seen[0].headers["Authorization"] == "Bearer s3cret"


async def test_an_item_is_read_for_oneself() -> None:
    told = {
        "id": str(ITEM),
        "kind": "folder",
        "title": "Budget",
        "url": "http://workspace.test/drive/x/",
        "role": "reader",
    }
    async with client(lambda request: httpx.Response(200, json=told | {"url": str(request.url)})) as workspace:
        item = await workspace.item(ITEM)
    assert (item.id, item.kind, item.title) == (ITEM, Kind.FOLDER, "Budget")
    assert item.url == f"http://workspace.test/api/v1.0/items/{ITEM}/"
    async with refusing(404, {"code": "not_found", "message": "…"}) as workspace:
        with pytest.raises(NotFound):
            await workspace.item(ITEM)


async def test_rooms_are_asked_for_until_there_are_no_more() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        room = {"room_id": f"!{len(asked)}:hub.test", "language": None, "bindings": []}
        return httpx.Response(200, json={"rooms": [room], "next": room["room_id"] if len(asked) < 3 else None})

    async with client(answer) as workspace:
        assert [room.room_id for room in await workspace.rooms()] == ["!1:hub.test", "!2:hub.test", "!3:hub.test"]
    assert asked == ["", "after=%211%3Ahub.test", "after=%212%3Ahub.test"]


async def test_the_audience_question_goes_out_in_one_call_and_answers_in_order() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        assert asked["audiences"] == {"all": [CAMILLE]}
        assert [question["item"] for question in asked["questions"]] == [str(ITEM), str(ITEM)]
        facts = {"kind": "document", "title": "Ordre du jour", "actor": "Camille Martin"}
        return httpx.Response(200, json={"answers": [{"cannot": 0, "facts": facts}, {"cannot": 2, "facts": None}]})

    async with client(answer) as workspace:
        may, may_not = await workspace.audience({"all": [CAMILLE]}, [Question("all", ITEM), Question("all", ITEM)])
    assert may.facts is not None
    assert (may.facts.kind, may.facts.title) == (Kind.DOCUMENT, "Ordre du jour")
    assert (may_not.cannot, may_not.facts) == (2, None)


async def test_a_room_id_is_one_segment_of_the_path_whatever_it_holds() -> None:
    paths: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(200, json={"room_id": "!a/../b:c", "bindings": []})

    async with client(answer) as workspace:
        await workspace.put_room(RoomId("!a/../b:c"), [CAMILLE])
    assert paths == [b"/api/v1.0/rooms/%21a%2F..%2Fb%3Ac/"]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "not_linked", NotLinked),
        (404, "not_found", NotFound),
        (409, "already_bound", Conflict),
        (412, "stale", Conflict),
        (400, "invalid", Refused),
    ],
)
async def test_a_refusal_is_an_error_of_its_kind_with_the_workspaces_words(
    status: int, code: str, error: type[Refused]
) -> None:
    async with refusing(status, {"code": code, "message": "Non."}) as workspace:
        with pytest.raises(error) as raised:
            await workspace.unlink(CAMILLE)
    assert (type(raised.value), raised.value.code, raised.value.message) == (error, code, "Non.")


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_a_failure_can_be_tried_again_when_the_workspace_says(status: int) -> None:
    async with refusing(status, {"code": "busy", "message": "…"}, **{"Retry-After": "7"}) as workspace:
        with pytest.raises(Unavailable) as raised:
            await workspace.rooms()
    assert raised.value.retry_after == 7.0


async def test_a_failure_that_says_when_in_words_we_do_not_read_waits_a_second() -> None:
    async with refusing(503, None, **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}) as workspace:
        with pytest.raises(Unavailable) as raised:
            await workspace.rooms()
    assert raised.value.retry_after == 1.0


async def test_no_answer_can_be_tried_again() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with client(answer) as workspace:
        with pytest.raises(Unavailable, match="does not answer"):
            await workspace.rooms()


@pytest.mark.parametrize("status", [302, 400, 403, 404, 409, 418, 502])
async def test_an_answer_that_is_not_the_workspaces_can_be_tried_again(status: int) -> None:
    async with client(lambda _: httpx.Response(status, text="<html>")) as workspace:
        with pytest.raises(Unavailable, match=str(status)):
            await workspace.rooms()


@pytest.mark.parametrize(("said", "seconds"), [("-5", 1.0), ("nan", 1.0), ("inf", 3600.0), ("1e9", 3600.0), ("0", 0.0)])
async def test_nobody_has_us_wait_for_ever(said: str, seconds: float) -> None:
    async with refusing(503, None, **{"Retry-After": said}) as workspace:
        with pytest.raises(Unavailable) as raised:
            await workspace.rooms()
    assert raised.value.retry_after == seconds


@pytest.mark.parametrize(
    "body",
    [
        *("<html>", "", "[" * 100_000, "7", "null", "[]", "{}", '{"rooms": 7}', '{"rooms": [{}]}', '{"rooms": ["x"]}'),
        '{"rooms": [{"room_id": "!a", "bindings": [{"item": "x"}]}]}',
    ],
)
async def test_an_answer_that_makes_no_sense_can_be_tried_again(body: str) -> None:
    async with client(lambda _: httpx.Response(200, text=body)) as workspace:
        with pytest.raises(Unavailable, match="makes no sense"):
            await workspace.rooms()


async def test_fewer_answers_than_questions_make_no_sense() -> None:
    async with client(lambda _: httpx.Response(200, json={"answers": []})) as workspace:
        with pytest.raises(Unavailable, match="makes no sense"):
            await workspace.audience({"all": [CAMILLE]}, [Question("all", ITEM)])


@pytest.mark.parametrize(
    ("status", "code"), [(401, "unknown_service"), (401, "unexpected"), (403, "forbidden"), (403, "unexpected")]
)
async def test_a_credential_that_is_not_taken_is_the_operators_to_mend_and_can_be_tried_again(
    status: int, code: str
) -> None:
    async with refusing(status, {"code": code, "message": "Non."}) as workspace:
        with pytest.raises(Unavailable) as raised:
            await workspace.rooms()
    assert raised.value.retry_after >= 10


async def test_what_the_workspace_says_is_asked_for_in_a_language() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Accept-Language"))
        return httpx.Response(409, json={"code": "room_taken", "message": "Non."})

    async with client(answer) as workspace:
        for call in (
            workspace.put_room(RoomId("!a"), [], said_in="fr"),
            workspace.offer_link(CAMILLE, said_in="fr"),
            workspace.unlink(CAMILLE, said_in="fr"),
        ):
            with pytest.raises(Conflict):
                await call
        with pytest.raises(Conflict):
            await workspace.set_language(CAMILLE, "fr")
    assert seen == ["fr"] * 4
