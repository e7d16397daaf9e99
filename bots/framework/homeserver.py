"""The client-server API as calls that wait their turn: rate limits honoured, outages outlasted, errors as values.

Every call here may be sent again safely: reads, puts with a transaction id, and posts whose repetition changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from bots.framework.errors import HomeserverRefused, HomeserverUnavailable

logger = logging.getLogger(__name__)

#: Seconds that one request may take, beside what a long poll waits.
REQUEST_SECONDS = 60.0
#: Seconds that a call is tried again for before it raises `HomeserverUnavailable`.
PATIENCE_SECONDS = 60.0
#: Seconds at most between two tries.
MAX_PAUSE_SECONDS = 15.0
#: Bytes of an answer that we are ready to read (a first sync of a busy account is some MiB).
MAX_ANSWER_BYTES = 256 * 1024 * 1024

_CLIENT = "/_matrix/client/v3"


def quoted(part: str) -> str:
    """`part` as one segment of a path."""
    return quote(part, safe="")


class Homeserver:
    """The homeserver at `url`, spoken to with `access_token` once there is one."""

    def __init__(self, url: str, *, access_token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.access_token = access_token
        self._http = httpx.AsyncClient(
            base_url=self.url, timeout=REQUEST_SECONDS, follow_redirects=False, trust_env=False
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def get(self, path: str, query: Mapping[str, str] | None = None, *, wait: float = 0) -> dict[str, Any]:
        """`GET path`; `wait` is how many seconds the homeserver may hold the answer back (a long poll)."""
        return await self.call("GET", path, None, query, wait=wait)

    async def post(self, path: str, body: Mapping[str, Any], *, patience: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """`POST path`."""
        return await self.call("POST", path, body, patience=patience)

    async def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """`PUT path`."""
        return await self.call("PUT", path, body)

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None = None,
        *,
        wait: float = 0,
        patience: float = PATIENCE_SECONDS,
    ) -> dict[str, Any]:
        """The answer's JSON object (an array is given as `{"list": …}`). `path` is below `/_matrix/client/v3`.

        Raises `HomeserverRefused` for a 4xx that is no rate limit, and `HomeserverUnavailable` when a rate limit, a
        5xx or silence has lasted longer than `patience` seconds.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        tries = 0
        while True:
            outcome = await self._once(method, path, body, query, wait)
            if not isinstance(outcome, _Later):
                return outcome
            pause = outcome.after or min(MAX_PAUSE_SECONDS, 0.25 * 2 ** min(tries, 8)) * random.uniform(0.75, 1.25)  # noqa: S311 - spreads retries, guards nothing
            if loop.time() + pause > until:
                raise HomeserverUnavailable(f"{method} {_shape(path)}: {outcome.reason}", retry_after=outcome.after)
            logger.info("homeserver: trying again, method=%s reason=%s pause=%.1f", method, outcome.reason, pause)
            tries += 1
            await asyncio.sleep(pause)

    async def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str] | None, wait: float
    ) -> dict[str, Any] | _Later:
        headers = {"Authorization": f"Bearer {self.access_token}"} if self.access_token else {}
        try:
            async with self._http.stream(
                method,
                _CLIENT + path,
                json=body,
                params=dict(query) if query else None,
                headers=headers,
                timeout=REQUEST_SECONDS + wait,
            ) as response:
                answer = _object(await _read(response))
        except httpx.HTTPError as error:
            return _Later(f"no answer ({type(error).__name__})")
        if response.is_success:
            return answer
        if response.status_code == 429:
            return _Later("rate limited", _retry_after(response, answer))
        if response.status_code >= 500:
            return _Later(f"answered {response.status_code}")
        code, message = str(answer.get("errcode", "M_UNKNOWN")), str(answer.get("error", "no reason given"))
        raise Challenge(answer) if "flows" in answer else HomeserverRefused(code, message, response.status_code)


class Challenge(HomeserverRefused):
    """The homeserver wants user-interactive authentication first; `session` names the exchange."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__("M_UNAUTHORIZED", "the homeserver asks who we are", 401)
        self.session = answer.get("session")


class _Later:
    """This try came to nothing; try again, after `after` seconds where the homeserver named some."""

    def __init__(self, reason: str, after: float = 0) -> None:
        self.reason = reason
        self.after = after


async def _read(response: httpx.Response) -> bytes:
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise HomeserverRefused("M_TOO_LARGE", "the homeserver's answer is too large to be read", 502)
        chunks.append(chunk)
    return b"".join(chunks)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(value, list):
        return {"list": value}
    return value if isinstance(value, dict) else {}


def _retry_after(response: httpx.Response, answer: Mapping[str, Any]) -> float:
    """Seconds that the homeserver asks us to wait (`Retry-After`, or the older `retry_after_ms`); 0 if it does not."""
    try:
        seconds = float(response.headers.get("Retry-After") or answer.get("retry_after_ms", 0) / 1000)
    except (TypeError, ValueError):
        return 0
    return max(seconds, 0.05)


def _shape(path: str) -> str:
    """The first two segments: enough for a log, without room ids or users."""
    return "/".join(path.split("?", maxsplit=1)[0].split("/")[:3])
