"""Files on homeservers, by streams: neither way is one ever wholly in memory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp

from bridge.attachments import is_mxc, split_mxc
from bridge.matrix.homeserver import Homeserver, refusal
from bridge.ports import Permanent, Retriable

#: Bytes of a piece, and of an answer that is no file.
CHUNK, _MAX_ANSWER = 1 << 17, 1 << 16
#: Seconds for which a transfer may stand still, and to reach the homeserver. A whole one takes what it takes.
_STILL, _CONNECT = 90.0, 10.0
#: Milliseconds for which the homeserver may wait for another's file that is not there yet.
_PATIENCE = "20000"
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_STILL)


class Media:
    """Downloads and uploads. Every call may raise `RoomError`'s subclasses."""

    def __init__(self, homeserver: Homeserver) -> None:
        self._homeserver = homeserver

    async def download(self, url: str, most: int) -> AsyncIterator[bytes]:
        """As `RoomSide.download`."""
        try:
            server, media_id = split_mxc(url)
        except ValueError as error:
            raise Permanent("M_INVALID_PARAM", "no mxc address") from error
        where = f"/_matrix/client/v1/media/download/{quote(server, safe='')}/{quote(media_id, safe='')}"
        asked = self._homeserver.session.get(
            self._homeserver.url + where,
            params={**self._identity(), "timeout_ms": _PATIENCE},
            headers=self._headers() | {"Accept-Encoding": "identity"},
            allow_redirects=False,
            timeout=_TIMEOUT,
        )
        try:
            async with asked as response:
                if response.status != 200:
                    raise refusal(response.status, await _error(response), response.headers.get("Retry-After"))
                if response.content_length is not None and response.content_length > most:
                    raise Permanent("M_TOO_LARGE", f"{response.content_length} bytes")
                came = 0
                async for chunk in response.content.iter_chunked(CHUNK):
                    came += len(chunk)
                    if came > most:
                        raise Permanent("M_TOO_LARGE", f"more than {most} bytes")
                    yield chunk
        except TimeoutError as error:
            raise Retriable("media: nothing came any more") from error
        except aiohttp.ClientError as error:
            raise Retriable(f"media: {type(error).__name__}") from error

    async def upload(self, chunks: AsyncIterator[bytes], size: int) -> str:
        """As `RoomSide.upload`."""
        try:
            async with self._homeserver.session.post(
                f"{self._homeserver.url}/_matrix/media/v3/upload",
                params=self._identity(),
                headers=self._headers() | {"Content-Type": "application/octet-stream", "Content-Length": str(size)},
                data=chunks,
                timeout=_TIMEOUT,
            ) as response:
                answer = await _error(response)
                if response.status != 200:
                    raise refusal(response.status, answer, response.headers.get("Retry-After"))
        except TimeoutError as error:
            raise Retriable("media: the upload stands still") from error
        except aiohttp.ClientError as error:
            raise Retriable(f"media: {type(error).__name__}") from error
        url = answer.get("content_uri")
        if not is_mxc(url):
            raise Retriable("media: the upload has no address")
        return url

    async def limit(self) -> int | None:
        """As `RoomSide.upload_limit`."""
        answer = await self._homeserver.request("GET", "/_matrix/client/v1/media/config")
        limit = answer.get("m.upload.size")
        return limit if isinstance(limit, int) and limit > 0 else None

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._homeserver.token}"}

    def _identity(self) -> dict[str, str]:
        device = self._homeserver.device_id
        return {"user_id": self._homeserver.user_id, **({"device_id": device} if device else {})}


async def _error(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """The JSON of a short answer, empty where it is none."""
    try:
        content = json.loads(await response.content.read(_MAX_ANSWER))
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
