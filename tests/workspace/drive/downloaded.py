"""A file that is downloaded, and who may read it: for the tests of downloads."""

from __future__ import annotations

from contract.ids import RoomId
from tests.workspace.drive.downloading import Downloader, downloading
from tests.workspace.drive.memory import MemoryStore
from tests.workspace.grants import world as worlds
from workspace.asgi import Handler
from workspace.drive import service
from workspace.drive.models import File, FileVersion
from workspace.sharing import tree
from workspace.sharing.roles import Role

#: More than what is ever read ahead.
LARGE = bytes(range(256)) * (40 << 10)
SMALL = bytes(range(200))
ROOM = RoomId(worlds.ROOM)


class World:
    """Camille owns a file of `contents`; Inès, who has linked herself, reads it by an access."""

    def __init__(self, store: MemoryStore) -> None:
        made = worlds.set_up()
        self.camille, self.ines, self.grants = made.camille, made.ines, made
        self.store = store
        self.file = self.upload(SMALL)
        self.path = f"/api/v1.0/files/{self.file.pk}/download/"
        self.content = f"/api/v1.0/files/{self.file.pk}/content/"
        self.access = tree.grant(self.camille, self.file.item, Role.READER, user=self.ines)

    def upload(self, contents: bytes, filename: str = "note.bin", media_type: str = "application/octet-stream") -> File:
        declared = service.declare(self.camille, filename=filename, size=len(contents), media_type=media_type)
        return self.publish(declared, contents, media_type)

    def publish(self, declared: service.Declared, contents: bytes, media_type: str) -> File:
        self.store.put(f"incoming/{declared.upload_id}", contents, media_type=media_type)
        return service.publish(self.camille, declared.file_id, declared.upload_id)

    def change(self, contents: bytes) -> None:
        declared = service.declare_version(
            self.camille, self.file.pk, size=len(contents), media_type="application/octet-stream"
        )
        self.publish(declared, contents, "application/octet-stream")

    @property
    def key(self) -> str:
        return FileVersion.objects.filter(file=self.file).latest("number").key


async def read(handler: Handler, path: str, query: str = "", **headers: str) -> Downloader:
    """All of it."""
    async with downloading(handler, path, query, **headers) as one:
        await one.finished()
        return one
