"""A file by the client: by a token of its own, whole or not at all."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs
from uuid import UUID

import httpx
import pytest

from contract.client import WorkspaceClient
from contract.errors import NotAllowed, Refused, Unavailable
from contract.ids import ItemId, MatrixId, RoomId

ITEM = ItemId(UUID("0192d1c0-7a00-7000-8000-000000000001"))
CAMILLE, ROOM = MatrixId("@camille:interieur.gouv.test"), RoomId("!room:hub.test")
FILE = bytes(range(256)) * 4000


class Broken(httpx.AsyncByteStream):
    """Some bytes, and then the connection is closed."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield FILE[:1000]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


class Workspace:
    """Trades, and answers the download with `answer`."""

    def __init__(self, answer: httpx.Response, traded: httpx.Response | None = None) -> None:
        self.answer = answer
        self.traded = traded or httpx.Response(200, json={"access_token": "t0ken", "scope": "read", "expires_in": 60})
        self.asked: list[httpx.Request] = []

    def client(self) -> WorkspaceClient:
        return WorkspaceClient("http://workspace.test", "s3cret", transport=httpx.MockTransport(self._answers))

    def _answers(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.traded if request.url.path.endswith("/token/") else self.answer


async def all_of(workspace: Workspace, size: int = len(FILE)) -> bytes:
    async with workspace.client() as client:
        return b"".join([piece async for piece in client.download(CAMILLE, ITEM, size, room=ROOM)])


async def test_it_is_had_by_a_token_for_this_one_use() -> None:
    workspace = Workspace(httpx.Response(200, content=FILE))
    assert await all_of(workspace) == FILE
    trade, download = workspace.asked
    form = parse_qs(trade.content.decode())
    assert (form["scope"], form["uses"], form["resource"], form["room"]) == (["read"], ["1"], [str(ITEM)], [ROOM])
    assert (download.method, download.url.path) == ("GET", f"/api/v1.0/files/{ITEM}/content/")
    assert download.headers["Authorization"] == "Bearer t0ken"
    assert download.headers["Parvis-Service"] == "Bearer s3cret"
    assert download.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("size", [len(FILE) - 1, len(FILE) + 1, 0])
async def test_another_size_than_was_said_is_no_file(size: int) -> None:
    with pytest.raises(Unavailable) as error:
        await all_of(Workspace(httpx.Response(200, content=FILE)), size)
    assert error.value.code == "broken_off"


async def test_one_that_breaks_off_is_no_file() -> None:
    with pytest.raises(Unavailable) as error:
        await all_of(Workspace(httpx.Response(200, stream=Broken())))
    assert error.value.code == "broken_off"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [(410, Refused, "file_lost"), (403, NotAllowed, "revoked"), (503, Unavailable, "downloads_full")],
)
async def test_a_refusal_is_typed(status: int, kind: type[Refused], code: str) -> None:
    with pytest.raises(kind) as error:
        await all_of(Workspace(httpx.Response(status, json={"code": code, "message": "…"})))
    assert error.value.code == code


async def test_what_is_not_traded_is_not_downloaded() -> None:
    workspace = Workspace(
        httpx.Response(200, content=FILE), httpx.Response(400, json={"code": "not_allowed", "message": "…"})
    )
    with pytest.raises(NotAllowed):
        await all_of(workspace)
    assert len(workspace.asked) == 1
