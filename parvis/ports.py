"""Who listens on which port of this machine."""

from __future__ import annotations

import socket

import psutil

from parvis.layout import HOST


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a part could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: what just ended does not count
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def user_of(port: int) -> str:
    """Who listens on `port`, in words, as far as we may know: `python (process 123)`, else `another program`."""
    try:
        listening = [
            connection
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,) and connection.pid
        ]
        process = psutil.Process(listening[0].pid)
        return f"{process.name()} (process {process.pid})"
    except (psutil.Error, IndexError, OSError):
        return "another program"
