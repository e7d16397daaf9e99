"""The stream by the real server, in a process of its own, followed by the contract's client."""

from __future__ import annotations

import asyncio
import signal
from contextlib import aclosing
from pathlib import Path

import pytest

from contract.events import EventType
from contract.stream import EventStream, Happened
from tests.workspace.process import PATIENCE, Workspace

pytestmark = pytest.mark.system

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
