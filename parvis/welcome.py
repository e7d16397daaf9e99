"""What a person needs next, once everything runs."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from parvis.console import out
from parvis.people import AGENTS
from parvis.setup import Setup


def show(setup: Setup, *, foreground: bool) -> None:
    """Say it."""
    layout = setup.layout
    homeservers = {homeserver.name: homeserver for homeserver in setup.rendered.homeservers}
    out.print()
    out.print(f"[bold]Parvis runs.[/] The workspace: [bold cyan]{layout.workspace_url}/[/]")
    out.print("Sign in there as one of the demo’s agents (the page lists them, no password).")
    out.print()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("agent", "Matrix id", "homeserver", "Matrix password"):
        table.add_column(heading, overflow="fold")
    for agent in AGENTS:
        if (homeserver := homeservers.get(agent.homeserver)) is not None:
            table.add_row(
                agent.name,
                f"@{agent.id}:{homeserver.server_name}",
                homeserver.client_url,
                setup.secrets.password(f"agents/{agent.id}"),
            )
    out.print(table)
    out.print()
    out.print(f"Invite [bold]{setup.bridge_id}[/] into an encrypted room and write [bold]!parvis help[/]; or")
    out.print(f"invite [bold]{setup.bot_id}[/] and write [bold]!find words[/].")
    out.print("In this terminal: [bold]parvis chat camille.martin[/]; with Element, Tchap or Cinny: sign in to the")
    out.print("homeserver above. The key that verifies an agent’s new device is in")
    out.print(
        f"{escape(str(layout.secrets / 'identities'))}/<agent>/recovery.key (once parvis chat or the tour has run)."
    )
    end = "Ctrl-C ends it." if foreground else "parvis down ends it."
    out.print(f"[dim]parvis status · parvis logs · parvis doctor · {end}[/]")
    out.print()
