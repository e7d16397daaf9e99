"""`python -m workspace COMMAND`: Django's commands and ours (`serve`, `relay`, `indexer`…)."""

from __future__ import annotations

import os
import sys

from workspace.config import BadEnvironment


def main() -> None:
    """Run the command that the arguments name. A configuration that cannot be used ends with what to do about it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    try:
        settings.PARVIS.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        execute_from_command_line(["python -m workspace", *_arguments(sys.argv[1:])])
    except BadEnvironment as error:
        sys.exit("The workspace is not configured:\n" + "\n".join(f"  {problem}" for problem in error.problems))


def _arguments(given: list[str]) -> list[str]:
    """A command of two words (`service-account`) is written with a hyphen, and is a module without one."""
    return [word.replace("-", "_") if number == 0 and word[:1] != "-" else word for number, word in enumerate(given)]


if __name__ == "__main__":
    main()
