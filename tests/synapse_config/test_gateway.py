"""The gateway lets members through to each other, and nothing else to anything."""

import asyncio
import contextlib
import json
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synapse_config import gateway as gateway_module
from synapse_config.errors import FederationError
from synapse_config.gateway import Address, Gateway, Table, main

SECONDS = 10.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
async def echo() -> AsyncIterator[Address]:
    """A member that answers what it is sent, in capitals, until the other side has ended."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield Address("127.0.0.1", server.sockets[0].getsockname()[1])
    server.close()


@pytest.fixture
async def gateway(echo: Address) -> AsyncIterator[Address]:
    listen = Address("127.0.0.1", free_port())
    routes = {"culture.gouv.test:443": echo, "down.gouv.test:443": Address("127.0.0.1", free_port())}
    stop = asyncio.Event()
    running = asyncio.create_task(Gateway(Table(listen, routes)).run(stop))
    await accepts(listen)
    yield listen
    stop.set()
    await asyncio.wait_for(running, SECONDS)


async def accepts(address: Address) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                _, writer = await asyncio.open_connection(address.host, address.port)
                writer.close()
                return
            await asyncio.sleep(0.01)


async def answer(address: Address, sent: bytes, *, end: bool = True) -> bytes:
    """All that the gateway answers to `sent`."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(sent)
        if end:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), SECONDS)
    finally:
        writer.close()


async def test_a_member_is_reached_by_its_name(gateway: Address) -> None:
    said = await answer(gateway, b"CONNECT culture.gouv.test:443 HTTP/1.1\r\nHost: x\r\n\r\nbonjour")
    assert said == b"HTTP/1.1 200 Connection established\r\n\r\nBONJOUR"


async def test_names_are_the_same_in_capitals(gateway: Address) -> None:
    assert (await answer(gateway, b"CONNECT Culture.Gouv.Test:443 HTTP/1.1\r\n\r\nx")).endswith(b"\r\n\r\nX")


@pytest.mark.parametrize(
    "request_line",
    [
        b"CONNECT matrix.org:443 HTTP/1.1",
        b"CONNECT culture.gouv.test:22 HTTP/1.1",
        b"CONNECT culture.gouv.test HTTP/1.1",
        b"CONNECT 127.0.0.1:22 HTTP/1.1",
        b"CONNECT culture.gouv.test:443@evil.test:443 HTTP/1.1",
        b"CONNECT  HTTP/1.1",
        b"CONNECT culture.gouv.test:443 HTTP/2",
        b"GET http://culture.gouv.test:443/ HTTP/1.1",
        b"GET / HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
)
async def test_anything_else_is_refused(gateway: Address, request_line: bytes) -> None:
    assert (await answer(gateway, request_line + b"\r\n\r\n")).startswith(b"HTTP/1.1 403 ")


async def test_a_refusal_is_one_line_of_the_log_whatever_was_sent(
    gateway: Address, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    await answer(gateway, b"GET \x1b[2J\x00\nroot logged in " + b"a" * 500 + b"\r\n\r\n")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "synapse_config.gateway"]
    assert line.isprintable()
    assert len(line) < 400


async def test_a_head_without_end_is_refused(gateway: Address) -> None:
    said = await answer(gateway, b"CONNECT culture.gouv.test:443 HTTP/1.1\r\nX: " + b"a" * 20_000)
    assert said.startswith(b"HTTP/1.1 431 ")


async def test_a_client_that_says_nothing_is_sent_away(gateway: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_module, "_HEAD_SECONDS", 0.05)
    assert (await answer(gateway, b"CONNECT cult", end=False)).startswith(b"HTTP/1.1 408 ")


async def test_a_member_that_is_down_is_said_to_be(gateway: Address) -> None:
    assert (await answer(gateway, b"CONNECT down.gouv.test:443 HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 502 ")


async def test_connections_are_bounded(gateway: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_module, "_MAX_CONNECTIONS", 0)
    assert (await answer(gateway, b"CONNECT culture.gouv.test:443 HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 503 ")


async def test_a_large_transfer_arrives_whole(gateway: Address) -> None:
    body = b"x" * 3_000_000
    said = await answer(gateway, b"CONNECT culture.gouv.test:443 HTTP/1.1\r\n\r\n" + body)
    assert said.partition(b"\r\n\r\n")[2] == body.upper()


async def test_it_stops_cleanly_when_it_is_told_to_with_connections_open(tmp_path: Path, echo: Address) -> None:
    listen = Address("127.0.0.1", free_port())
    path = tmp_path / "gateway.json"
    routes = {"culture.gouv.test:443": {"host": echo.host, "port": echo.port}}
    path.write_text(json.dumps({"listen": {"host": listen.host, "port": listen.port}, "routes": routes}))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "synapse_config.gateway", str(path), stderr=asyncio.subprocess.PIPE
    )
    await accepts(listen)
    reader, writer = await asyncio.open_connection(listen.host, listen.port)
    writer.write(b"CONNECT culture.gouv.test:443 HTTP/1.1\r\n\r\n")
    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.wait_for(process.communicate(), SECONDS)
    writer.close()
    assert process.returncode == 0
    assert b"Traceback" not in errors
    assert b"stopped" in errors


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"listen": 3, "routes": {}}', '{"listen": {"host": "x", "port": "y"}}']
)
def test_a_table_that_is_none_is_refused_with_what_to_do(tmp_path: Path, content: str) -> None:
    path = tmp_path / "gateway.json"
    path.write_text(content)
    with pytest.raises(FederationError, match="Render the federation again"):
        Table.read(path)


def test_it_says_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        path = tmp_path / "gateway.json"
        listen = {"host": "127.0.0.1", "port": taken.getsockname()[1]}
        path.write_text(json.dumps({"listen": listen, "routes": {}}))
        assert main([str(path)]) == 1
    assert "cannot listen" in capsys.readouterr().err
