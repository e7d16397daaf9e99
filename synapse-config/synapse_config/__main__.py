"""The federation from the command line, without the rest of Parvis: `python -m synapse_config --help`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from synapse_config.check import Check, Silent, check
from synapse_config.config import load
from synapse_config.errors import FederationError, NotRendered
from synapse_config.model import Federation
from synapse_config.reference import reference
from synapse_config.render import render


class _Lines(Silent):
    """Tells of each check on a line, as it ends."""

    def checked(self, check: Check) -> None:
        _say(f"{'ok' if check.ok else 'NOT OK':6} {check.name}: {check.seen}\n")
        if not check.ok:
            _say(f"       tried: {check.tried}\n       to do: {check.advice}\n")


def main(arguments: list[str] | None = None) -> int:
    """Does what `arguments` say; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "reference":
        _say(reference())
        return 0
    try:
        federation = load(options.config).shifted(options.port_shift)
        return _render(federation, options.out) if options.command == "render" else _check(federation, options)
    except FederationError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _say(text: str) -> None:
    sys.stdout.write(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m synapse_config", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    files = argparse.ArgumentParser(add_help=False)
    files.add_argument("--config", type=Path, default=Path("federation.toml"), help="default: %(default)s")
    files.add_argument("--out", type=Path, default=Path(".parvis/federation"), help="default: %(default)s")
    files.add_argument("--port-shift", type=int, default=0, metavar="N", help="move every port by N")
    commands.add_parser("render", parents=[files], help="make what the homeservers need; no key is ever lost")
    checking = commands.add_parser("check", parents=[files], help="prove that the running federation is closed")
    checking.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    checking.add_argument("--no-stranger", action="store_true", help="do not start a stranger's homeserver")
    commands.add_parser("reference", help="print every key of federation.toml, in Markdown")
    return parser


def _render(federation: Federation, out: Path) -> int:
    rendered = render(federation, out)
    for change in rendered.changes:
        _say(f"{change}\n")
    if not rendered.changes:
        _say(f"Nothing has changed in {rendered.folder}.\n")
    return 0


def _check(federation: Federation, options: argparse.Namespace) -> int:
    rendered = render(federation, options.out, dry=True)
    if rendered.changes:
        raise NotRendered(f"{options.out} is not what {options.config} says: render it, and restart what it names.")
    progress = Silent() if options.json else _Lines()
    report = asyncio.run(check(federation, rendered, progress=progress, with_stranger=not options.no_stranger))
    if options.json:
        _say(json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
