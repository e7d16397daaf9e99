"""The workspace's service API, for the bridge and the bots (`docs/architecture.md`, "The service API").

A service credential may ask the audience question, look up and link identities, keep rooms and bindings, and trade what
a person allowed for a scenario token (`contract.grants`); it opens no item for itself. A service account, in its
place, may ask the audience question about what it has an access to, and read that (`item`). `search`, `read_item`,
`download` and `share_with_room` trade by themselves; to save, `trade` first, and keep the token until `finish_save`.

Every call may raise a `WorkspaceError`. What acts for a person raises `NotLinked`, `NotAllowed` (they did not allow it
to this service, or revoked it), `NotFound` (no such item, or not theirs to read), `Forbidden` (they lack the role) and
`TokenRefused` (outside the token's bounds).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from contract.answers import Audience, Binding, Found, Identity, Item, LinkOffer, Question, Readers, Room
from contract.comments import CommentQuestion, CommentTold
from contract.downloads import DownloadCalls
from contract.errors import Unavailable
from contract.grants import SERVICE_HEADER, Act, ItemContent, SavedFile, Scenario, ScenarioToken, StartedSave
from contract.ids import ItemId, MatrixId, RoomId, matrix_id, room_id
from contract.options import PersonOptions
from contract.refusals import refusal
from contract.resources import Kind
from contract.spaces import SpaceCalls
from contract.talk import TalkCalls

#: Seconds that one call may take before it counts as unavailable.
DEFAULT_TIMEOUT = 10.0
#: The same for the end of a save, in which the store copies the whole file.
FINISH_TIMEOUT = 120.0
T = TypeVar("T")


class WorkspaceClient(TalkCalls, SpaceCalls, DownloadCalls):
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
        self._credential = f"Bearer {token}"
        self._http = httpx.AsyncClient(
            base_url=f"{self.url}/api/v1.0/",
            headers={"Authorization": self._credential},
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

    async def comments(
        self, audiences: Mapping[str, Sequence[MatrixId]], questions: Sequence[CommentQuestion]
    ) -> tuple[CommentTold, ...]:
        """The same for comments, at most 200 in one call: each as it is now, where all of the audience may read it.

        What none of our rooms is bound to is answered as what nobody may read.
        """
        body = {
            "audiences": {name: list(members) for name, members in audiences.items()},
            "questions": [question.to_json() for question in questions],
        }
        return await self._call("POST", "comments/tell/", lambda answer: _told(answer, len(questions)), body)

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
        self,
        room: RoomId,
        members: Sequence[MatrixId],
        *,
        moderators: Sequence[MatrixId] | None = None,
        language: str | None = None,
        said_in: str | None = None,
    ) -> Room:
        """Tell who is joined to `room` now (all of them), and optionally its language.

        `moderators` are those of them whom the room lets change its settings; None says nothing of that.
        """
        body: dict[str, Any] = {"members": list(members)}
        if moderators is not None:
            body["moderators"] = list(moderators)
        if language is not None:
            body["language"] = language
        return await self._call("PUT", f"rooms/{_path(room)}/", Room.from_json, body, said_in)

    async def set_room_options(
        self, room: RoomId, by: MatrixId, changes: Mapping[str, str | bool], *, said_in: str | None = None
    ) -> Room:
        """Change options of `room` (`RoomOptions`, and `language`), for the person of `by`, who must be a member.

        Raises `NotLinked`, `NotFound` or `Conflict` (`not_a_binder`, `not_a_moderator`: only those may).
        """
        body = {**changes, "on_behalf_of": by}
        return await self._call("PUT", f"rooms/{_path(room)}/options/", Room.from_json, body, said_in)

    async def person_options(
        self, matrix_id: MatrixId, changes: Mapping[str, str] | None = None, *, said_in: str | None = None
    ) -> PersonOptions:
        """What the person of `matrix_id` chose, after these changes (`PersonOptions`). Raises `NotLinked`."""
        body = {**(changes or {}), "matrix_id": matrix_id}
        return await self._call("POST", "identities/options/", PersonOptions.from_json, body, said_in)

    async def forget_room(self, room: RoomId) -> None:
        """The service is no longer in `room`: its bindings end, and its members have nothing by it any more."""
        await self._call("DELETE", f"rooms/{_path(room)}/", _nothing)

    async def bind(self, room: RoomId, url: str, by: MatrixId, *, said_in: str | None = None) -> Binding:
        """Bind `room` to what `url` opens, for the person of the Matrix id `by`, who must be a member.

        Raises `NotLinked`, `NotFound` (no such item, or not theirs to read) or `Conflict` (`already_bound`,
        `not_a_binder`, `not_a_moderator`, `too_many_bindings`).
        """
        body = {"url": url, "on_behalf_of": by}
        return await self._call("POST", f"rooms/{_path(room)}/bindings/", Binding.from_json, body, said_in)

    async def unbind(self, room: RoomId, item: ItemId, by: MatrixId, *, said_in: str | None = None) -> None:
        """End a binding, for the person of `by`. What the room hears of by a space it goes on hearing of.

        Raises `NotLinked`, `NotFound` or `Conflict` (`by_space`: it is bound to it by a space alone; and as `bind`).
        """
        where = f"rooms/{_path(room)}/bindings/{item}/remove/"
        await self._call("POST", where, _nothing, {"on_behalf_of": by}, said_in)

    async def succeed_room(self, room: RoomId, successor: RoomId) -> Room:
        """`successor`, of which the workspace knows, came after `room`: bindings and accesses go over."""
        return await self._call("POST", f"rooms/{_path(room)}/successor/", Room.from_json, {"room_id": successor})

    async def sharers(self, room: RoomId, item: ItemId) -> tuple[MatrixId, ...]:
        """The members of `room` who may give it access to `item`."""
        return await self._call("POST", f"rooms/{_path(room)}/sharers/", _matrix_ids, {"item": str(item)})

    async def readers(self, room: RoomId) -> tuple[Readers, ...]:
        """Who of `room` may read what it is bound to, a binding each."""
        return await self._call("GET", f"rooms/{_path(room)}/readers/", _readers)

    async def search(
        self,
        words: str,
        asker: MatrixId,
        *,
        audience: Sequence[MatrixId] | None = None,
        limit: int = 5,
        language: str | None = None,
        room: RoomId | None = None,
        kind: Kind | None = None,
    ) -> Found:
        """What `asker` has an access to and that has `words`, at most `limit` of it; `room` is where they asked,
        `kind` what alone is looked for.

        With an `audience` (of somebody), what every one of them has an access to as well, and apart from it, again at
        most `limit`, what else `asker` has.
        """
        token = await self.trade(Scenario(Act.READ, asker, room=room), said_in=language)
        body: dict[str, Any] = {"q": words, "limit": limit}
        if audience is not None:
            body["audience"] = list(audience)
        if language is not None:
            body["language"] = language
        if kind is not None:
            body["kind"] = kind
        return await self._call("POST", "search/", Found.from_json, body, token=token)

    async def trade(self, scenario: Scenario, *, said_in: str | None = None) -> ScenarioToken:
        """A token for one act, for somebody who has allowed it to this service. It is used by this client alone."""
        now = datetime.now(UTC)

        def read(answer: Any) -> ScenarioToken:
            return ScenarioToken.from_json(answer, now)

        return await self._call("POST", "token/", read, form=scenario.to_form(), said_in=said_in)

    async def read_item(
        self, person: MatrixId, item: ItemId, *, room: RoomId | None = None, said_in: str | None = None
    ) -> ItemContent:
        """What is in `item`, as `person` may read it: Markdown, or the size and type of what `download` gives."""
        token = await self.trade(Scenario(Act.READ, person, item, room), said_in=said_in)
        return await self._call("GET", f"items/{item}/content/", ItemContent.from_json, said_in=said_in, token=token)

    async def share_with_room(
        self, person: MatrixId, item: ItemId, room: RoomId, role: str, *, said_in: str | None = None
    ) -> None:
        """Give `room` the role (`reader`, `commenter`, `editor`) on `item`, as its owner `person`, who is joined, says.

        Raises `Conflict` where they are not joined, or the item is in the trash.
        """
        token = await self.trade(Scenario(Act.SHARE, person, item, room), said_in=said_in)
        body = {"item": str(item), "role": role}
        await self._call("POST", f"rooms/{_path(room)}/share/", _nothing, body, said_in, token=token)

    async def start_save(
        self,
        token: ScenarioToken,
        filename: str,
        size: int,
        media_type: str = "",
        *,
        sender: MatrixId | None = None,
        sealed: bool = False,
        said_in: str | None = None,
    ) -> StartedSave:
        """Begin the upload of a file of exactly `size` bytes into the folder that `token` (SAVE) names.

        The answer is a form for the store, which takes it as long as the token lives, at most a quarter of an hour.
        `sender` sent it into the room. `sealed` is ciphertext, for a sealed folder: neither its name nor type is kept.
        Raises `TokenRefused` for what is larger or of another type than the token allows, and `Refused`
        (`folder_sealed`, `folder_not_sealed`) for what is not for that folder.
        """
        body: dict[str, Any] = {"filename": filename, "size": size, "media_type": media_type, "sealed": sealed}
        if sender is not None:
            body["sender"] = sender
        return await self._call("POST", "saves/", StartedSave.from_json, body, said_in, token=token)

    async def finish_save(self, token: ScenarioToken, started: StartedSave, *, said_in: str | None = None) -> SavedFile:
        """Make what was uploaded a file, if the person still allows it; else nothing is kept. Said twice, it is once.

        Raises `Refused` (`not_uploaded`, `upload_mismatch`, `upload_mistyped`) where it did not arrive as announced.
        """
        where = f"saves/{quote(started.upload, safe='')}/finish/"
        return await self._call("POST", where, SavedFile.from_json, None, said_in, token=token, patience=FINISH_TIMEOUT)

    async def _call(
        self,
        method: str,
        path: str,
        read: Callable[[Any], T],
        body: Mapping[str, Any] | None = None,
        said_in: str | None = None,
        *,
        form: Mapping[str, str] | None = None,
        token: ScenarioToken | None = None,
        patience: float | None = None,
    ) -> T:
        """What `read` makes of the answer. With a `token` the call is that person's act, not the service's own.

        `patience` is in seconds, where this call may take longer than others.
        """
        headers = self._headers(token, said_in)
        try:
            timeout = httpx.USE_CLIENT_DEFAULT if patience is None else httpx.Timeout(patience)
            response = await self._http.request(method, path, json=body, data=form, headers=headers, timeout=timeout)
        except httpx.HTTPError as error:
            raise Unavailable("unreachable", f"the workspace does not answer ({type(error).__name__})", 0) from error
        if not response.is_success:
            raise refusal(response)
        try:
            return read(response.json() if response.content else None)
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            words = f"what the workspace answers makes no sense ({type(error).__name__})"
            raise Unavailable("unexpected", words, response.status_code) from error

    def _headers(self, token: ScenarioToken | None, said_in: str | None) -> dict[str, str]:
        headers = {"Accept-Language": said_in} if said_in else {}
        if token is not None:
            headers |= {"Authorization": f"Bearer {token.token}", SERVICE_HEADER: self._credential}
        return headers


def _audiences(answer: Any, questions: int) -> tuple[Audience, ...]:
    audiences = tuple(Audience.from_json(one) for one in answer["answers"])
    if len(audiences) != questions:
        raise ValueError(f"{len(audiences)} answers to {questions} questions")
    return audiences


def _told(answer: Any, questions: int) -> tuple[CommentTold, ...]:
    told = tuple(CommentTold.from_json(one) for one in answer["answers"])
    if len(told) != questions:
        raise ValueError(f"{len(told)} answers to {questions} questions")
    return told


def _identities(answer: Any) -> dict[MatrixId, Identity]:
    return {MatrixId(mxid): Identity.from_json(identity) for mxid, identity in answer["identities"].items()}


def _rooms(answer: Any) -> tuple[tuple[Room, ...], RoomId | None]:
    """Some rooms, and the one after which there are more."""
    rooms, after = tuple(Room.from_json(room) for room in answer["rooms"]), answer["next"]
    return rooms, None if after is None else room_id(after)


def _matrix_ids(answer: Any) -> tuple[MatrixId, ...]:
    return tuple(matrix_id(who) for who in answer["matrix_ids"])


def _readers(answer: Any) -> tuple[Readers, ...]:
    return tuple(Readers.from_json(binding) for binding in answer["bindings"])


def _nothing(_answer: Any) -> None:
    """The call gives nothing."""


def _path(room: RoomId) -> str:
    return quote(room, safe="")
