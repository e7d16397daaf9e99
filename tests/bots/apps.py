"""A bot made with `App`, run against fakes of the room side and of the workspace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bots.framework.app import App, Running
from bots.framework.message import RoomEvent
from bots.framework.settings import BotSettings
from bots.framework.trust import Trust
from contract.client import WorkspaceClient
from contract.ids import MatrixId
from tests.bots.fake_client import BOT, FakeClient
from tests.bots.fake_workspace import TOKEN, FakeWorkspace

PATIENCE = 10.0


@dataclass
class Scene:
    """A bot that runs, and what people do in its rooms."""

    app: App
    running: Running
    client: FakeClient
    workspace: FakeWorkspace
    _events: int = 0

    async def event(self, room: str, sender: str, type_: str, content: dict[str, Any], **more: Any) -> str:
        """Something of a room reaches the bot, by default encrypted by a cross-signed device."""
        self._events += 1
        event_id = f"$event{self._events}"
        known = {"encrypted": True, "trust": Trust.CROSS_SIGNED, "history": False, **more}
        await self.running.bot.on_event(RoomEvent(room, event_id, sender, type_, content, 0, **known))
        return event_id

    async def says(self, room: str, sender: str, body: str, **more: Any) -> str:
        return await self.event(room, sender, "m.room.message", {"msgtype": "m.text", "body": body}, **more)

    async def reacts(self, room: str, sender: str, to: str, key: str, **more: Any) -> str:
        relation = {"rel_type": "m.annotation", "event_id": to, "key": key}
        return await self.event(room, sender, "m.reaction", {"m.relates_to": relation}, **more)

    async def until_told(self, room: str, count: int) -> list[str]:
        """What the room was told, once it is so much."""
        async with asyncio.timeout(PATIENCE):
            while len(self.client.told(room)) < count:  # noqa: ASYNC110  # the fake tells nobody
                await asyncio.sleep(0.01)
        return self.client.told(room)


def settings_of(folder: Path, workspace: FakeWorkspace, language: str = "en") -> BotSettings:
    return BotSettings(
        homeserver_url="http://homeserver.test",
        user_id=MatrixId(BOT),
        password="",
        data=folder / "data",
        secrets=folder / "secrets",
        workspace_url=workspace.url,
        workspace_token=TOKEN,
        min_trust=Trust.KNOWN_DEVICE,
        language=language,
        service_users=frozenset({MatrixId(BOT)}),
        log_level="INFO",
    )


@asynccontextmanager
async def running(app: App, client: FakeClient, workspace: FakeWorkspace, folder: Path) -> AsyncIterator[Scene]:
    """The bot, following the workspace's events."""
    async with WorkspaceClient(workspace.url, TOKEN) as services:
        bot = await app.run_with(cast("Any", client), services, settings_of(folder, workspace))
        await bot.bot.on_ready()
        task = asyncio.create_task(app.follow(bot))
        try:
            yield Scene(app, bot, client, workspace)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            bot.bot.approvals.close()
            bot.memory.close()
