"""The contract's client against the workspace itself: what one sends, the other takes, and what it refuses is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from contract.client import WorkspaceClient
from contract.errors import Conflict, Forbidden, NotAllowed, NotFound, NotLinked, Refused, TokenRefused
from contract.grants import Act, Scenario, ScenarioToken
from contract.ids import ItemId, MatrixId, RoomId
from contract.resources import Kind
from tests.workspace.drive.memory import MemoryStore
from tests.workspace.find.conftest import catch_up, index  # noqa: F401  # fixtures
from tests.workspace.grants import world as worlds
from tests.workspace.grants.world import World
from workspace.drive import sealing
from workspace.drive import service as drive
from workspace.drive.models import File
from workspace.grants import delegations
from workspace.grants.models import Delegation
from workspace.rooms import service as rooms
from workspace.sharing import doors
from workspace.sharing.roles import Role

CAMILLE, INES, STRANGER = map(MatrixId, (worlds.CAMILLE, worlds.INES, worlds.STRANGER))
ROOM = RoomId(worlds.ROOM)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 24


def served(request: httpx.Request) -> httpx.Response:
    """The answer of the workspace, in this thread and this transaction."""
    headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
    answer = Client().generic(
        request.method,
        request.url.raw_path.decode(),
        request.content,
        content_type=request.headers.get("Content-Type", "application/json"),
        headers=headers,
    )
    return httpx.Response(answer.status_code, content=answer.content, headers=dict(answer.items()))


class Bridge:
    """The bridge's client, a call at a time and without an event loop: nothing that is awaited here waits.

    Django keeps the connection of a test from whatever runs in a loop.
    """

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            transport = httpx.MockTransport(served)
            async with WorkspaceClient("http://127.0.0.1:8400", "of-bridge", transport=transport) as client:
                return await getattr(client, name)(*args, **kwargs)

        def answer(*args: Any, **kwargs: Any) -> Any:
            with pytest.raises(StopIteration) as ended:
                call(*args, **kwargs).send(None)
            return ended.value.value

        return answer


@pytest.fixture
def bridge(world: World) -> Bridge:
    return Bridge()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    made = MemoryStore()
    monkeypatch.setattr(drive, "store", lambda: made)
    return made


def test_a_search_trades_by_itself(
    bridge: Bridge,
    world: World,
    catch_up: Callable[[], None],  # noqa: F811
) -> None:
    catch_up()
    found = bridge.search("Note", CAMILLE, audience=[CAMILLE, INES], room=ROOM)
    assert ([hit.title for hit in found.hits], [hit.title for hit in found.asker_hits]) == ([], ["Note"])
    assert world.book() == [("bridge", "trade", ""), ("bridge", "use", "")]


def test_what_is_in_an_item_is_read(bridge: Bridge, world: World) -> None:
    said = bridge.read_item(CAMILLE, ItemId(world.note.pk), room=ROOM)
    assert (said.kind, said.title, said.markdown) == (Kind.DOCUMENT, "Note", "# Secret\n")
    assert said.url == f"http://127.0.0.1:8400{world.note.url}"


def test_a_room_is_given_access(bridge: Bridge, world: World) -> None:
    rooms.put("bridge", ROOM, [CAMILLE, INES])
    bridge.share_with_room(CAMILLE, ItemId(world.note.pk), ROOM, "commenter")
    assert doors.role_on(world.ines, world.note.pk) is Role.COMMENTER
    rooms.put("bridge", ROOM, [INES])
    with pytest.raises(Conflict):
        bridge.share_with_room(CAMILLE, ItemId(world.note.pk), ROOM, "reader")


def test_a_file_is_saved(bridge: Bridge, world: World, store: MemoryStore) -> None:
    scenario = Scenario(Act.SAVE, CAMILLE, ItemId(world.folder.pk), ROOM, 100, ("image/*", "text/plain"), minutes=5)
    token = bridge.trade(scenario)
    assert 290 < (token.expires_at - timezone.now()).total_seconds() <= 300
    started = bridge.start_save(token, "photo.png", len(PNG), "image/png")
    assert started.upload_url == "http://store.test/"
    with pytest.raises(Refused) as refused:
        bridge.finish_save(token, started)
    assert refused.value.code == "not_uploaded"
    store.put(started.fields["key"], PNG, media_type="image/png")
    saved = bridge.finish_save(token, started)
    assert (saved.item, saved.title, saved.size) == (started.file, "photo.png", len(PNG))
    with pytest.raises(TokenRefused) as spent:
        bridge.start_save(token, "photo.png", len(PNG), "image/png")
    assert spent.value.code == "spent_token"


def test_a_refusal_is_of_the_type_that_says_what_to_do(bridge: Bridge, world: World) -> None:
    note, folder = ItemId(world.note.pk), ItemId(world.folder.pk)
    with pytest.raises(NotLinked):
        bridge.read_item(STRANGER, note)
    with pytest.raises(NotAllowed):
        bridge.read_item(INES, folder)
    world.allow(world.ines, *Act)
    with pytest.raises(NotFound):
        bridge.read_item(INES, note)
    with pytest.raises(Forbidden):
        bridge.trade(Scenario(Act.SAVE, INES, folder))
    token = bridge.trade(Scenario(Act.SAVE, CAMILLE, folder, max_bytes=3))
    with pytest.raises(TokenRefused):
        bridge.start_save(token, "x.txt", 4)
    delegations.revoke(Delegation.objects.get(user=world.camille, act=Act.SAVE))
    with pytest.raises(NotAllowed):
        bridge.start_save(token, "x.txt", 3)


def test_words_are_in_the_language_that_was_asked_for(bridge: Bridge) -> None:
    for language, said in (("fr", "n’est relié à aucun compte"), ("en", "is not linked")):
        with pytest.raises(NotLinked) as refused:
            bridge.trade(Scenario(Act.READ, STRANGER), said_in=language)
        assert said in refused.value.message


def test_a_token_is_in_no_log(world: World) -> None:
    token: Any = ScenarioToken("secret", Act.READ, timezone.now())
    assert "secret" not in repr(token)


def test_a_sealed_file_is_saved_without_its_name_or_type(bridge: Bridge, world: World, store: MemoryStore) -> None:
    sealing.set_sealed(world.camille, world.folder.pk, sealed=True)
    folder, ciphertext = ItemId(world.folder.pk), b"ciphertext of a file"
    token = bridge.trade(Scenario(Act.SAVE, CAMILLE, folder, ROOM, 100, ("image/*",)))
    with pytest.raises(Refused) as refused:
        bridge.start_save(token, "very-secret-name.png", len(ciphertext), "image/png", sender=INES)
    assert refused.value.code == "folder_sealed"
    token = bridge.trade(Scenario(Act.SAVE, CAMILLE, folder, ROOM, 100))
    started = bridge.start_save(token, "sealed", len(ciphertext), sender=INES, sealed=True, said_in="fr")
    store.put(started.fields["key"], ciphertext, media_type=started.fields["Content-Type"])
    saved = bridge.finish_save(token, started)
    assert (saved.title, saved.media_type) == (f"Pièce scellée {saved.item.hex[:8]}", "application/octet-stream")
    file = File.objects.select_related("current").get()
    assert file.sealed
    assert file.current is not None
    assert file.current.sender == INES
    assert store.beginning(file.current.key, 100) == ciphertext
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # our own tables
            assert "very-secret-name" not in repr(cursor.fetchall()), table


def test_only_files_are_looked_for(
    bridge: Bridge,
    world: World,
    index: object,  # noqa: F811
    catch_up: Callable[[], None],  # noqa: F811
) -> None:
    catch_up()
    word = world.note.title.split()[0]
    assert bridge.search(word, CAMILLE).total == 1
    assert bridge.search(word, CAMILLE, kind=Kind.FILE).total == 0
