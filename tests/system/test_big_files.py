"""Large files between two ministries' rooms and Drive, by real clients: byte for byte, and in little memory."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from nio.crypto.attachments import encrypt_attachment

from parvis.chat.agent import Seen
from parvis.chat.attachments import sealed, uploaded
from parvis.tour.cast import PATIENCE, Actor
from tests.system.conftest import PARVIS, Stack
from tests.system.remains import objects, peak_mib, pid_of, rows, workspace

pytestmark = [pytest.mark.system, pytest.mark.long]

HALF_A_GIGABYTE, MEGABYTE = 500_000_000, 1_000_000
#: MiB that the bridge may have resident at most, ever.
BRIDGE_MIB = 200.0
#: Seconds that half a gigabyte may take from one ministry to Drive, or back.
_LONG = 240.0


def noise(path: Path, size: int) -> bytes:
    """So many random bytes, made in `path`."""
    with path.open("wb") as file:
        for start in range(0, size, 1 << 24):
            file.write(os.urandom(min(1 << 24, size - start)))
    data = path.read_bytes()
    path.unlink()  # the homeservers and the store keep it often enough
    return data


async def said_of(actor: Actor, room: str, subject: str, patience: float = _LONG) -> Seen:
    """What the bridge says of the attachment of that message."""
    return await actor.client.wait_message(
        room, lambda one: one.sender == PARVIS and subject in (one.thread, one.reply_to), patience
    )


async def sha256_in_drive(actor: Actor, file: str) -> str:
    """The SHA-256 of a file, downloaded as its page does it."""
    digest = hashlib.sha256()
    async with actor.browser.http.stream("GET", f"{actor.browser.url}/api/v1.0/files/{file}/download/") as answer:
        answer.raise_for_status()
        async for chunk in answer.aiter_bytes():
            digest.update(chunk)
    return digest.hexdigest()


async def listed(actor: Actor, folder: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await actor.browser.api("GET", f"items/?parent={folder}"))["results"]
    return found


async def test_half_a_gigabyte_is_saved_and_sent_back_while_the_bridge_stays_small(
    stack: Stack, camille: Actor, ines: Actor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = await stack.room(camille, ines)
    folder = await stack.bound_folder(camille, room)
    data = noise(tmp_path / "séance.bin", HALF_A_GIGABYTE)
    wanted = hashlib.sha256(data).hexdigest()
    bridge, web = pid_of(stack, "bridge"), pid_of(stack, "web")
    before = peak_mib(bridge), peak_mib(web)
    said = await ines.client.attach(room, "séance.bin", data, "application/octet-stream")
    del data
    await camille.client.wait_message(room, lambda one: one.event_id == said, PATIENCE)

    began = time.monotonic()
    await camille.client.react(room, said, "💾")
    answer = await said_of(camille, room, said)
    save_seconds = time.monotonic() - began
    (kept,) = await listed(camille, folder["id"])
    assert kept["url"] in answer.body
    assert await sha256_in_drive(camille, kept["id"]) == wanted

    began = time.monotonic()
    await camille.client.send(room, f"!drive send {kept['url']}")
    sent = await ines.client.wait_message(room, lambda one: one.sender == PARVIS and one.file is not None, _LONG)
    send_seconds = time.monotonic() - began
    assert hashlib.sha256(await ines.client.download(sent)).hexdigest() == wanted

    after = peak_mib(bridge), peak_mib(web)
    with capsys.disabled():
        print(
            f"\n500 MB saved at {500 / save_seconds:.0f} MB/s, sent at {500 / send_seconds:.0f} MB/s; peak MiB"
            f" before and after: bridge {before[0]:.0f}, {after[0]:.0f}; web {before[1]:.0f}, {after[1]:.0f}"
        )
    assert (pid_of(stack, "bridge"), pid_of(stack, "web")) == (bridge, web), "one of them was started anew"
    assert after[0] < BRIDGE_MIB
    assert after[1] < before[1] + 64, "the workspace holds a few parts of a file at most"


async def test_a_save_that_is_revoked_while_it_runs_leaves_nothing(
    stack: Stack, camille: Actor, ines: Actor, tmp_path: Path
) -> None:
    room = await stack.room(camille, ines)
    folder = await stack.bound_folder(camille, room)
    data = noise(tmp_path / "archives.bin", 200 * MEGABYTE)
    said = await ines.client.attach(room, "archives.bin", data, "application/octet-stream")
    del data
    await camille.client.wait_message(room, lambda one: one.event_id == said, PATIENCE)
    before = objects(stack)
    (given,) = [one for one in await camille.browser.api("GET", "me/delegations/") if _saves(one)]
    try:
        await camille.client.send(room, "!drive save", reply_to=said)
        await _until_it_begins(camille, room)
        await camille.browser.api("DELETE", f"me/delegations/{given['id']}/")
        answer = await said_of(camille, room, said)
        assert "/account/" in answer.body
    finally:
        await camille.browser.allow_all()
    book = [(one["what"], one["refused"]) for one in await _saves_from(camille, room)]
    assert book[-3:] == [("trade", ""), ("use", ""), ("finish", "revoked")][::-1], "it was not in the middle of it"
    assert await listed(camille, folder["id"]) == []
    assert objects(stack) == before
    assert rows(workspace(stack), "SELECT COUNT(*) FROM drive_upload") == [(0,)]
    assert rows(workspace(stack), "SELECT COUNT(*) FROM drive_discarded") == [(0,)]


def _saves(delegation: dict[str, Any]) -> bool:
    return (delegation["service"], delegation["act"]) == ("bridge", "save")


async def _saves_from(actor: Actor, room: str) -> list[dict[str, Any]]:
    """What was done and tried for them to save from that room, the latest first."""
    book = (await actor.browser.api("GET", "me/uses/"))["results"]
    return [one for one in book if one["room"] == room and one["act"] == "save"]


async def _until_it_begins(actor: Actor, room: str) -> None:
    """Until the workspace has signed the form: from then on the bytes go to the store."""
    async with asyncio.timeout(_LONG):
        while "use" not in {one["what"] for one in await _saves_from(actor, room)}:  # noqa: ASYNC110 - it announces nothing
            await asyncio.sleep(0.02)


async def test_what_is_not_what_it_says_is_told_and_a_strange_name_is_kept_clean(
    stack: Stack, camille: Actor, ines: Actor
) -> None:
    room = await stack.room(camille, ines)
    folder = await stack.bound_folder(camille, room)
    homeserver = ines.client.client.homeserver
    data, before = os.urandom(MEGABYTE), objects(stack)

    changed = await sealed(homeserver, "modifié.bin", data, "application/octet-stream")
    changed["file"]["hashes"] = {"sha256": "A" * 43}
    ciphertext, keys = encrypt_attachment(data)
    cut = await sealed(homeserver, "coupé.bin", data, "application/octet-stream")
    cut["file"] = {**keys, "url": await uploaded(homeserver, ciphertext[:-1000])}
    refused = {
        "est abîmé": [changed, cut],
        "n’est pas ce que disent": [await sealed(homeserver, "photo.png", b"\x7fELF" + data, "image/png")],
        "est vide": [await sealed(homeserver, "rien.txt", b"", "text/plain")],
    }
    for words, contents in refused.items():
        for content in contents:
            said = await ines.client.client.send(room, content)
            await camille.client.wait_message(room, lambda one, said=said: one.event_id == said, PATIENCE)
            await camille.client.react(room, said, "💾")
            assert words in (await said_of(camille, room, said, PATIENCE)).body
    assert await listed(camille, folder["id"]) == []
    assert objects(stack) == before
    assert rows(workspace(stack), "SELECT COUNT(*) FROM drive_upload") == [(0,)]

    name = "../../etc/\u202efdp.éxe\u2066\\..\\relevé\r\n.bin"
    said = await ines.client.attach(room, name, data, "application/octet-stream")
    await camille.client.wait_message(room, lambda one: one.event_id == said, PATIENCE)
    await camille.client.react(room, said, "💾")
    await said_of(camille, room, said, PATIENCE)
    (kept,) = await listed(camille, folder["id"])
    assert not set(kept["title"]) & set("\u202e\u2066\r\n")
    (key,) = set(objects(stack)) - set(before)
    assert re.fullmatch(r"files/[0-9a-f-]+/[0-9a-f-]+/[0-9a-f]+", key), "nothing of a name is in a key"
    assert await sha256_in_drive(camille, kept["id"]) == hashlib.sha256(data).hexdigest()
    answer = await camille.browser.http.get(f"{camille.browser.url}/api/v1.0/files/{kept['id']}/download/")
    offered = answer.headers["Content-Disposition"]
    assert offered.startswith("attachment; filename")
    assert not set(unquote(offered)) & set("/\\\u202e\u2066\r\n")


@asynccontextmanager
async def dead(stack: Stack, name: str) -> AsyncIterator[None]:
    """A ministry's homeserver is killed, and cannot come back while its port for the others is taken."""
    pid = pid_of(stack, f"synapse-{name}")
    port = stack.setup.federation.homeserver(name).federation_port
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                taken = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.02)  # the kernel announces nothing
    async with taken:
        yield
    async with asyncio.timeout(PATIENCE):
        while not is_ready(stack, f"synapse-{name}"):  # noqa: ASYNC110 - nor does this
            await asyncio.sleep(0.5)


