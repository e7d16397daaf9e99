"""The store of the workspace's files, by the form that the workspace signs for one object."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Self

import httpx

from contract.grants import StartedSave

#: Seconds for which a transfer may stand still, and to reach the store.
_TIMEOUT = httpx.Timeout(90.0, connect=10.0)


class StoreFailed(Exception):
    """The store did not take the object. The text is for operators: a status or the kind of an error."""


class Objects:
    """Use as an async context manager. `transport` is httpx's."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False, trust_env=False, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def put(self, started: StartedSave, chunks: AsyncIterator[bytes], size: int) -> None:
        """Upload an object of exactly `size` bytes by its form. Raises `StoreFailed`."""
        boundary = secrets.token_hex(16)
        before, after = _form(started.fields, boundary), f"\r\n--{boundary}--\r\n".encode()

        async def body() -> AsyncIterator[bytes]:
            yield before
            left = size
            async for chunk in chunks:
                left -= len(chunk)
                if left < 0:
                    raise StoreFailed("there is more than was announced")
                yield chunk
            if left:
                raise StoreFailed(f"{left} bytes are missing")
            yield after

        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            # S3 takes no form of unknown length.
            "Content-Length": str(len(before) + size + len(after)),
        }
        try:
            answer = await self._http.post(started.upload_url, content=body(), headers=headers)
        except httpx.HTTPError as error:
            raise StoreFailed(type(error).__name__) from error
        if not answer.is_success:
            raise StoreFailed(f"HTTP {answer.status_code}")


def _form(fields: Mapping[str, str], boundary: str) -> bytes:
    """The form up to its file, which comes last (RFC 7578; S3 reads nothing that follows it)."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(k)}"\r\n\r\n{v}\r\n' for k, v in fields.items()
    ]
    media_type = fields.get("Content-Type", "application/octet-stream")
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    )
    return "".join(parts).encode()


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', "%22").replace("\r", "").replace("\n", "")
