"""A Parvis of the bench's own: fresh data, free ports, gone when the bench is over."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psutil

from parvis import parts
from parvis.errors import ParvisError
from parvis.layout import Layout
from parvis.lock import hold
from parvis.part import Part, Work
from parvis.ports import is_free
from parvis.setup import SHIPPED, Setup, federation_of, prepare, sockets
from parvis.supervisor import Supervisor

log = logging.getLogger(__name__)

#: Port shifts that are tried: below the ports that Linux gives to clients (from 32768), which come and go.
_SHIFTS = range(3_000, 12_000, 200)
#: Parts that no delivery needs.
_UNUSED = frozenset({"indexer", "bot-find", "bot-courier", "service-accounts"})
#: Each event is a card of its own, and is counted: what one card says of a hundred events is not a hundred deliveries.
_BRIDGE = {"PARVIS_BRIDGE_FLOODS": "off"}


class World:
    """What runs."""

    def __init__(self, setup: Setup, supervisor: Supervisor) -> None:
        self.setup = setup
        self._supervisor = supervisor

    def process(self, part: str) -> psutil.Process:
        """The process of a part. Raises `ParvisError` where it does not run."""
        for told in self._supervisor.status.parts:
            if told.name == part and told.pid is not None:
                return psutil.Process(told.pid)
        raise ParvisError(f"{part} does not run.")

    def cpu_seconds(self) -> dict[str, float]:
        """The processor time that each part has used, and the bench itself."""
        running = {told.name: psutil.Process(told.pid) for told in self._supervisor.status.parts if told.pid}
        times = {name: process.cpu_times() for name, process in {**running, "bench": psutil.Process()}.items()}
        return {name: float(time.user + time.system) for name, time in times.items()}


@asynccontextmanager
async def running(say: Callable[[str], None], limits: str = "") -> AsyncIterator[World]:
    """Start it, and take everything away at the end; of a measurement that breaks off the logs are kept.

    `limits` is a `[limits]` table for the shipped federation.
    """
    with tempfile.TemporaryDirectory(prefix="parvis-bench-") as folder:
        file = _federation(Path(folder), limits) if limits else SHIPPED
        layout = _free_layout(Path(folder) / "home", file)
        with hold(layout):
            setup = prepare(layout, file)
            works = [_as_measured(work) for work in parts.everything(setup) if work.name not in _UNUSED]
            say(f"starting {len(works)} parts on fresh data")
            supervisor = Supervisor(layout, works)
            running = asyncio.create_task(supervisor.run())
            try:
                if not await supervisor.ready():
                    await running
                yield World(setup, supervisor)
            except Exception:
                kept = tempfile.mkdtemp(prefix="parvis-bench-logs-")
                shutil.copytree(layout.logs, kept, dirs_exist_ok=True)
                log.error("The logs of what ran are kept in %s", kept)
                raise
            finally:
                supervisor.stop()
                with contextlib.suppress(ParvisError):
                    await running


def _as_measured(work: Work) -> Work:
    work = replace(work, needs=work.needs - _UNUSED)
    if isinstance(work, Part) and work.name == "bridge":
        return replace(work, environment={**work.environment, **_BRIDGE})
    return work


def _federation(folder: Path, limits: str) -> Path:
    file = folder / "federation.toml"
    file.write_text(f"{SHIPPED.read_text(encoding='utf-8')}\n{limits}", encoding="utf-8")
    return file


def _free_layout(home: Path, file: Path) -> Layout:
    for shift in _SHIFTS:
        layout = Layout(home, shift)
        if all(is_free(port, host) for _, host, port in sockets(layout, federation_of(layout, file))):
            return layout
    raise ParvisError("No free ports were found.", "Is another bench running?")
