"""The way from one homeserver to another: an HTTP CONNECT gateway with a closed table of names.

It gives the federation's names an address without DNS or a hosts file, and it is the only way out of a homeserver: a
name or port that is not in the table is refused and logged. It sees TLS, never what is inside.

`python -m synapse_config.gateway gateway.json`
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from synapse_config.errors import FederationError

_log = logging.getLogger("synapse_config.gateway")

_MAX_HEAD_BYTES = 8 << 10
_HEAD_SECONDS = 10.0
_CONNECT_SECONDS = 5.0
_LINGER_SECONDS = 1.0
_MAX_CONNECTIONS = 1000
_CHUNK = 64 << 10
_REQUEST = re.compile(rb"CONNECT ([!-~]{1,300}) HTTP/1\.[01]")


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens: an address, not a name."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Table:
    """`gateway.json`: where to listen and where each `name:port` is."""

    listen: Address
    routes: Mapping[str, Address]

    @classmethod
    def read(cls, path: Path) -> Table:
        """The table in the file at `path`. Raises `FederationError` where it is missing or not of that form."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return cls(_address(raw["listen"]), {str(name): _address(at) for name, at in raw["routes"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise FederationError(f"{path} is not a gateway's table ({error}). Render the federation again.") from error


class Refused(FederationError):
    """What a client asked is not done. `status` is the answer."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class Gateway:
    """Serves one table until it is stopped."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._connections: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Serves until `stop` is set, then ends every connection. Raises `OSError` where the port is taken."""
        listen = self._table.listen
        server = await asyncio.start_server(self._accept, listen.host, listen.port, limit=_MAX_HEAD_BYTES)
        _log.info("listening on %s:%d for %d routes", listen.host, listen.port, len(self._table.routes))
        try:
            await stop.wait()
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            _log.info("stopped")

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream_reader, upstream = await self._connect(reader)
        except Refused as refused:
            _log.warning("%d %s", refused.status, refused)
            await _answer(reader, writer, refused.status)
            return
        except ConnectionError:
            await _close(writer)
            return
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _relay_both((reader, upstream), (upstream_reader, writer))
        finally:
            await _close(writer)
            await _close(upstream)

    async def _connect(self, reader: asyncio.StreamReader) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """What the client asks to be connected to. Raises `Refused`."""
        if len(self._connections) > _MAX_CONNECTIONS:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, f"more than {_MAX_CONNECTIONS} connections")
        name = await _requested(reader)
        address = self._table.routes.get(name)
        if address is None:
            raise Refused(HTTPStatus.FORBIDDEN, f"{name!a} is not in the federation")
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                return await asyncio.open_connection(address.host, address.port)
        except (OSError, TimeoutError) as error:
            raise Refused(HTTPStatus.BAD_GATEWAY, f"{name} does not answer") from error


async def _requested(reader: asyncio.StreamReader) -> str:
    """The `name:port` that a client asks for. Raises `Refused` for all but a well-formed, small, prompt CONNECT."""
    try:
        async with asyncio.timeout(_HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the request's head is too long") from error
    except asyncio.IncompleteReadError as error:
        if not error.partial:  # somebody looked whether we listen
            raise ConnectionAbortedError from error
        raise Refused(HTTPStatus.BAD_REQUEST, "the request broke off") from error
    except TimeoutError as error:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "the request did not come") from error
    line = head.split(b"\r\n", 1)[0]
    match = _REQUEST.fullmatch(line)
    if match is None:
        raise Refused(HTTPStatus.FORBIDDEN, f"not a CONNECT request: {line[:80]!r}")
    return match[1].decode("ascii").lower()


async def _relay_both(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Carries both ways until both have ended, or one has failed."""
    with contextlib.suppress(ExceptionGroup):  # only _relay's: a side that went away ends the connection
        async with asyncio.TaskGroup() as group:
            for reader, writer in ways:
                _keep_alive(writer)
                group.create_task(_relay(reader, writer))


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """A side that vanished without a word is noticed by the system, not waited for."""
    raw: socket.socket | None = writer.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: HTTPStatus) -> None:
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with contextlib.suppress(ConnectionError, TimeoutError):  # a client that does not wait for its answer has none
        async with asyncio.timeout(_LINGER_SECONDS):
            writer.write(head.encode("ascii"))
            writer.write_eof()
            # Closing over what the client still sends would reset the connection, and it would never read the answer.
            while await reader.read(_CHUNK):
                pass
    await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):  # it was closed from the other side first
        await writer.wait_closed()


def _address(raw: Mapping[str, Any]) -> Address:
    return Address(str(raw["host"]), int(raw["port"]))


async def _main(path: Path) -> None:
    table = Table.read(path)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Gateway(table).run(stop)


def main(arguments: list[str]) -> int:
    """Runs the gateway; returns the exit code."""
    level = os.environ.get("PARVIS_LOG_LEVEL", "INFO")
    if level not in logging.getLevelNamesMapping():
        sys.stderr.write(f"PARVIS_LOG_LEVEL is {level!r}. Write DEBUG, INFO, WARNING or ERROR.\n")
        return 2
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m synapse_config.gateway GATEWAY.JSON\n")
        return 2
    try:
        asyncio.run(_main(Path(arguments[0])))
    except FederationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"The gateway cannot listen: {error.strerror}. Is another one running on this port?\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
