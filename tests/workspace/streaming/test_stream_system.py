"""The stream by the real server, in a process of its own, followed by the contract's client."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from contract.events import EventType
from contract.stream import EventStream, Happened
from tests.workspace.events.nats import free_port

pytestmark = pytest.mark.system
PATIENCE = 30.0

#: What is done in the workspace's own process: an agent makes a document that the courier may read, and changes it.
_DOCUMENT = """
from workspace.accounts.models import User
from workspace.docs import service
from workspace.sharing import tree
from workspace.sharing.roles import Role
camille = User.objects.create(sub="camille", email="c@test.gouv.test", full_name="Camille", username="camille")
made = service.create(camille, title="Note", content="", parent_id=None)
tree.grant(camille, made.item, Role.READER, user=User.objects.get(service_account__name="courier"))
"""
_CHANGE = """
from workspace.accounts.models import User
from workspace.docs import service
from workspace.docs.models import Document
document, camille = Document.objects.get(), User.objects.get(username="camille")
service.update(camille, document.pk, based_on=document.version, title=None, content=f"{document.content} and more")
"""


class Workspace:
    """One in a folder."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        for name in ("key", "oidc", "s3", "nats"):
            (folder / name).write_text(secrets.token_urlsafe(32))
        (folder / "services").write_text("{}")
        self.environment = {
            "PATH": os.environ["PATH"],
            "PARVIS_RUN_DIR": str(folder / "run"),
            "PARVIS_WORKSPACE_URL": self.url,
            "PARVIS_WORKSPACE_PORT": str(self.port),
            "PARVIS_WORKSPACE_DATA": str(folder / "data"),
            "PARVIS_WORKSPACE_FIND_DIR": str(folder / "find"),
            "PARVIS_WORKSPACE_SECRET_KEY_FILE": str(folder / "key"),
            "PARVIS_WORKSPACE_OIDC_CLIENT_SECRET_FILE": str(folder / "oidc"),
            "PARVIS_WORKSPACE_S3_ACCESS_KEY_FILE": str(folder / "s3"),
            "PARVIS_WORKSPACE_S3_SECRET_KEY_FILE": str(folder / "s3"),
            "PARVIS_WORKSPACE_NATS_PASSWORD_FILE": str(folder / "nats"),
            "PARVIS_WORKSPACE_SERVICES_FILE": str(folder / "services"),
        }

    async def run(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workspace", *arguments, env=self.environment, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        assert process.returncode == 0
        return said.decode().strip()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "workspace", "serve", env=self.environment)
        try:
            async with asyncio.timeout(PATIENCE), httpx.AsyncClient(trust_env=False) as client:
                while True:
                    try:
                        if (await client.get(f"{self.url}/healthz")).is_success:
                            break
                    except httpx.TransportError:
                        await asyncio.sleep(0.05)
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def test_what_happens_is_followed_over_a_restart_of_the_server(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    await workspace.run("migrate", "-v", "0")
    token = await workspace.run("service-account", "courier")
    await workspace.run("shell", "-v", "0", "-c", _DOCUMENT)
    stream = EventStream(workspace.url, token, types=[EventType.DOCUMENT_UPDATED])
    async with aclosing(stream.follow()) as told, asyncio.timeout(2 * PATIENCE):
        async with workspace.serving() as server:
            position = await anext(told)  # it is followed from now on
            await workspace.run("shell", "-v", "0", "-c", _CHANGE)
            while not isinstance(position, Happened):
                position = await anext(told)
            server.send_signal(signal.SIGTERM)
            async with asyncio.timeout(6):  # well before the grace that requests under way have
                await server.wait()
        await workspace.run("shell", "-v", "0", "-c", _CHANGE)
        async with workspace.serving():
            again = await anext(told)
            while not isinstance(again, Happened):
                again = await anext(told)
            assert again.event.id != position.event.id
            assert again.event.subject == position.event.subject
