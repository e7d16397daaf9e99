"""A sealed file comes back byte for byte, and neither it nor its key is anywhere that is ours meanwhile."""

from __future__ import annotations

import base64
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import tantivy

from parvis.chat.attachments import sealed
from parvis.tour.cast import PATIENCE, Actor
from tests.system.conftest import PARVIS, Stack
from tests.system.remains import contents, databases

pytestmark = pytest.mark.system


async def test_a_sealed_file_comes_back_and_its_key_and_its_content_are_nowhere(
    stack: Stack, camille: Actor, ines: Actor
) -> None:
    room = await stack.room(camille, ines)
    control = f"ouvert{secrets.token_hex(12)}"
    folder = await camille.browser.api("POST", "folders/", {"title": f"Scellés {control}", "sealed": True})
    await camille.asks(room, f"!parvis bind {folder['url']}", PARVIS)
    await camille.browser.share_with_room(folder["id"], room)
    marker = f"scelle{secrets.token_hex(12)}"
    data = f"Délibération {marker}\n".encode() * 5000
    content = await sealed(ines.client.client.homeserver, f"{marker}.txt", data, "text/plain")
    said = await ines.client.client.send(room, content)
    await camille.client.wait_message(room, lambda one: one.event_id == said, PATIENCE)

    await camille.client.react(room, said, "💾")
    await camille.hears(room, PARVIS, "^Enregistré dans Drive")
    (kept,) = (await camille.browser.api("GET", f"items/?parent={folder['id']}"))["results"]
    await camille.client.send(room, "!drive open", reply_to=said)
    opened = await ines.client.wait_message(room, lambda one: one.sender == PARVIS and one.file is not None, PATIENCE)
    assert await ines.client.download(opened) == data

    # What lies open is found where it belongs, by the same search: else it would prove nothing of what is sealed.
    plain = await camille.browser.upload_bytes(f"{control}.txt", f"Lisible {control}".encode(), "text/plain")
    await stack.indexed(camille, control, plain["id"])
    await stack.indexed(camille, kept["title"].rpartition(" ")[2], kept["id"])
    found = list(everything(stack))
    where = {name.split(":")[0] for name, held in found if control.encode() in held}
    assert where >= {"store", "index", "table"}, where
    needles = {marker: marker.encode(), **key_in_all_its_forms(content["file"])}
    assert [(name, what) for name, held in found for what, needle in needles.items() if needle in held] == []
    media = content["file"]["url"].rpartition("/")[2].encode()
    assert any(media in held for name, held in found if name.startswith("file:") and "culture" in name)


def key_in_all_its_forms(file: Mapping[str, Any]) -> dict[str, bytes]:
    """What opens an encrypted file: the key and the counter block, raw and as they are written down."""
    k, iv = file["key"]["k"], file["iv"]
    key, counter = base64.urlsafe_b64decode(k + "="), base64.b64decode(iv + "==")
    assert (len(key), len(counter)) == (32, 16)
    forms = {}
    for name, raw in (("key", key), ("iv", counter)):
        forms |= {
            f"{name}, raw": raw,
            f"{name}, hex": raw.hex().encode(),
            f"{name}, base64": base64.b64encode(raw).rstrip(b"="),
            f"{name}, base64url": base64.urlsafe_b64encode(raw).rstrip(b"="),
        }
    return forms


def everything(stack: Stack) -> Iterator[tuple[str, bytes]]:
    """All that is kept: every row of every table, every object, every document of the index, every file as it lies on
    the disk (the databases with their WAL, NATS' store, the store's own folder, the homeservers, all logs).
    """
    for path in databases(stack):
        yield from tables(path)
    for key, held in contents(stack):
        yield f"store:{key}", held
    yield "index:", index(stack)
    for path in stack.layout.home.rglob("*"):
        with suppress(FileNotFoundError):  # what comes and goes (a journal, a segment of the index) was looked at above
            if path.is_file():
                yield f"file:{path.relative_to(stack.layout.home)}", path.read_bytes()


def tables(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every table of a database, as bytes: a value may lie in pieces in the file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = connection.execute(f'SELECT * FROM "{name.decode()}"').fetchall()
            yield (
                f"table:{path.parent.name}/{path.name} {name.decode()}",
                b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row),
            )


def index(stack: Stack) -> bytes:
    """Every document of the search's index: they are compressed in its files."""
    found = b""
    for meta in (stack.layout.home / "data" / "find").rglob("meta.json"):
        searcher = tantivy.Index.open(str(meta.parent)).searcher()
        hits = searcher.search(tantivy.Query.all_query(), limit=100_000).hits
        found += b"\n".join(repr(searcher.doc(address).to_dict()).encode() for _, address in hits)
    return found
