"""Requests to the homeserver: as the bridge's user and device, each tried once, with errors as the port's."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
from mautrix.api import HTTPAPI, Method, PathBuilder

from bridge.ports import Permanent, RateLimited, Retriable, RoomError
from contract.ids import MatrixId

#: Seconds for one request that is no long poll.
REQUEST_TIMEOUT = 60.0
#: Seconds to wait after a 429 that does not say how long, and the longest that one is believed.
DEFAULT_RETRY_AFTER, LONGEST_RETRY_AFTER = 5.0, 3600.0
#: Refusals that are about the server's state or the operator's settings, not about what was asked.
_PASSING = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_RESOURCE_LIMIT_EXCEEDED", "M_USER_SUSPENDED"})
_CLIENT = "/_matrix/client/v3"

T = TypeVar("T")


def path(*parts: str) -> str:
    """`parts` as one path under `/_matrix/client/v3`, each escaped."""
    return "/".join((_CLIENT, *(quote(part, safe="") for part in parts)))


class Homeserver:
    """One pooled connection to the homeserver's client API. Use as an async context manager."""

    def __init__(self, url: str, token: str, user_id: MatrixId) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.user_id = user_id
        self.device_id: str | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The connection pool, which mautrix's client uses too."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT),
                connector=aiohttp.TCPConnector(limit=100),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "parvis-bridge"},
            )
        return self._session

    async def close(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        as_user: bool = True,
        timeout: float = REQUEST_TIMEOUT,  # noqa: ASYNC109 - handed to aiohttp, which bounds the whole request by it
    ) -> dict[str, Any]:
        """The answer to one request, which carries the bridge's `user_id` and, once it has one, its `device_id`.

        Only before there is such a user, requests are the appservice's own (`as_user=False`).
        Raises `RateLimited`, `Retriable` or `Permanent`.
        """
        return _read(dict, *await self._answer(method, path, body, query, as_user, timeout))

    async def listing(self, path: str) -> list[Any]:
        """The same for what is answered with an array."""
        return _read(list, *await self._answer("GET", path, None, None, True, REQUEST_TIMEOUT))

    async def _answer(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
        as_user: bool,
        timeout: float,  # noqa: ASYNC109 - see `request`
    ) -> tuple[int, Mapping[str, str], bytes]:
        parameters = {"user_id": self.user_id, **(query or {})} if as_user else {}
        if as_user and self.device_id is not None:
            parameters["device_id"] = self.device_id
        headers = {"Authorization": f"Bearer {self.token}"}
        data: bytes | None = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body, separators=(",", ":")).encode(), "application/json"
        try:
            async with self.session.request(
                method,
                self.url + path,
                params=parameters,
                data=data,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                return response.status, response.headers, await response.read()
        except TimeoutError as error:
            raise Retriable(f"{method} {_shape(path)}: no answer within {timeout:.0f} s") from error
        except aiohttp.ClientError as error:
            raise Retriable(f"{method} {_shape(path)}: {type(error).__name__}") from error


def _read(shape: type[T], status: int, headers: Mapping[str, str], answer: bytes) -> T:
    """What was answered, which is to be JSON of that shape."""
    try:
        content = json.loads(answer)
    except (ValueError, RecursionError):
        content = None
    if 200 <= status < 300 and isinstance(content, shape):
        return content
    raise refusal(status, content if isinstance(content, dict) else {}, headers.get("Retry-After"))


def _shape(path: str) -> str:
    """A path for a log: what was asked, without ids."""
    return path.removeprefix(_CLIENT).split("/", 2)[1]


def refusal(status: int, content: Mapping[str, Any], retry_after: str | None = None) -> RoomError:
    """The port's error for an answer of the homeserver that is none of success.

    Synapse's words (`error`) can repeat what was sent and are left out: the code says enough to an operator. What has
    no code is not of Synapse but of something before it (a proxy, say), and says nothing of rooms.
    """
    code = content.get("errcode")
    if not isinstance(code, str) or not code or not code.isascii() or len(code) > 64:
        code = None
    if status == 429:
        return RateLimited(_seconds(content.get("retry_after_ms"), retry_after))
    if code is None or status < 300 or status >= 500 or status == 408 or code in _PASSING:
        return Retriable(f"HTTP {status} {code or 'without a Matrix error'}")
    return Permanent(code, f"HTTP {status}")


def _seconds(milliseconds: object, header: str | None) -> float:
    """How long to wait, from the body if it says so, else from the header, else our own."""
    try:
        given = float(milliseconds) / 1000 if isinstance(milliseconds, int | float) else float(header or "")
    except ValueError:
        return DEFAULT_RETRY_AFTER
    if not math.isfinite(given) or given < 0:
        return DEFAULT_RETRY_AFTER
    return min(given, LONGEST_RETRY_AFTER)


class MautrixApi(HTTPAPI):
    """mautrix's own requests (keys, to-device messages), through the same door and with the same errors."""

    def __init__(self, homeserver: Homeserver) -> None:
        super().__init__(homeserver.url, client_session=homeserver.session)
        self._homeserver = homeserver

    async def request(  # type: ignore[override]  # mautrix's wider options are those of uploads and retries
        self,
        method: Method,
        path: PathBuilder | str,
        content: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        query_params: Mapping[str, str] | None = None,
        **_options: object,
    ) -> dict[str, Any]:
        """As `Homeserver.request`."""
        body = None if method is Method.GET else content or {}
        return await self._homeserver.request(str(method), f"/{str(path).lstrip('/')}", body, query=query_params)
