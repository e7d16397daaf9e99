"""What may be wrong with a home, its machine and its parts, and what to do about it."""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parvis import logfile, parts
from parvis.errors import ParvisError
from parvis.layout import Layout
from parvis.part import Part, State
from parvis.ports import is_free, user_of
from parvis.setup import Setup, federation_of, prepare
from parvis.status import Status, load

#: Bytes of disk below which databases soon cannot be written.
_LITTLE_DISK = 1_000_000_000
_OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice` says what to do where it is not well."""

    what: str
    ok: bool
    advice: str = ""


def look(layout: Layout) -> Iterator[Finding]:
    """Look at everything, the cheap and basic first."""
    yield _python()
    yield from _programs()
    yield _disk(layout)
    try:
        federation_of(layout)
    except ParvisError as error:
        yield Finding(f"federation.toml: {error}", ok=False, advice=error.advice)
        return
    yield Finding("federation.toml can be read", ok=True)
    if not layout.home.exists():
        yield Finding(f"{layout.home} is not there yet", ok=True, advice="Start Parvis: parvis up")
        return
    yield from _private(layout)
    setup, told = prepare(layout), load(layout)
    yield from _ports(setup) if told.pid is None else _parts(layout, told)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(f"Python {version}", sys.version_info >= _OLDEST_PYTHON, "Install Python 3.11 or later.")


def _programs() -> Iterator[Finding]:
    for name in ("nats-server", "weed"):
        there = Path(sys.executable).with_name(name).exists()
        yield Finding(f"the program {name}", there, "Install again: make install")


def _disk(layout: Layout) -> Finding:
    there = next(path for path in (layout.home, *layout.home.parents) if path.exists())
    free = shutil.disk_usage(there).free
    return Finding(f"{free / 1e9:.1f} GB of disk are free", free > _LITTLE_DISK, "Make room: databases need to grow.")


def _private(layout: Layout) -> Iterator[Finding]:
    loose = [
        path for path in (layout.home, layout.secrets) if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    advice = f"chmod 700 {' '.join(map(str, loose))}"
    yield Finding("data and secrets are yours alone", not loose, advice)
    open_files = [path for path in layout.secrets.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    advice = f"chmod 600 {' '.join(map(str, open_files[:5]))}"
    yield Finding("no secret can be read by others", not open_files, advice)


def _ports(setup: Setup) -> Iterator[Finding]:
    for part in parts.everything(setup):
        for port in part.ports if isinstance(part, Part) else ():
            if not is_free(port):
                advice = "Stop that program, or move all of Parvis: parvis up --port-shift 100"
                yield Finding(f"port {port} of {part.name} is taken by {user_of(port)}", ok=False, advice=advice)
                break
    yield Finding("Parvis does not run here", ok=True, advice="Start it: parvis up")


def _parts(layout: Layout, told: Status) -> Iterator[Finding]:
    for part in told.parts:
        well = part.state is State.READY and not part.warning
        line = f"{part.name} is {part.state.value}" + (
            f", started again {part.restarts} times" if part.restarts else ""
        )
        if well:
            yield Finding(line, ok=True)
            continue
        last = next(iter(logfile.tail(layout.log(part.name), 1)), "")
        said = part.warning or part.problem or last
        yield Finding(f"{line}: {said}" if said else line, ok=False, advice=f"parvis logs {part.name}")
