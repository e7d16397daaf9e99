"""The workspace's service API, for the bridge and the bots (`docs/architecture.md`, "The service API").

A service credential may ask the audience question, look up and link identities, keep rooms and bindings, and search
for somebody; it reads no item for itself. A service account, in its place, may ask the audience question about what it
has an access to, and read that (`item`). Every call may raise a `WorkspaceError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from contract.answers import Audience, Binding, Found, Identity, Item, LinkOffer, Question, Room
from contract.errors import Conflict, NotFound, NotLinked, Refused, Unavailable
from contract.ids import ItemId, MatrixId, RoomId, room_id

#: Seconds that one call may take before it counts as unavailable.
DEFAULT_TIMEOUT = 10.0
#: Seconds after which to try again where our credential is not taken: an operator has to mend it.
_OPERATORS_TIME = 10.0
#: Seconds of waiting that an answer may ask for.
_LONGEST_WAIT = 3600.0
_BY_CODE: dict[str, type[Refused]] = {"not_linked": NotLinked, "not_found": NotFound}
T = TypeVar("T")


class WorkspaceClient:
    """The service API of the workspace at `url`, with the service credential `token`.

    `timeout` is in seconds, for one call. `transport` is httpx's: what carries the requests, where it is not TCP. The
    message of what a call raises is in the language of `said_in`.
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
        return await self._call("POST", "audience/", lambda answer: _audiences(answer, len(questions)), body)

    async def item(self, item: ItemId) -> Item:
        """The item, as a service account may read it for itself. Raises `NotFound`."""
        return await self._call("GET", f"items/{item}/", Item.from_json)

    async def identities(self, matrix_ids: Sequence[MatrixId]) -> dict[MatrixId, Identity]:
        """What is known of each of these Matrix ids."""
        return await self._call("POST", "identities/lookup/", _identities, {"matrix_ids": list(matrix_ids)})

    async def offer_link(self, matrix_id: MatrixId, *, said_in: str | None = None) -> LinkOffer:
        """A one-time address that links `matrix_id`. Raises `Conflict` where it is linked already."""
        body = {"matrix_id": matrix_id}
        return await self._call("POST", "identities/links/", LinkOffer.from_json, body, said_in)

    async def unlink(self, matrix_id: MatrixId, *, said_in: str | None = None) -> None:
        """Forget to whom `matrix_id` belongs. Raises `NotLinked`."""
        await self._call("POST", "identities/unlink/", _nothing, {"matrix_id": matrix_id}, said_in)

    async def set_language(self, matrix_id: MatrixId, language: str) -> None:
        """The language (`fr`, `en`) that the person of `matrix_id` wants to read. Raises `NotLinked`."""
        body = {"matrix_id": matrix_id, "language": language}
        await self._call("POST", "identities/language/", _nothing, body, language)

    async def rooms(self) -> tuple[Room, ...]:
        """Every room that the workspace knows, with its bindings. It answers some hundreds at a time."""
        found, after = await self._call("GET", "rooms/", _rooms)
        while after is not None:
            more, after = await self._call("GET", f"rooms/?after={_path(after)}", _rooms)
            found += more
        return found

    async def put_room(
        self, room: RoomId, members: Sequence[MatrixId], *, language: str | None = None, said_in: str | None = None
    ) -> Room:
        """Tell who is joined to `room` now (all of them), and optionally its language."""
        body: dict[str, Any] = {"members": list(members)}
        if language is not None:
            body["language"] = language
        return await self._call("PUT", f"rooms/{_path(room)}/", Room.from_json, body, said_in)

    async def forget_room(self, room: RoomId) -> None:
        """The service is no longer in `room`: its bindings end, and its members have nothing by it any more."""
        await self._call("DELETE", f"rooms/{_path(room)}/", _nothing)

    async def bind(self, room: RoomId, url: str, by: MatrixId, *, said_in: str | None = None) -> Binding:
        """Bind `room` to what `url` opens, for the person of the Matrix id `by`, who must be a member.

        Raises `NotLinked`, `NotFound` (no such item, or not theirs to read) or `Conflict` (bound already).
        """
        body = {"url": url, "on_behalf_of": by}
        return await self._call("POST", f"rooms/{_path(room)}/bindings/", Binding.from_json, body, said_in)

    async def unbind(self, room: RoomId, item: ItemId, by: MatrixId, *, said_in: str | None = None) -> None:
        """End a binding, for the person of `by`. Raises `NotLinked` or `NotFound`."""
        where = f"rooms/{_path(room)}/bindings/{item}/remove/"
        await self._call("POST", where, _nothing, {"on_behalf_of": by}, said_in)

    async def search(
        self,
        words: str,
        asker: MatrixId,
        *,
        audience: Sequence[MatrixId] | None = None,
        limit: int = 5,
        language: str | None = None,
    ) -> Found:
        """What `asker` has an access to and that has `words`, at most `limit` of it.

        With an `audience` (of somebody), what every one of them has an access to as well, and apart from it, again at
        most `limit`, what else `asker` has. Raises `NotLinked`.
        """
        body: dict[str, Any] = {"q": words, "on_behalf_of": asker, "limit": limit}
        if audience is not None:
            body["audience"] = list(audience)
        if language is not None:
            body["language"] = language
        return await self._call("POST", "search/", Found.from_json, body)

    async def _call(
        self,
        method: str,
        path: str,
        read: Callable[[Any], T],
        body: Mapping[str, Any] | None = None,
        said_in: str | None = None,
    ) -> T:
        """What `read` makes of the answer."""
        headers = {"Accept-Language": said_in} if said_in else None
        try:
            response = await self._http.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable("unreachable", f"the workspace does not answer ({type(error).__name__})", 0) from error
        if not response.is_success:
            raise _error(response)
        try:
            return read(response.json() if response.content else None)
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            words = f"what the workspace answers makes no sense ({type(error).__name__})"
            raise Unavailable("unexpected", words, response.status_code) from error


