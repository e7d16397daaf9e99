"""The workspace itself, by its real server, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.workspace.events.nats import free_port

PATIENCE = 30.0


class Workspace:
    """One in a folder; `more` is of its environment."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
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
            **more,
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
