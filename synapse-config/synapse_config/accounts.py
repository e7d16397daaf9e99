"""What an operator's program does with the accounts of a homeserver: make them, sign in, lift the limits of a bot.

Called by `parvis` (the demo's agents and bots), by `check` and by tests. Everything is asynchronous.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from synapse_config.errors import HomeserverError

_SECONDS = 30.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in device. `access_token` is a secret."""

    user_id: str
    device_id: str
    access_token: str

    def __repr__(self) -> str:
        return f"Session({self.user_id}, {self.device_id})"


async def wait_ready(client_url: str, seconds: float = 60.0) -> None:
    """Returns when the homeserver answers. Raises `HomeserverError` after `seconds`."""
    pause = _FIRST_PAUSE
    try:
        async with asyncio.timeout(seconds), _client(client_url) as client:
            while not await _healthy(client):
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
    except TimeoutError:
        raise HomeserverError(
            f"The homeserver at {client_url} did not answer within {seconds:.0f} s. Its log says why."
        ) from None


async def register(
    client_url: str,
    shared_secret: str,
    user: str,
    password: str,
    *,
    admin: bool = False,
    displayname: str | None = None,
) -> bool:
    """Makes the account `user` (a local part) and says True; False where it is there already, left as it is.

    `shared_secret` is `RenderedHomeserver.registration_shared_secret`. No session is opened. Raises `HomeserverError`.
    """
    path = "/_synapse/admin/v1/register"
    async with _client(client_url) as client:
        nonce = (await _asked(client, "GET", path))["nonce"]
        body = {
            "nonce": nonce,
            "username": user,
            "password": password,
            "admin": admin,
            "displayname": displayname or user,
            "inhibit_login": True,
            "mac": _mac(shared_secret, nonce, user, password, admin=admin),
        }
        response = await _send(client, "POST", path, body)
        if response.status_code == httpx.codes.BAD_REQUEST and _error(response) == "M_USER_IN_USE":
            return False
        _answer(response)
        return True


async def sign_in(client_url: str, user: str, password: str, *, device_name: str = "Parvis") -> Session:
    """A new device of `user` (a local part or a full id). Raises `HomeserverError`."""
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user},
        "password": password,
        "initial_device_display_name": device_name,
    }
    async with _client(client_url) as client:
        answer = await _asked(client, "POST", "/_matrix/client/v3/login", body)
    return Session(str(answer["user_id"]), str(answer["device_id"]), str(answer["access_token"]))


async def sign_out(client_url: str, session: Session) -> None:
    """Ends `session` and forgets its device. Raises `HomeserverError`."""
    async with _client(client_url, session.access_token) as client:
        await _asked(client, "POST", "/_matrix/client/v3/logout", {})


async def lift_limits(client_url: str, admin: Session, user_id: str) -> None:
    """Lets `user_id` (a bot, or the plain client of a measurement) send as fast as it can. Raises `HomeserverError`."""
    path = f"/_synapse/admin/v1/users/{quote(user_id)}/override_ratelimit"
    async with _client(client_url, admin.access_token) as client:
        await _asked(client, "POST", path, {"messages_per_second": 0, "burst_count": 0})


def _client(client_url: str, token: str = "") -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(base_url=client_url, timeout=_SECONDS, headers=headers, trust_env=False)


async def _healthy(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def _asked(client: httpx.AsyncClient, method: str, path: str, body: object = None) -> dict[str, Any]:
    return _answer(await _send(client, method, path, body))


async def _send(client: httpx.AsyncClient, method: str, path: str, body: object) -> httpx.Response:
    try:
        return await client.request(method, path, json=body)
    except httpx.TransportError as error:
        raise HomeserverError(
            f"The homeserver at {client.base_url} does not answer ({error or type(error).__name__}). Is it running?"
        ) from error


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.is_success:
        answer: dict[str, Any] = response.json()
        return answer
    advice = "Wait a little and try again." if response.status_code == httpx.codes.TOO_MANY_REQUESTS else ""
    where = f"{response.request.method} {response.request.url.path}"
    raise HomeserverError(f"{where} was answered {response.status_code} {_error(response)}. {advice}".rstrip())


def _error(response: httpx.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return ""
    return str(body.get("errcode", "")) if isinstance(body, dict) else ""


def _mac(shared_secret: str, nonce: str, user: str, password: str, *, admin: bool) -> str:
    # SHA-1 is what Synapse's interface asks; as an HMAC over a nonce it holds.
    parts = (nonce.encode(), user.encode(), password.encode(), b"admin" if admin else b"notadmin")
    return hmac.new(shared_secret.encode(), b"\0".join(parts), hashlib.sha1).hexdigest()
