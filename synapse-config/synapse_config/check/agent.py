"""A plain Matrix client, as small as the checks need it: no encryption, and no state but its session."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

from synapse_config import accounts, kinds
from synapse_config.check.report import NotSeen
from synapse_config.errors import HomeserverError
from synapse_config.render import RenderedHomeserver

#: The account that the check keeps on each homeserver.
USER = kinds.CHECKER
_SECONDS = 40.0
_SYNC_MS = 5000
_RETRIES = 20


class Agent:
    """A signed-in client. Use `agent()` to have one."""

    def __init__(self, homeserver: RenderedHomeserver, session: accounts.Session) -> None:
        self.homeserver = homeserver
        self.user_id = session.user_id
        self.session = session
        self._client = httpx.AsyncClient(
            base_url=homeserver.client_url,
            headers={"Authorization": f"Bearer {session.access_token}"},
            timeout=_SECONDS,
            trust_env=False,
        )

    @classmethod
    async def sign_in(cls, homeserver: RenderedHomeserver) -> Agent:
        """The check's account on `homeserver`, made the first time."""
        shared = homeserver.registration_shared_secret
        # Derived, so that there is no more secret to keep: whoever has the shared secret can make accounts anyway.
        digest = hmac.new(shared.encode(), b"the password of the federation check", hashlib.sha256).digest()
        password = base64.urlsafe_b64encode(digest).decode()
        await accounts.register(homeserver.client_url, shared, USER, password, displayname="Federation check")
        session = await accounts.sign_in(homeserver.client_url, USER, password, device_name="federation check")
        return cls(homeserver, session)

    async def close(self) -> None:
        """Signs out."""
        await self._client.aclose()
        with contextlib.suppress(HomeserverError):  # it went away meanwhile, and a check has said so
            await accounts.sign_out(self.homeserver.client_url, self.session)

    async def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        """The answer to a request below `/_matrix/client/v3`, waiting where the homeserver asks to (429)."""
        for _ in range(_RETRIES):
            response = await self._client.request(method, f"/_matrix/client/v3{path}", json=body)
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return response
            await asyncio.sleep(min(response.json().get("retry_after_ms", 1000) / 1000, _SECONDS))
        return response

    async def asked(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The answer's body. Raises `NotSeen` where it is an error."""
        response = await self.send(method, path, body)
        if not response.is_success:
            raise NotSeen(f"{self.user_id} asked {method} {path.partition('?')[0]}: {said(response)}")
        answer: dict[str, Any] = response.json()
        return answer

    async def make_room(self, preset: str) -> str:
        """A new room's id."""
        body = {"preset": preset, "visibility": "private", "name": "Federation check"}
        return str((await self.asked("POST", "/createRoom", body))["room_id"])

    async def invite(self, room_id: str, user_id: str) -> httpx.Response:
        """The answer to an invitation."""
        return await self.send("POST", f"/rooms/{quote(room_id)}/invite", {"user_id": user_id})

    async def join(self, room_id: str, via: str) -> httpx.Response:
        """The answer to joining by way of the homeserver `via`."""
        return await self.send("POST", f"/join/{quote(room_id)}?via={via}&server_name={via}", {})

    async def profile(self, user_id: str) -> httpx.Response:
        """The answer to asking somebody's profile."""
        return await self.send("GET", f"/profile/{quote(user_id)}")

    async def keys(self, user_id: str) -> dict[str, Any]:
        """The answer to asking somebody's device keys."""
        return await self.asked("POST", "/keys/query", {"device_keys": {user_id: []}, "timeout": 10_000})

    async def post(self, room_id: str, event_type: str) -> str:
        """The id of an event that says nothing."""
        path = f"/rooms/{quote(room_id)}/send/{event_type}/{uuid.uuid4()}"
        return str((await self.asked("PUT", path, {}))["event_id"])

    async def leave(self, room_id: str) -> None:
        """Leaves a room and forgets it."""
        await self.send("POST", f"/rooms/{quote(room_id)}/leave", {})
        await self.send("POST", f"/rooms/{quote(room_id)}/forget", {})

    async def wait(self, seen: Callable[[dict[str, Any]], bool], what: str, seconds: float = 30.0) -> None:
        """Follows `/sync` until `seen` is true of an answer's `rooms`. Raises `NotSeen` after `seconds`."""
        since = ""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    answer = await self.asked("GET", f"/sync?timeout={_SYNC_MS if since else 0}{since}")
                    if seen(answer.get("rooms", {})):
                        return
                    since = f"&since={quote(answer['next_batch'])}"
        except TimeoutError:
            raise NotSeen(f"{self.user_id} did not see {what} within {seconds:.0f} s") from None


def said(response: httpx.Response) -> str:
    """A short form of an answer, without anything that it holds but its error code."""
    try:
        body = response.json()
    except ValueError:
        body = None
    code = body.get("errcode", "") if isinstance(body, dict) else ""
    return f"{response.status_code} {code}".strip()
