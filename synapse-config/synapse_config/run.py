"""Runs a rendered federation: for tests, measurements and whoever needs real homeservers for a while.

    async with running(load(Path("federation.toml")).shifted(21000), folder, names=["hub", "interieur"]) as federation:
        camille = await federation.agent("interieur", "camille.martin")

`parvis up` does not use it: it has its own supervisor, and the commands of `Rendered`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synapse_config import accounts
from synapse_config.errors import HomeserverError
from synapse_config.model import Federation
from synapse_config.render import Rendered, render

_STOP_SECONDS = 10.0
_START_SECONDS = 60.0
GATEWAY = "gateway"


def environment(folder: Path) -> dict[str, str]:
    """The variables of a part: none of ours, and no proxy (Synapse would believe it)."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "HOME": str(folder), "PYTHONUNBUFFERED": "1"}


@dataclass
class Running:
    """A federation that runs: `rendered` says where its parts are."""

    federation: Federation
    rendered: Rendered
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    def client_url(self, name: str) -> str:
        """Where the homeserver `name` answers clients."""
        return self.rendered.homeserver(name).client_url

    def log(self, name: str) -> Path:
        """Where the part `name` (a homeserver or `gateway`) logs."""
        return self.rendered.folder / f"{name}.log"

    async def start(self, name: str) -> None:
        """Starts the part `name` and waits until it answers. Raises `HomeserverError` where it ends or does not."""
        homeserver = None if name == GATEWAY else self.rendered.homeserver(name)
        for host, port in self._sockets(name):
            _must_be_free(name, host, port)  # or what listens there would be taken for what we start
        command = homeserver.command if homeserver else self.rendered.gateway_command
        with self.log(name).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(self.rendered.folder),
                start_new_session=True,  # Ctrl-C is for us; we stop it
            )
        self.processes[name] = process
        ready = accounts.wait_ready(homeserver.client_url, _START_SECONDS) if homeserver else self._gateway_ready()
        await self._ready_or_ended(name, process, ready)

    async def stop(self, name: str) -> None:
        """Ends the part `name` as an operator would, and waits for it."""
        process = self.processes.pop(name)
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
                process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def kill(self, name: str) -> None:
        """Ends the part `name` at once, as a crash would."""
        process = self.processes.pop(name)
        process.kill()
        await process.wait()

    async def agent(self, homeserver: str, user: str, *, admin: bool = False) -> accounts.Session:
        """A new account on `homeserver` with a password that nobody knows, signed in."""
        one, password = self.rendered.homeserver(homeserver), secrets.token_urlsafe(16)
        shared = one.registration_shared_secret
        if not await accounts.register(one.client_url, shared, user, password, admin=admin):
            raise HomeserverError(
                f"@{user}:{one.server_name} is there already, with another password. Choose another name."
            )
        return await accounts.sign_in(one.client_url, user, password)

    def _sockets(self, name: str) -> list[tuple[str, int]]:
        if name == GATEWAY:
            return [(self.federation.gateway.host, self.federation.gateway.port)]
        one = self.federation.homeserver(name)
        return [(one.host, one.client_port), (one.host, one.federation_port)]

    async def _gateway_ready(self) -> None:
        gateway = self.federation.gateway
        async with asyncio.timeout(_START_SECONDS):
            while True:
                try:
                    _, writer = await asyncio.open_connection(gateway.host, gateway.port)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()
                return

    async def _ready_or_ended(
        self, name: str, process: asyncio.subprocess.Process, ready: Coroutine[None, None, None]
    ) -> None:
        waits = asyncio.create_task(ready), asyncio.create_task(process.wait())
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if waits[0].done():
                waits[0].result()
                return
            last = self.log(name).read_text(errors="replace").strip().splitlines()[-3:]
            raise HomeserverError(f"{name} ended with code {process.returncode}: {' / '.join(last)}")
        finally:
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


def _must_be_free(name: str, host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise HomeserverError(
                f"{name} cannot listen on {host}:{port} ({error.strerror}). Stop what does, or choose another port."
            ) from error


@contextlib.asynccontextmanager
async def running(federation: Federation, folder: Path, names: Sequence[str] | None = None) -> AsyncIterator[Running]:
    """Renders `federation` into `folder` and runs its gateway and its homeservers (or those of `names`) meanwhile.

    The hub's homeserver sends its transactions to the bridge's port whether something listens there or not. Raises
    what `render` raises, and `HomeserverError` where a part does not start; nothing is left running.
    """
    async with started(Running(federation, render(federation, folder)), names) as this:
        yield this


@contextlib.asynccontextmanager
async def started(this: Running, names: Sequence[str] | None = None) -> AsyncIterator[Running]:
    """`running` for what is rendered already."""
    wanted = [one.name for one in this.rendered.homeservers] if names is None else names
    try:
        await this.start(GATEWAY)
        # Each is waited for, so that none is left half started; the first failure is the one that is told.
        for outcome in await asyncio.gather(*(this.start(name) for name in wanted), return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        yield this
    finally:
        async with asyncio.TaskGroup() as group:
            for name in list(this.processes):
                group.create_task(this.stop(name))
