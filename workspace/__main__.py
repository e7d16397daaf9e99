"""`python -m workspace COMMAND`: Django's commands and ours (serve, relay, indexer…). `--help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")
    execute_from_command_line(["python -m workspace", *sys.argv[1:]])
