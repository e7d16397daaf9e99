"""`parvis operator`: who has the workspace's admin."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

from parvis import parts
from parvis.console import out
from parvis.errors import Exit, ParvisError
from parvis.layout import Layout
from parvis.setup import load


@click.command("operator")
@click.argument("who")
@click.option("--no-longer", is_flag=True, help="Take it away again.")
@click.pass_obj
def command(home: Path, *, who: str, no_longer: bool) -> int:
    """Make somebody an operator of the workspace: they have its admin, at /admin/, when they sign in.

    WHO is an e-mail address, of somebody who has signed in once: parvis operator sofia.roux@interieur.gouv.test
    """
    setup = load(Layout.of(home))
    command = [*parts.python("workspace", "operator"), who, *(["--no-longer"] if no_longer else [])]
    environment = parts.workspace_environment(setup)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        raise ParvisError(last.removeprefix("CommandError: "), "Who there is: parvis agents")
    out.print(done.stdout.strip(), markup=False)
    if not no_longer:
        out.print(f"The admin: {setup.layout.workspace_url}/admin/")
    return Exit.OK
