"""`parvis`: runs the whole of Parvis on one machine, and looks after it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from parvis import console
from parvis.errors import Exit, ParvisError
from parvis.layout import DEFAULT_HOME

#: The commands in the order in which they are listed: where they are, and what they are called.
_COMMANDS = (
    "up",
    "down",
    "status",
    "doctor",
    "logs",
    "reset",
    "agents",
    "chat",
    "tour",
    "prepare",
    "accounts",
    "federation",
    "deliveries",
    "identities",
    "operator",
    "bench",
    "cards",
)


class Commands(click.Group):
    """Loads a command when it is called: `parvis status` needs no Matrix library."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As click's."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """As click's."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"parvis.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, which suggests nothing."""
        import difflib

        name = args[0] if args else ""
        near = difflib.get_close_matches(name, _COMMANDS, n=1)
        if name not in _COMMANDS and near and not name.startswith("-"):
            ctx.fail(f"There is no command “{name}”: did you mean “{near[0]}”?")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """As click's; a program that asked for JSON gets it of a failure too."""
        try:
            return super().invoke(ctx)
        except ParvisError as error:
            console.failed_in_json(ctx, error)
            raise


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--home",
    envvar="PARVIS_HOME",
    default=str(DEFAULT_HOME),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where everything is kept: data, secrets, logs.",
)
@click.pass_context
def cli(context: click.Context, home: Path) -> None:
    """Encrypted Matrix rooms as the front door of a workspace: all of it on this machine, for trying and developing.

    \b
    parvis up                      run everything, until Ctrl-C
    parvis tour                    see what it is for
    parvis chat camille.martin     read and write as one of the demo's agents
    """
    context.obj = home


def main() -> None:
    """The entry point."""
    try:
        sys.exit(cli(prog_name="parvis", standalone_mode=False) or Exit.OK)
    except ParvisError as error:
        console.failed(error)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(Exit.INTERRUPTED)


if __name__ == "__main__":
    main()
