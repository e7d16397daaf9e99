"""How a part is seen to do its work."""

from __future__ import annotations

import asyncio

import httpx

from parvis.layout import HOST
from parvis.part import Probe

#: Seconds of one look.
_SECONDS = 3.0


def answers(url: str) -> Probe:
    """It answers this address with success."""

    async def look() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=_SECONDS) as client:
                return (await client.get(url)).is_success
        except httpx.HTTPError:
            return False

    return look


def listens(port: int) -> Probe:
    """It takes connections on this port."""

    async def look() -> bool:
        try:
            async with asyncio.timeout(_SECONDS):
                _, writer = await asyncio.open_connection(HOST, port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    return look
