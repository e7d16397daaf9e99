"""`python -m workspace serve`."""

from __future__ import annotations

import socket
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from workspace.api import ending

#: Seconds that requests under way have when the server is told to stop.
_GRACE = 8


class Server(uvicorn.Server):
    """uvicorn's, which ends the streams of events when it is told to stop: they would not end by themselves."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server.shutdown`."""
        ending.end()
        await super().shutdown(sockets)


class Command(BaseCommand):
    """Serves pages and API on the loopback interface; what faces people is a proxy, or a browser on this machine."""

    help = "Serve pages and API on 127.0.0.1, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the server. Refuses to start without its secrets, or on a database that is not migrated."""
        parvis = settings.PARVIS
        parvis.require_to_serve()
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date. Run: python -m workspace migrate")
        connection.close()
        configuration = uvicorn.Config(
            "workspace.asgi:application",
            host="127.0.0.1",
            port=parvis.port,
            lifespan="off",
            log_config=None,
            # An access log would hold search words and one-time addresses.
            access_log=False,
            server_header=False,
            # Who comes by https comes through a proxy on this machine, which says so.
            proxy_headers=parvis.secure,
            timeout_graceful_shutdown=_GRACE,
            timeout_keep_alive=75,
        )
        server = Server(configuration)
        try:
            server.run()
        except KeyboardInterrupt:
            return
        if not server.started:
            raise CommandError("The server could not start; the log says why.")
