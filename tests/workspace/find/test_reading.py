"""Which files are read next for the search, and that none keeps everybody's waiting."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from uuid import UUID, uuid4

import pytest

from contract.resources import Kind
from tests.workspace.people import person
from workspace.accounts.models import User
from workspace.drive.models import File, FileVersion
from workspace.drive.store import StoreUnavailable
from workspace.find import indexing
from workspace.find.extract import Extracted, Outcome
from workspace.find.indexer import Indexer
from workspace.find.indexing import Unread
from workspace.find.models import FileText
from workspace.sharing import tree


def uploaded(author: User) -> UUID:
    item = tree.create_item(Kind.FILE, "Note.pdf", None, author)
    file = File.objects.create(item=item, media_type="application/pdf", size=1)
    file.current = FileVersion.objects.create(
        id=uuid4(), file=file, number=1, key=str(uuid4()), etag="", size=1, media_type="application/pdf", author=author
    )
    file.save()
    return item.pk


@pytest.mark.django_db
def test_who_uploads_many_files_keeps_nobody_elses_from_being_read() -> None:
    camille, ines = person("camille.martin"), person("ines.benali")
    many = [uploaded(camille) for _ in range(9)]
    one = uploaded(ines)
    assert {file.item for file in indexing.unread(2)} == {many[0], one}
    FileText.objects.create(version=FileVersion.objects.get(file=one), outcome=Outcome.READ)
    assert [file.item for file in indexing.unread(3)] == many[:3]


@pytest.mark.django_db
def test_of_those_who_wait_everybody_has_a_turn() -> None:
    first = {uploaded(person(f"agent.{number}")) for number in range(5)}
    seen: set[UUID] = set()
    for _ in range(500):
        seen |= {file.item for file in indexing.unread(2)}
        if seen == first:
            return
    pytest.fail("somebody never had a turn")


FILES = [Unread(uuid4(), uuid4(), str(number), "application/pdf", 1) for number in range(2)]


class Files:
    """Files to read, as the database and the store have them. `kept` is what was read of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kept: list[str] = []
        self.all_kept = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        monkeypatch.setattr(indexing, "unread", lambda _limit: [one for one in FILES if one.key not in self.kept])
        monkeypatch.setattr(indexing, "keep", self.keep)
        monkeypatch.setattr(indexing, "read", self.read)

    def read(self, _store: Any, _file: Unread) -> Extracted:
        return Extracted(Outcome.READ, "texte")

    def keep(self, _engine: Any, file: Unread, _text: Extracted) -> None:
        self.kept.append(file.key)
        if len(self.kept) == len(FILES):
            self.loop.call_soon_threadsafe(self.all_kept.set)

    async def read_all(self) -> None:
        indexer: Any = Indexer(None, None)  # type: ignore[arg-type]
        indexer._files.set()
        reading, kept = asyncio.create_task(indexer._read()), asyncio.create_task(self.all_kept.wait())
        await asyncio.wait({reading, kept}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert kept.done()


@pytest.mark.django_db(transaction=True)
async def test_a_file_that_takes_long_does_not_keep_the_next_one_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(len(FILES))

    class Slow(Files):
        def read(self, store: Any, file: Unread) -> Extracted:
            together.wait(20)
            return super().read(store, file)

    await Slow(monkeypatch).read_all()


@pytest.mark.django_db(transaction=True)
async def test_files_are_read_once_the_store_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workspace.find.indexer._BACK_OFF_SECONDS", 0.01)
    away = [StoreUnavailable("away")] * 3

    class Away(Files):
        def read(self, store: Any, file: Unread) -> Extracted:
            if away:
                raise away.pop()
            return super().read(store, file)

    await Away(monkeypatch).read_all()
