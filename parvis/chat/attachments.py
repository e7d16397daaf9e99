"""Encrypted attachments as an agent's client sends and reads them (specification, "Sending encrypted attachments")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment

from bots.framework.homeserver import Homeserver

#: Seconds that a file may take on its way.
_SECONDS = 300.0


async def sealed(homeserver: Homeserver, name: str, data: bytes, media_type: str) -> dict[str, Any]:
    """The content of a message with this file, whose ciphertext is on the homeserver by then."""
    ciphertext, keys = encrypt_attachment(data)
    return {
        "msgtype": "m.file",
        "body": name,
        "filename": name,
        "info": {"mimetype": media_type, "size": len(data)},
        "file": {**keys, "url": await uploaded(homeserver, ciphertext)},
    }


async def uploaded(homeserver: Homeserver, ciphertext: bytes) -> str:
    """Where the homeserver keeps these bytes from now on (`mxc://…`)."""
    async with _speaking(homeserver) as http:
        answer = await http.post(
            "/_matrix/media/v3/upload", content=ciphertext, headers={"Content-Type": "application/octet-stream"}
        )
        answer.raise_for_status()
    return str(answer.json()["content_uri"])


async def opened(homeserver: Homeserver, file: Mapping[str, Any]) -> bytes:
    """What is in the attachment that `file` (an `EncryptedFile`) names. Raises nio's `EncryptionError` if it is not."""
    server, _, media = str(file["url"]).removeprefix("mxc://").partition("/")
    where = f"/_matrix/client/v1/media/download/{quote(server, safe='')}/{quote(media, safe='')}"
    async with _speaking(homeserver) as http:
        answer = await http.get(where)
        answer.raise_for_status()
    plain: bytes = decrypt_attachment(answer.content, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
    return plain


def _speaking(homeserver: Homeserver) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=homeserver.url,
        headers={"Authorization": f"Bearer {homeserver.access_token}"},
        timeout=_SECONDS,
        trust_env=False,
    )
