"""The workspace's service API, for the bridge and the bots (`docs/architecture.md`, "The service API").

A service credential may ask the audience question, look up and link identities, keep rooms and bindings, and search
for somebody; it reads no item for itself. Every call may raise a `WorkspaceError`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from contract.answers import Audience, Binding, Found, Identity, LinkOffer, Question, Room
from contract.errors import Conflict, NotFound, NotLinked, Refused, Unavailable
from contract.ids import ItemId, MatrixId, RoomId

#: Seconds that one call may take before it counts as unavailable.
DEFAULT_TIMEOUT = 10.0
_BY_CODE: dict[str, type[Refused]] = {"not_linked": NotLinked, "not_found": NotFound}


class WorkspaceClient:
    """The service API of the workspace at `url`, with the service credential `token`.

    `timeout` is in seconds, for one call. `transport` is httpx's: what carries the requests, where it is not TCP.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.AsyncClient(
            base_url=f"{self.url}/api/v1.0/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def audience(
        self, audiences: Mapping[str, Sequence[MatrixId]], questions: Sequence[Question]
    ) -> tuple[Audience, ...]:
        """One answer a question, in their order. `audiences` maps a name of the caller's choice to Matrix ids."""
        body = {
            "audiences": {name: list(members) for name, members in audiences.items()},
            "questions": [question.to_json() for question in questions],
        }
        answers = await self._call("POST", "audience/", body)
        return tuple(Audience.from_json(answer) for answer in answers["answers"])

    async def identities(self, matrix_ids: Sequence[MatrixId]) -> dict[MatrixId, Identity]:
        """What is known of each of these Matrix ids."""
        answer = await self._call("POST", "identities/lookup/", {"matrix_ids": list(matrix_ids)})
        return {MatrixId(mxid): Identity.from_json(identity) for mxid, identity in answer["identities"].items()}

    async def offer_link(self, matrix_id: MatrixId) -> LinkOffer:
        """A one-time address that links `matrix_id`. Raises `Conflict` where it is linked already."""
        return LinkOffer.from_json(await self._call("POST", "identities/links/", {"matrix_id": matrix_id}))

    async def unlink(self, matrix_id: MatrixId) -> None:
        """Forget to whom `matrix_id` belongs. Raises `NotLinked`."""
        await self._call("POST", "identities/unlink/", {"matrix_id": matrix_id})

    async def set_language(self, matrix_id: MatrixId, language: str) -> None:
        """The language (`fr`, `en`) that the person of `matrix_id` wants to read. Raises `NotLinked`."""
        await self._call("POST", "identities/language/", {"matrix_id": matrix_id, "language": language})

    async def rooms(self) -> tuple[Room, ...]:
        """Every room that the workspace knows, with its bindings."""
        answer = await self._call("GET", "rooms/")
        return tuple(Room.from_json(room) for room in answer["rooms"])

    async def put_room(self, room: RoomId, members: Sequence[MatrixId], *, language: str | None = None) -> Room:
        """Tell who is joined to `room` now (all of them), and optionally its language."""
        body: dict[str, Any] = {"members": list(members)}
        if language is not None:
            body["language"] = language
        return Room.from_json(await self._call("PUT", f"rooms/{_path(room)}/", body))

    async def forget_room(self, room: RoomId) -> None:
        """The service is no longer in `room`: its bindings end, and its members have nothing by it any more."""
        await self._call("DELETE", f"rooms/{_path(room)}/")

    async def bind(self, room: RoomId, url: str, by: MatrixId, *, language: str | None = None) -> Binding:
        """Bind `room` to what `url` opens, for the person of the Matrix id `by`, who must be a member.

        Raises `NotLinked`, `NotFound` (no such item, or not theirs to read) or `Conflict` (bound already); what it says
        is in `language`.
        """
        body = {"url": url, "on_behalf_of": by}
        return Binding.from_json(await self._call("POST", f"rooms/{_path(room)}/bindings/", body, language))

    async def unbind(self, room: RoomId, item: ItemId, by: MatrixId, *, language: str | None = None) -> None:
        """End a binding, for the person of `by`. Raises `NotLinked` or `NotFound`."""
        await self._call("POST", f"rooms/{_path(room)}/bindings/{item}/remove/", {"on_behalf_of": by}, language)

    async def search(
        self,
        words: str,
        asker: MatrixId,
        *,
        audience: Sequence[MatrixId] | None = None,
        limit: int = 5,
        language: str | None = None,
    ) -> Found:
        """What `asker` may read and that has `words`, at most `limit` of it.

        With an `audience`, what every one of them may read too, and apart from it, again at most `limit`, what `asker`
        alone may read. Raises `NotLinked`.
        """
        body: dict[str, Any] = {"q": words, "on_behalf_of": asker, "limit": limit}
        if audience is not None:
            body["audience"] = list(audience)
        if language is not None:
            body["language"] = language
        return Found.from_json(await self._call("POST", "search/", body))

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, language: str | None = None
    ) -> Any:
        headers = {"Accept-Language": language} if language else None
        try:
            response = await self._http.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable("unreachable", f"the workspace does not answer ({type(error).__name__})", 0) from error
        if response.is_success:
            return response.json() if response.content else None
        raise _error(response)


def _path(room: RoomId) -> str:
    return quote(room, safe="")


def _error(response: httpx.Response) -> Refused | Unavailable:
    status = response.status_code
    try:
        problem = response.json()
        code, message = str(problem["code"]), str(problem["message"])
    except (ValueError, KeyError, TypeError):
        code, message = "unexpected", f"the workspace answered {status}"
    if status == 429 or status >= 500:
        try:
            retry_after = float(response.headers.get("Retry-After", "1"))
        except ValueError:
            retry_after = 1.0
        return Unavailable(code, message, status, retry_after)
    if code in _BY_CODE:
        return _BY_CODE[code](code, message, status)
    return (Conflict if status in (409, 412) else Refused)(code, message, status)
