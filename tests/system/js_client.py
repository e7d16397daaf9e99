"""Drives `tests/system/js/client.mjs`, a client of the other stack (matrix-js-sdk with its Rust crypto, as in Element).

    async with JsClient.open(url, "@ines.benali:culture.gouv.test", password, log=tmp_path / "ines.log") as ines:
        await ines.call("bootstrap")
        await ines.call("join", room=room_id)
        card = await ines.wait_message(room_id, lambda message: "rapport" in message["body"])
        assert card["shield"] == {"colour": "none", "reason": None}

`call` takes the commands of `client.mjs`: bootstrap, recover(recovery_key), isolation(strict), create_room(name,
invite, encrypted), join, leave, invite, send, reply(thread, reply_to), edit, react, typing, messages, members,
is_encrypted, devices.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parent / "js" / "client.mjs"
READY_SECONDS = 60.0
CALL_SECONDS = 60.0
STOP_SECONDS = 10.0
_MAX_LINE = 16 * 1024 * 1024

Message = dict[str, Any]


class JsClientError(Exception):
    """The client ended, did not answer in time, or could not do what it was asked."""


class JsClient:
    """A running client. `events` is everything that it told, in order."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.user_id = ""
        self.device_id = ""
        self.events: list[dict[str, Any]] = []
        self._process = process
        self._log = log
        self._replies: dict[int, asyncio.Future[Any]] = {}
        self._calls = 0
        self._ended = False
        self._news = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, url: str, user_id: str, password: str, *, log: Path, device_name: str = "js-client"
    ) -> AsyncIterator[JsClient]:
        """The client, signed in and synced; stopped at the end. Its errors are in `log`."""
        client = await cls.start(url, user_id, password, log=log, device_name=device_name)
        try:
            yield client
        finally:
            await client.stop()

    @classmethod
    async def start(
        cls, url: str, user_id: str, password: str, *, log: Path, device_name: str = "js-client"
    ) -> JsClient:
        """The client, signed in and synced. The caller stops it."""
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                "node",
                str(SCRIPT),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                limit=_MAX_LINE,
                env={"PATH": os.environ.get("PATH", os.defpath)},
            )
        client = cls(process, log)
        credentials = {"homeserver": url, "user": user_id, "password": password, "device_name": device_name}
        try:
            await client._write(credentials)
            ready = await client.wait_event(lambda event: event["event"] == "ready", READY_SECONDS)
        except BaseException:
            await client.stop()
            raise
        client.user_id, client.device_id = ready["user"], ready["device"]
        return client

    async def stop(self) -> None:
        """Ask it to end, and end it where it does not."""
        if self._process.returncode is None:
            with contextlib.suppress(ConnectionError):
                await self._write({"cmd": "quit"})
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        await self._reader

    async def call(self, cmd: str, **fields: Any) -> Any:
        """The result of a command. Raises `JsClientError` with the SDK's message."""
        self._calls += 1
        reply = self._replies[self._calls] = asyncio.get_running_loop().create_future()
        await self._write({"id": self._calls, "cmd": cmd, **fields})
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await reply
        except TimeoutError as error:
            raise JsClientError(f"{cmd} was not answered within {CALL_SECONDS:.0f} s") from error

    async def wait_event(self, predicate: Callable[[dict[str, Any]], bool], within: float = 30.0) -> dict[str, Any]:
        """The first event, told already or yet to be told, that `predicate` holds for. Raises `JsClientError`."""

        def found() -> dict[str, Any] | None:
            return next((event for event in self.events if predicate(event)), None)

        async with self._news:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within):
                    await self._news.wait_for(lambda: found() is not None or self._ended)
        event = found()
        if event is None:
            raise JsClientError(
                f"nothing like it within {within:.0f} s; last: {self.events[-5:]}; {self._last_words()}"
            )
        return event

    async def wait_message(self, room: str, predicate: Callable[[Message], bool], within: float = 30.0) -> Message:
        """The first message of the room, decrypted, new or edited, that `predicate` holds for."""
        return await self.wait_event(
            lambda event: event["event"] == "message" and event["room"] == room and predicate(event), within
        )

    async def wait_invite(self, room: str | None = None, within: float = 30.0) -> str:
        """The id of the room that somebody invites to (`room`, or any)."""
        event = await self.wait_event(lambda e: e["event"] == "invite" and room in (None, e["room"]), within)
        return str(event["room"])

    async def _write(self, value: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value).encode() + b"\n")
        await self._process.stdin.drain()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            value = json.loads(line)
            if "reply" in value:
                self._answered(value)
                continue
            self.events.append(value)
            async with self._news:
                self._news.notify_all()
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(JsClientError(f"the client ended: {self._last_words()}"))
        self._ended = True
        async with self._news:
            self._news.notify_all()

    def _answered(self, value: dict[str, Any]) -> None:
        reply = self._replies.pop(value["reply"])
        if reply.done():  # the caller gave up
            return
        if "error" in value:
            reply.set_exception(JsClientError(value["error"]))
        else:
            reply.set_result(value["result"])

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]
