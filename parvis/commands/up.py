"""`parvis up`: everything, in the foreground or detached."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

import click
from rich.markup import escape

from parvis import detach, parts, welcome
from parvis.console import out, part_line
from parvis.errors import Exit, NotStarted, ParvisError
from parvis.layout import MAX_SHIFT, Layout
from parvis.lock import hold
from parvis.part import State
from parvis.process import launched
from parvis.setup import Setup, prepare
from parvis.status import PartStatus
from parvis.supervisor import Supervisor

#: A newcomer waits for it: without what takes long.
_FIRST_TOUR = ("tour", "--once", "--short")


class Progress:
    """Says what becomes of each part, once each time that it changes."""

    def __init__(self) -> None:
        self._waiting: dict[str, State] = {}
        self._said: dict[str, tuple[State, int, str | None]] = {}
        self._spinner = out.status("Starting…")

    def __enter__(self) -> Progress:
        if out.is_terminal:
            self._spinner.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._spinner.stop()

    def ready(self) -> None:
        """Everything is: what changes from now on is said without a spinner."""
        self._spinner.stop()

    def tell(self, part: PartStatus) -> None:
        """A part has changed."""
        self._waiting[part.name] = part.state
        starting = [name for name, state in self._waiting.items() if state is State.STARTING]
        self._spinner.update(f"Starting {', '.join(starting)}…" if starting else "Waiting…")
        if part.state in (State.READY, State.RESTARTING, State.STOPPING):
            now = (part.state, part.restarts, part.warning)
            if self._said.get(part.name) != now:
                self._said[part.name] = now
                with contextlib.suppress(OSError):  # nobody may look any more: a terminal that was closed
                    out.print(part_line(part))


@click.command("up")
@click.option("--detach", "detached", is_flag=True, help="Return as soon as everything is ready, and leave it running.")
@click.option(
    "--port-shift",
    type=click.IntRange(0, MAX_SHIFT),
    help="Move every port by this number, to run beside another Parvis. Kept for the next time.",
)
@click.option("--first-tour", is_flag=True, help="Play the tour, if it has never been played here.")
@click.option("--federation", "file", type=click.Path(path_type=Path), help="Another federation.toml.")
@click.option("--supervise", is_flag=True, hidden=True, help="What --detach starts: what it says goes into its log.")
@click.pass_obj
def command(
    home: Path, *, detached: bool, port_shift: int | None, first_tour: bool, file: Path | None, supervise: bool
) -> int:
    """Run everything on this machine until Ctrl-C.

    Parts are started in the order in which they need each other, and started again when they die. Data, secrets and
    logs are kept in the home (.parvis) between two runs.

    \b
    parvis up                      in the foreground
    parvis up --detach             in the background; end it with: parvis down
    parvis up --port-shift 100     beside another one, every port moved by 100
    """
    layout = Layout.of(home, port_shift)
    if detached:
        welcome.show(detach.start(layout, file), foreground=False)
        return _tour(layout) if first_tour else Exit.OK
    with hold(layout), detach.logged(layout) if supervise else contextlib.nullcontext():
        setup = prepare(layout, file)
        return asyncio.run(_run(setup, greet=not supervise, first_tour=first_tour))


async def _run(setup: Setup, *, greet: bool, first_tour: bool) -> int:
    with Progress() as progress:
        supervisor = Supervisor(setup.layout, parts.everything(setup), progress.tell)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, supervisor.stop)
        running = asyncio.create_task(supervisor.run())
        if await supervisor.ready():
            progress.ready()
            if greet:
                welcome.show(setup, foreground=True)
            if first_tour:
                await play_first(setup.layout, supervisor)
        try:
            await running
        except NotStarted as error:
            raise NotStarted(str(error), error.advice or "parvis doctor looks for the cause.") from error
    out.print(f"Stopped. Everything is kept in {escape(str(setup.layout.home))}", soft_wrap=True)
    return Exit.OK


async def play_first(layout: Layout, supervisor: Supervisor) -> None:
    """Play the tour, if it was never played, in a process of its own; end it as soon as everything is to end."""
    if layout.toured.exists():
        return
    process = await asyncio.create_subprocess_exec(
        *launched((*detach.this(layout), *_FIRST_TOUR)),
        start_new_session=True,  # Ctrl-C is ours
    )
    done, stopping = asyncio.ensure_future(process.wait()), asyncio.ensure_future(supervisor.stopping())
    try:
        await asyncio.wait([done, stopping], return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            return
    finally:
        stopping.cancel()
        if not done.done():
            with contextlib.suppress(ProcessLookupError):
                process.kill()  # it has nothing to keep, and would tell of steps that broke off
            await done
            out.show_cursor()
    if process.returncode:
        out.print("[red]The tour did not go through.[/] Look with: parvis doctor. Play it again with: parvis tour")
    else:
        out.print("[dim]Everything goes on running. Ctrl-C ends it.[/]")


def _tour(layout: Layout) -> int:
    import subprocess

    if layout.toured.exists():
        return Exit.OK
    if subprocess.run([*detach.this(layout), *_FIRST_TOUR], check=False).returncode:
        raise ParvisError("The tour did not go through.", "Look with: parvis doctor. Play it again with: parvis tour")
    return Exit.OK
