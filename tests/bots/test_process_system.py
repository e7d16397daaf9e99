"""`python -m bots.find` as a process: it starts from its environment alone, and ends cleanly when told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from parvis.chat.agent import Agent
from tests.bots.conftest import Servers
from tests.bots.fake_workspace import TOKEN, FakeWorkspace

pytestmark = pytest.mark.system


async def test_the_process_answers_and_ends_cleanly_when_told(
    servers: Servers, workspace: FakeWorkspace, tmp_path: Path
) -> None:
    find, camille = await servers.account("hub", "find"), await servers.account("interieur", "camille")
    workspace.linked = {camille.user_id: "fr"}
    workspace.add("un titre très confidentiel", camille.user_id)
    (tmp_path / "password").write_text(find.password)
    (tmp_path / "token").write_text(TOKEN)
    environment = {
        "PATH": os.environ["PATH"],
        "PARVIS_LOG_LEVEL": "DEBUG",
        "PARVIS_FIND_HOMESERVER_URL": find.url,
        "PARVIS_FIND_USER_ID": find.user_id,
        "PARVIS_FIND_PASSWORD_FILE": str(tmp_path / "password"),
        "PARVIS_FIND_DATA": str(tmp_path / "data"),
        "PARVIS_FIND_SECRETS": str(tmp_path / "secrets"),
        "PARVIS_FIND_WORKSPACE_URL": workspace.url,
        "PARVIS_FIND_WORKSPACE_TOKEN_FILE": str(tmp_path / "token"),
    }
    log = tmp_path / "log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bots.find", env=environment, stderr=errors
        )
    try:
        async with await Agent.open(camille.url, camille.user_id, camille.password, tmp_path / "c") as c:
            chat = await c.direct_with(find.user_id)
            await c.wait_joined(chat, find.user_id)
            await c.send(chat, "!find confidentiel")
            await c.wait_message(chat, lambda seen: "un titre très confidentiel" in seen.body, 30)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    logged = log.read_text()
    assert "command, name=find" in logged
    for secret in ("confidentiel", find.password, TOKEN, (tmp_path / "secrets" / "recovery.key").read_text().strip()):
        assert secret not in logged


async def test_a_wrong_environment_is_told_and_ends_the_process(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bots.find",
        env={"PATH": os.environ["PATH"], "PARVIS_FIND_USER": "@find:x"},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode() == "find: PARVIS_FIND_USER is not a setting: did you mean PARVIS_FIND_USER_ID?\n"
