"""Drive as the unit tests of the bridge need it: saves, contents, and the store behind both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from contract.ids import ItemId, MatrixId

URL = "http://127.0.0.1:8400"
STORE = "http://store.test"


class StoreTransport(httpx.AsyncBaseTransport):
    """Hands requests over as they are: httpx's own mock reads them into memory first."""

    def __init__(self, drive: FakeDrive) -> None:
        self._drive = drive

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._drive.store(request)
        answer.request = request
        return answer


@dataclass
class FakeDrive:
    """Folders by who may `write` in them, the objects of the store, and the files that were made of them.

    `incoming` and `files` are bytes; what is not to be kept in memory is `counted` instead. `fail` answers the next
    requests to the store, and the next downloads, `start` and `finish` the next beginnings and ends of saves; for
    `not_linked` none is given.
    """

    writers: dict[str, set[MatrixId]] = field(default_factory=dict)
    sealed: set[str] = field(default_factory=set)
    tokens: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, Any] = field(default_factory=dict)
    incoming: dict[str, bytes] = field(default_factory=dict)
    files: dict[ItemId, bytes] = field(default_factory=dict)
    fail: list[httpx.Response] = field(default_factory=list)
    start: list[httpx.Response] = field(default_factory=list)
    not_linked: set[MatrixId] = field(default_factory=set)
    finish: list[httpx.Response | None] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=lambda: {"hits": [], "total": 0, "asker_hits": [], "asker_only": 0})
    counts: bool = False

    def saves(self, workspace: Any, _method: str, path: str, body: Any, request: httpx.Request) -> httpx.Response:
        token = self.tokens[request.headers["Authorization"].removeprefix("Bearer ")]
        if path == "saves/":
            return self._start(token, body)
        upload = path.split("/")[1]
        if self.finish and (answer := self.finish.pop(0)) is not None:
            return answer
        if token["subject_token"] not in workspace.allows:
            self.incoming.pop(upload, None)
            return problem(403, "revoked")
        return self._publish(workspace, upload)

    def _start(self, token: Any, body: Any) -> httpx.Response:
        if self.start:
            return self.start.pop(0)
        if (token["resource"] in self.sealed) != body["sealed"]:
            return problem(409, "folder_not_sealed" if body["sealed"] else "folder_sealed")
        if body["sealed"]:
            body = {**body, "filename": f"Pièce scellée {len(self.uploads)}", "media_type": "application/octet-stream"}
        if body["size"] > int(token["max_bytes"]):
            return problem(403, "too_large")
        upload = str(uuid4())
        self.uploads[upload] = {**body, "folder": token["resource"]}
        fields = {"key": f"incoming/{upload}", "Content-Type": body["media_type"] or "application/octet-stream"}
        form = {"id": upload, "url": f"{STORE}/bucket", "fields": fields}
        return httpx.Response(201, json={"id": upload, "upload": form})

    def _publish(self, workspace: Any, upload: str) -> httpx.Response:
        item, announced = ItemId(UUID(upload)), self.uploads[upload]
        if item not in self.files:
            if upload not in self.incoming:
                return problem(409, "not_uploaded")
            arrived = self.incoming.pop(upload)
            if not self.counts and len(arrived) != announced["size"]:
                return problem(409, "upload_mismatch")
            if announced["media_type"] == "image/png" and not arrived.startswith(b"\x89PNG"):
                return problem(415, "upload_mistyped")
            self.files[item] = arrived
            workspace.kinds[item], workspace.titles[item] = "file", announced["filename"]
            workspace.readers[item] = set(workspace.readers.get(ItemId(UUID(announced["folder"])), set()))
        shape = {"id": upload, "title": announced["filename"], "media_type": announced["media_type"]}
        url = f"{URL}/drive/{upload}/"
        return httpx.Response(200, json={**shape, "size": announced["size"], "url": url})

    def content(self, workspace: Any, _method: str, path: str, _body: Any) -> httpx.Response:
        item = ItemId(UUID(path.split("/")[1]))
        shape = {
            "item": str(item),
            "kind": workspace.kinds[item],
            "title": workspace.titles[item],
            "url": f"{URL}/drive/{item}/",
            "download": f"{URL}/api/v1.0/files/{item}/content/",
            "media_type": "application/pdf",
            "size": len(self.files[item]),
        }
        return httpx.Response(200, json=shape)

    def download(self, method: str, path: str, _body: Any, request: httpx.Request) -> httpx.Response:
        """What is in a file, once for each token that names it."""
        assert method == "GET"
        item = path.split("/")[1]
        token = self.tokens[request.headers["Authorization"].removeprefix("Bearer ")]
        assert (token["scope"], token["resource"], token["uses"]) == ("read", item, "1")
        if token.get("spent"):
            return problem(403, "spent_token")
        token["spent"] = True
        if self.fail:
            return self.fail.pop(0)
        return httpx.Response(200, content=self.files[ItemId(UUID(item))])

    async def store(self, request: httpx.Request) -> httpx.Response:
        """The store: forms are posted to it."""
        if self.fail:
            return self.fail.pop(0)
        boundary = request.headers["Content-Type"].partition("boundary=")[2].encode()
        head, came, tail = b"", 0, b""
        kept: list[bytes] = []
        assert isinstance(request.stream, httpx.AsyncByteStream)
        async for chunk in request.stream:
            came += len(chunk)
            if not head:
                head = chunk
            elif self.counts:
                tail = chunk
            else:
                kept.append(chunk)
        assert came == int(request.headers["Content-Length"])
        ending = b"\r\n--" + boundary + b"--\r\n"
        body = tail if self.counts else b"".join(kept)
        assert body.endswith(ending)
        upload = head.split(b"incoming/", 1)[1].split(b"\r\n", 1)[0].decode()
        self.incoming[upload] = body.removesuffix(ending)
        return httpx.Response(201)


def problem(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": f"the workspace says {code}"})
