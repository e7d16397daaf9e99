"""Who is in the bench's rooms: an agent who writes, an agent of another homeserver who reads, a plain client."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from parvis.errors import ParvisError
from parvis.setup import Setup
from synapse_config import accounts

#: Seconds of one request.
_SECONDS = 60.0


@dataclass
class PlainClient:
    """A client of the hub that encrypts nothing: what any program would do that sends messages."""

    url: str
    token: str
    http: aiohttp.ClientSession
    user_id: str

    @classmethod
    async def sign_up(cls, setup: Setup) -> Self:
        """A new account without limits, as the bridge's is."""
        hub = setup.rendered.hub
        password, operator = secrets.token_urlsafe(), setup.secrets.value("bots/operator")
        await accounts.register(hub.client_url, hub.registration_shared_secret, "bench", password)
        session = await accounts.sign_in(hub.client_url, "bench", password)
        admin = await accounts.sign_in(hub.client_url, "operator", operator)
        await accounts.lift_limits(hub.client_url, admin, session.user_id)
        http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS))
        return cls(hub.client_url, session.access_token, http, session.user_id)

    async def close(self) -> None:
        """Let go of the connections."""
        await self.http.close()

    async def make_room(self, invited: list[str]) -> str:
        """A room without encryption."""
        body = {"preset": "public_chat", "visibility": "private", "name": "bench", "invite": invited}
        return str((await self.ask("POST", "createRoom", body))["room_id"])

    async def send(self, room: str, content: dict[str, Any]) -> None:
        """One message."""
        await self.ask("PUT", f"rooms/{quote(room)}/send/m.room.message/{secrets.token_hex(8)}", content)

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request. Raises `ParvisError` for an answer that is none of success."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        async with self.http.request(
            method, f"{self.url}/_matrix/client/v3/{path}", data=data, headers=headers
        ) as response:
            if response.status >= 300:
                raise ParvisError(f"{method} {path.split('/', maxsplit=1)[0]}: {response.status}")
            answer: dict[str, Any] = await response.json()
            return answer
