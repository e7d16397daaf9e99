"""`parvis prepare`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from parvis import parts
from parvis.console import out
from parvis.errors import Exit
from parvis.files import write
from parvis.layout import Layout
from parvis.part import Part
from parvis.setup import prepare


@click.command("prepare")
@click.option("--federation", "file", type=click.Path(path_type=Path), help="Another federation.toml.")
@click.pass_obj
def command(home: Path, *, file: Path | None) -> int:
    """Render everything that the parts need, and start nothing: for compose.yml, systemd, or your own way.

    Secrets, configurations, the federation; and, in the home's config folder, one file a part with its environment
    (`bridge.env`), as docker and systemd read it. Done again, it changes nothing that is right.
    """
    setup = prepare(Layout.of(home), file)
    layout = setup.layout
    for part in parts.everything(setup):
        if isinstance(part, Part):
            write(layout.config / f"{part.name}.env", _lines(part.environment))
    write(layout.config / "migrate.env", _lines(parts.workspace_environment(setup)))
    out.print(f"Everything is rendered in {layout.home}.", soft_wrap=True)
    return Exit.OK


def _lines(variables: Mapping[str, str]) -> str:
    """Ours only: PATH and the like are those of the machine on which it will run."""
    return "".join(f"{name}={value}\n" for name, value in sorted(variables.items()) if name.startswith("PARVIS_"))