def is_ready(stack: Stack, part: str) -> bool:
    return any((told["name"], told["state"]) == (part, "ready") for told in stack.status()["parts"])


def attempts(stack: Stack, subject: str) -> int:
    """How often the bridge has tried to save that message's attachment, in vain."""
    (found,) = rows(
        stack.layout.data("bridge") / "bridge.db", f"SELECT attempts FROM middle_errand WHERE subject = '{subject}'"
    )
    return int(found[0])


async def tried(stack: Stack, subject: str, times: int) -> None:
    """Until it was tried so often, or was given up."""
    sql = f"SELECT attempts, state FROM middle_errand WHERE subject = '{subject}'"
    async with asyncio.timeout(PATIENCE):
        while True:
            ((now, state),) = rows(stack.layout.data("bridge") / "bridge.db", sql)
            if now >= times or state == "failed":
                return
            await asyncio.sleep(0.1)  # a table announces nothing


async def test_a_file_of_a_dead_homeserver_is_told_and_comes_when_it_is_back(
    stack: Stack, camille: Actor, ines: Actor
) -> None:
    room = await stack.room(camille, ines)
    folder = await stack.bound_folder(camille, room)
    data, before = os.urandom(MEGABYTE), objects(stack)
    said = await ines.client.attach(room, "relevé.bin", data, "application/octet-stream")
    await camille.client.wait_message(room, lambda one: one.event_id == said, PATIENCE)
    async with dead(stack, "culture"):
        await camille.client.react(room, said, "💾")
        first = await said_of(camille, room, said, PATIENCE)
        assert "ne répond pas" in first.body
        assert "redemande" in first.body
        for _ in range(3):  # asked again, it is tried again: at the fourth time it is given up
            before_that = attempts(stack, said)
            await camille.client.send(room, "!drive save", reply_to=said)
            await tried(stack, said, before_that + 1)
        last = await camille.client.wait_message(
            room, lambda one: one.sender == PARVIS and "n’ai rien enregistré" in one.body, PATIENCE
        )
        assert said in (last.thread, last.reply_to)
        assert await listed(camille, folder["id"]) == []
        assert objects(stack) == before
    await camille.client.send(room, "!drive save", reply_to=said)
    await camille.hears(room, PARVIS, "^Enregistré dans Drive")
    (kept,) = await listed(camille, folder["id"])
    assert await sha256_in_drive(camille, kept["id"]) == hashlib.sha256(data).hexdigest()