def _audiences(answer: Any, questions: int) -> tuple[Audience, ...]:
    audiences = tuple(Audience.from_json(one) for one in answer["answers"])
    if len(audiences) != questions:
        raise ValueError(f"{len(audiences)} answers to {questions} questions")
    return audiences


def _identities(answer: Any) -> dict[MatrixId, Identity]:
    return {MatrixId(mxid): Identity.from_json(identity) for mxid, identity in answer["identities"].items()}


def _rooms(answer: Any) -> tuple[tuple[Room, ...], RoomId | None]:
    """Some rooms, and the one after which there are more."""
    rooms, after = tuple(Room.from_json(room) for room in answer["rooms"]), answer["next"]
    return rooms, None if after is None else room_id(after)


def _nothing(_answer: Any) -> None:
    """The call gives nothing."""


def _path(room: RoomId) -> str:
    return quote(room, safe="")


def _error(response: httpx.Response) -> Refused | Unavailable:
    status = response.status_code
    try:
        problem = response.json()
        code, message = str(problem["code"]), str(problem["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        # Not the workspace's words: something before it answers (a proxy, say), and knows nothing of what was asked.
        return Unavailable("unexpected", f"the workspace answered {status}", status, _seconds(response))
    if status == 429 or status >= 500:
        return Unavailable(code, message, status, _seconds(response))
    if code in _BY_CODE:
        return _BY_CODE[code](code, message, status)
    if status in (401, 403):
        return Unavailable(code, "the workspace does not take our credential", status, _OPERATORS_TIME)
    return (Conflict if status in (409, 412) else Refused)(code, message, status)


def _seconds(response: httpx.Response) -> float:
    """When to try again: as the answer says, if it says so in seconds, and within an hour."""
    try:
        said = float(response.headers.get("Retry-After", "1"))
    except ValueError:
        return 1.0
    return min(said, _LONGEST_WAIT) if said >= 0 else 1.0
