"""`python -m bots.courier`: the bot as a process."""

from __future__ import annotations

import sys

from bots.courier.courier import app

if __name__ == "__main__":
    sys.exit(app.main())
