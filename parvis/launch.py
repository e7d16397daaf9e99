"""Becomes a part: run as a script with the supervisor's process id and the part's command.

It asks the kernel (prctl(2), Linux) to end it when the supervisor is gone, however that came about, and then executes
the command in its own place. A killed supervisor thus leaves nothing running. Standard library only: it must start
fast, and `python -I -S` sees nothing else.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(supervisor: int, command: list[str]) -> None:
    """Never returns. What a part writes is for its owner alone."""
    os.umask(0o077)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:
        sys.exit("The supervisor is gone already.")
    os.execvpe(command[0], command, os.environ)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
