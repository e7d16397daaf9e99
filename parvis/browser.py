"""A person at the workspace's pages and API, as their browser is: for the tour, the bench and the system tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import httpx

from parvis.errors import ParvisError

#: Redirects between the workspace and the provider, and seconds of one request.
_MOST_REDIRECTS, _SECONDS = 10, 60.0
_CSRF_COOKIE = "parvis_csrftoken"
#: The boxes that say what applications may do.
_ALLOW = re.compile(r'name="allow" value="([^"]+)"')
_TYPES = {".pdf": "application/pdf", ".md": "text/markdown", ".txt": "text/plain"}


class Refused(ParvisError):
    """The workspace answered with an error. `status` is HTTP's, `code` the API's, `body` all that it said."""

    def __init__(self, what: str, status: int, code: str = "", body: Any = None) -> None:
        super().__init__(f"{what}: {status} {code}".strip())
        self.status = status
        self.code = code
        self.body = body


class Browser:
    """One signed-in person. Use as an async context manager."""

    def __init__(self, workspace_url: str, language: str = "fr") -> None:
        self.url = workspace_url.rstrip("/")
        self.http = httpx.AsyncClient(
            timeout=_SECONDS,
            trust_env=False,
            follow_redirects=True,
            max_redirects=_MOST_REDIRECTS,
            headers={"Accept-Language": language},
        )

    @classmethod
    async def sign_in(cls, workspace_url: str, uid: str, language: str = "fr") -> Self:
        """A browser in which the demo's agent `uid` has signed in by OpenID Connect. Raises `ParvisError`."""
        browser = cls(workspace_url, language)
        try:
            page = await browser.http.get(f"{browser.url}/oidc/authenticate/")
            form = re.search(r'<form method="post" action="([^"]+)"', page.text)
            if not page.is_success or form is None:
                raise ParvisError(f"The sign-in page does not answer as it should ({page.status_code}).")
            # The page that one comes to afterwards is nobody's business here: that one is signed in is asked below.
            choice = await browser.http.post(
                urljoin(str(page.url), form[1].replace("&amp;", "&")), data={"login": uid}, follow_redirects=False
            )
            if not choice.has_redirect_location:
                raise ParvisError(f"Nobody can sign in as “{uid}” ({choice.status_code}).")
            await browser.http.get(choice.headers["Location"], follow_redirects=False)
            await browser.api("GET", "me/")
        except httpx.HTTPError as error:
            await browser.close()
            raise ParvisError(f"The workspace does not answer: {type(error).__name__}.") from error
        except BaseException:
            await browser.close()
            raise
        return browser

    async def close(self) -> None:
        """Let go of the connections."""
        await self.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def api(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """A call of the API; what it answers. Raises `Refused`, or `ParvisError` where nothing answers."""
        return (await self.call(method, path, body, headers))[0]

    async def may(self, path: str) -> bool:
        """Whether a GET of that path of the API is answered, and not refused."""
        try:
            await self.api("GET", path)
        except Refused:
            return False
        return True

    async def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[Any, httpx.Response]:
        """The same, with the whole answer."""
        response = await self._send(method, f"{self.url}/api/v1.0/{path}", json=body, headers=headers or {})
        answer = response.json() if response.headers.get("Content-Type", "").startswith("application/json") else None
        if not response.is_success:
            code = str(answer.get("code", "")) if isinstance(answer, dict) else ""
            raise Refused(f"{method} {path}", response.status_code, code, answer)
        return answer, response

    async def submit(self, address: str, data: dict[str, str | list[str]] | None = None) -> httpx.Response:
        """Post a form of a page, as its button does; the redirect or the page that it answers with."""
        return await self._send("POST", address, data=data or {}, headers={}, follow_redirects=False)

    async def _send(self, method: str, address: str, headers: dict[str, str], **more: Any) -> httpx.Response:
        token = self.http.cookies.get(_CSRF_COOKIE) or ""
        try:
            return await self.http.request(
                method, address, headers={**headers, "X-CSRFToken": token, "Origin": self.url}, **more
            )
        except httpx.HTTPError as error:
            raise ParvisError(f"The workspace does not answer: {type(error).__name__}.") from error

    # -- what people do

    async def create_folder(self, title: str, parent: str | None = None) -> dict[str, Any]:
        """A new folder."""
        folder: dict[str, Any] = await self.api("POST", "folders/", {"title": title, "parent": parent})
        return folder

    async def create_document(self, title: str, content: str, parent: str | None = None) -> dict[str, Any]:
        """A new document."""
        made: dict[str, Any] = await self.api(
            "POST", "documents/", {"title": title, "content": content, "parent": parent}
        )
        return made

    async def edit_document(self, id_: str, version: int, content: str) -> dict[str, Any]:
        """Save a document that was read at `version`. Raises `Refused` (412) where somebody else saved it since."""
        saved: dict[str, Any] = await self.api(
            "PATCH", f"documents/{id_}/", {"content": content}, {"If-Match": f'"{version}"'}
        )
        return saved

    async def upload(self, path: Path, parent: str | None = None) -> dict[str, Any]:
        """A file, straight to the store, as the page does it: declared, posted, published."""
        content = path.read_bytes()  # noqa: ASYNC240 - a file of a person's, small
        return await self.upload_bytes(path.name, content, _TYPES.get(path.suffix.lower(), ""), parent)

    async def upload_bytes(
        self, name: str, content: bytes, media_type: str = "", parent: str | None = None
    ) -> dict[str, Any]:
        """The same for what is in memory."""
        declaration = {"filename": name, "size": len(content), "media_type": media_type, "parent": parent}
        declared = await self.api("POST", "files/", declaration)
        upload = declared["upload"]
        try:
            posted = await self.http.post(upload["url"], data=upload["fields"], files={"file": (name, content)})
        except httpx.HTTPError as error:
            raise ParvisError(f"The store does not answer: {type(error).__name__}.") from error
        if not posted.is_success:
            raise Refused("the store refuses the upload", posted.status_code)
        file: dict[str, Any] = await self.api("POST", f"files/{declared['id']}/uploaded/", {"upload": upload["id"]})
        return file

    async def share_with_room(self, item: str, room_id: str, role: str = "reader") -> None:
        """Give the members of a room a role."""
        await self.api("POST", f"items/{item}/accesses/", {"room": room_id, "role": role})

    async def confirm_link(self, address: str) -> None:
        """Open a linking address and confirm, with all that is ticked there allowed. Raises `Refused`."""
        page = await self._send("GET", address, headers={})
        response = await self.submit(address, {"allow": _ALLOW.findall(page.text)})
        if not response.has_redirect_location:
            raise Refused("the linking address", response.status_code)

    async def allow_all(self) -> None:
        """Allow applications whatever the account page still offers. Raises `Refused`."""
        page = await self._send("GET", f"{self.url}/account/", headers={})
        if offered := _ALLOW.findall(page.text):
            response = await self.submit(f"{self.url}/account/delegations/give/", {"allow": offered})
            if not response.has_redirect_location:
                raise Refused("the account page", response.status_code)
