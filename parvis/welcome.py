"""What a person needs next, once everything runs."""

from __future__ import annotations

from rich.markup import escape

from parvis.console import out
from parvis.people import AGENTS
from parvis.setup import Setup


def show(setup: Setup, *, foreground: bool) -> None:
    """Say it."""
    layout = setup.layout
    homeservers = {homeserver.name: homeserver for homeserver in setup.rendered.homeservers}
    out.print()
    out.print(f"[bold]Parvis runs.[/] Open the workspace: [bold cyan]{layout.workspace_url}/[/]")
    out.print("Sign in there as one of these agents, without a password. Each has a Matrix")
    out.print("account too: the id, its homeserver, its password.")
    out.print()
    for agent in AGENTS:
        if (homeserver := homeservers.get(agent.homeserver)) is not None:
            password = setup.secrets.password(f"agents/{agent.id}")
            _line(f"  [bold]{agent.name:<16}[/] @{agent.id}:{homeserver.server_name}")
            _line(f"  {'':<16} {homeserver.client_url}   {password}")
    out.print()
    out.print("Read and write as one of them with Element, Tchap or Cinny, or in this terminal:")
    _line(f"  [bold]parvis chat {AGENTS[0].id}[/]")
    out.print("A new device is verified with the agent’s recovery key, which is there once")
    out.print("parvis chat or the tour has run:")
    _line(f"  {escape(str(layout.secrets / 'identities'))}/<agent>/recovery.key")
    out.print()
    out.print("Invite into an encrypted room, and write there:")
    _line(f"  [bold]{setup.bridge_id:<28}[/] !parvis help")
    _line(f"  [bold]{setup.bot_id:<28}[/] !find words")
    if setup.courier_id:
        _line(f"  [bold]{setup.courier_id:<28}[/] !courier help")
    out.print()
    end = "Ctrl-C ends it." if foreground else "parvis down ends it."
    out.print(f"[dim]parvis status · parvis logs · parvis doctor · {end}[/]")
    out.print()


def _line(markup: str) -> None:
    """What is copied whole: not broken, however narrow the terminal."""
    out.print(markup, soft_wrap=True)
