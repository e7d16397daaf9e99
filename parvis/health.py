"""What may be wrong with a home, its machine and its parts, and what to do about it."""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parvis import logfile
from parvis.errors import ParvisError
from parvis.home import is_home
from parvis.layout import Layout
from parvis.part import State
from parvis.ports import is_free, user_of
from parvis.setup import accounts_kept, federation_of, rendered, sockets
from parvis.status import Status, load
from synapse_config.model import Federation

#: Bytes of disk below which databases soon cannot be written.
_LITTLE_DISK = 1_000_000_000
_OLDEST_PYTHON, _FIRST_UNTRIED_PYTHON = (3, 11), (3, 14)


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
        federation = federation_of(layout)
    except ParvisError as error:
        yield Finding(str(error), ok=False, advice=error.advice)
        return
    yield Finding(f"{federation.source} can be read", ok=True)
    told = load(layout)
    if is_home(layout.home):
        yield from _home(layout, federation, told)
    elif layout.home.exists():
        yield Finding(f"{layout.home} is not a home of Parvis", ok=False, advice="Check --home, or start: parvis up")
    else:
        yield Finding(f"{layout.home} is not there yet", ok=True)
    yield from _ports(layout, federation) if told.pid is None else _parts(layout, told)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    fits = _OLDEST_PYTHON <= sys.version_info[:2] < _FIRST_UNTRIED_PYTHON
    return Finding(f"Python {version}", fits, "Install Python 3.11, 3.12 or 3.13.")


def _programs() -> Iterator[Finding]:
    for name in ("nats-server", "weed"):
        there = Path(sys.executable).with_name(name).exists()
        yield Finding(f"the program {name}", there, "Install again: make install")


def _disk(layout: Layout) -> Finding:
    there = next(path for path in (layout.home, *layout.home.parents) if path.exists())
    free = shutil.disk_usage(there).free
    return Finding(f"{free / 1e9:.1f} GB of disk are free", free > _LITTLE_DISK, "Make room: databases need to grow.")


def _home(layout: Layout, federation: Federation, told: Status) -> Iterator[Finding]:
    yield from _private(layout)
    try:
        accounts_kept(layout)
        changes = rendered(layout, federation, dry=True).changes
    except ParvisError as error:
        yield Finding(str(error), ok=False, advice=error.advice)
        return
    if told.pid is not None:  # else it is rendered at the next start
        advice = f"parvis down, then parvis up: they render {', '.join(changes)}"
        yield Finding(f"what runs is what {federation.source} says", not changes, advice)


def _private(layout: Layout) -> Iterator[Finding]:
    loose = [
        path for path in (layout.home, layout.secrets) if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    advice = f"chmod 700 {' '.join(map(str, loose))}"
    yield Finding("data and secrets are yours alone", not loose, advice)
    open_files = [path for path in layout.secrets.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    advice = f"chmod 600 {' '.join(map(str, open_files[:5]))}"
    yield Finding("no secret can be read by others", not open_files, advice)


def _ports(layout: Layout, federation: Federation) -> Iterator[Finding]:
    taken = {who: port for who, host, port in sockets(layout, federation) if not is_free(port, host)}
    for who, port in taken.items():
        advice = "Stop that program, or move all of Parvis: parvis up --port-shift 100"
        yield Finding(f"port {port} of {who} is taken by {user_of(port)}", ok=False, advice=advice)
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
