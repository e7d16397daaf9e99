"""Several at once, each in a thread with a connection of its own. Run by `test_postgresql`: SQLite has one writer."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import close_old_connections, connection, connections

from contract.events import Event
from contract.ids import EventId, RoomId
from contract.resources import Kind
from tests.workspace.drive.memory import MemoryStore
from tests.workspace.grants.rush import THREADS, rush, token_of
from tests.workspace.grants.rush import TIMES as EACH
from tests.workspace.people import person
from workspace.accounts.models import User
from workspace.comments import from_rooms
from workspace.comments import service as comments
from workspace.comments.authors import Origin
from workspace.comments.models import Comment, Reaction
from workspace.docs import service as docs
from workspace.drive import service as drive
from workspace.drive.models import FileVersion
from workspace.events.models import OutboxEvent
from workspace.sharing import tree
from workspace.sharing.errors import NotPossible
from workspace.sharing.models import Access, Item
from workspace.sharing.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 40
_SECONDS = 60.0


@pytest.fixture
def camille() -> User:
    return person("camille.martin")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    made = MemoryStore()
    monkeypatch.setattr(drive, "store", lambda: made)
    return made


def at_once(*acts: Callable[[int], object], times: int = TIMES) -> list[Exception]:
    """Do each of `acts` so many times, all of them at once. Answers what they raised."""
    raised: list[Exception] = []
    together = threading.Barrier(len(acts))

    def run(act: Callable[[int], object]) -> None:
        try:
            together.wait(_SECONDS)
            for number in range(times):
                try:
                    act(number)
                except Exception as error:  # noqa: BLE001  # whatever it is, the test shows it
                    raised.append(error)
        finally:
            close_old_connections()
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_SECONDS)
    assert not any(thread.is_alive() for thread in threads)
    return raised


def fresh(item: Item) -> Item:
    return Item.objects.get(pk=item.pk)


def test_it_is_postgresql() -> None:
    assert connection.vendor == "postgresql"


def test_who_saves_and_who_renames_and_who_shares_never_wait_for_each_other_in_a_circle(camille: User) -> None:
    document = docs.create(camille, title="Note")
    louis = person("louis.petit")
    raised = at_once(
        lambda number: docs.update(camille, document.pk, based_on=None, content=str(number)),
        lambda number: tree.rename_item(camille, fresh(document.item), f"Note {number}"),
        lambda number: tree.grant(camille, fresh(document.item), (Role.READER, Role.EDITOR)[number % 2], user=louis),
    )
    assert raised == []
    current = docs.read(camille, document.pk)
    numbers = [one.number for one in docs.versions(camille, document.pk)]
    assert numbers == list(range(current.version, 0, -1)), "no gap and no double"


def test_of_two_who_save_on_the_same_version_one_is_told_of_the_other(camille: User) -> None:
    document = docs.create(camille, title="Note")
    raised = at_once(
        lambda number: docs.update(camille, document.pk, based_on=1, content=f"un {number}"),
        lambda number: docs.update(camille, document.pk, based_on=1, content=f"deux {number}"),
        times=1,
    )
    assert [type(error) for error in raised] == [docs.VersionConflict]
    assert docs.read(camille, document.pk).version == 2


def test_new_versions_of_a_file_and_its_renaming_do_not_wait_in_a_circle(store: MemoryStore, camille: User) -> None:
    first = drive.declare(camille, filename="note.txt", size=2, media_type="text/plain")
    store.put(f"incoming/{first.upload_id}", b"ok", media_type="text/plain")
    file = drive.publish(camille, first.file_id)

    def publish(_number: int) -> None:
        declared = drive.declare_version(camille, file.pk, size=2, media_type="text/plain")
        store.put(f"incoming/{declared.upload_id}", b"ok", media_type="text/plain")
        drive.publish(camille, file.pk, declared.upload_id)

    item = Item.objects.get(pk=file.pk)
    raised = at_once(publish, publish, lambda number: tree.rename_item(camille, fresh(item), f"note {number}.txt"))
    assert raised == []
    numbers = sorted(FileVersion.objects.filter(file=file).values_list("number", flat=True))
    assert numbers == list(range(1, 2 * TIMES + 2))


def test_an_upload_that_is_published_twice_at_once_is_published_once(store: MemoryStore, camille: User) -> None:
    uploads = [drive.declare(camille, filename="note.txt", size=2, media_type="text/plain") for _ in range(10)]
    for one in uploads:
        store.put(f"incoming/{one.upload_id}", b"ok", media_type="text/plain")

    def publish(number: int) -> None:
        drive.publish(camille, uploads[number].file_id, uploads[number].upload_id)

    assert at_once(publish, publish, times=len(uploads)) == []
    assert FileVersion.objects.count() == len(uploads)


def test_of_two_owners_who_leave_at_once_one_stays(camille: User) -> None:
    ines = person("ines.benali")
    folders = [tree.create_item(Kind.FOLDER, f"Dossier {number}", None, camille) for number in range(10)]
    for folder in folders:
        tree.grant(camille, folder, Role.OWNER, user=ines)

    def leaves(user: User) -> Callable[[int], None]:
        return lambda number: tree.revoke(user, Access.objects.get(item=folders[number], user=user))

    raised = at_once(leaves(camille), leaves(ines), times=len(folders))
    assert {type(error) for error in raised} == {NotPossible}
    assert Access.objects.count() == len(folders)


def test_an_event_of_a_room_that_is_brought_by_several_at_once_is_taken_once(
    camille: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comments, "ACTS_A_MINUTE", 10_000)
    document = docs.create(camille, title="Note")
    thread = comments.start(camille, document.pk, "un").thread_id

    def origin(what: str, number: int) -> Origin:
        return Origin(RoomId("!room:hub.test"), EventId(f"${what}-{number}"))

    def bring(number: int) -> None:
        said = from_rooms.reply(camille, origin("said", number), thread, "oui")
        from_rooms.react(camille, origin("liked", number), said.pk, "👍")
        from_rooms.edit(camille, origin("edited", number), origin("said", number), "non")

    assert at_once(bring, bring, bring) == []
    said = Comment.objects.filter(thread=thread).order_by("number")
    assert [one.number for one in said] == list(range(1, TIMES + 2)), "no gap and no double"
    assert {(one.body, one.version) for one in said[1:]} == {("non", 2)}
    assert Reaction.objects.count() == TIMES
    told = [Event.from_json(bytes(row.body)) for row in OutboxEvent.objects.order_by("sequence")]
    origins = [extra["origin_event"] for event in told if (extra := event.extra or {}) and "origin_event" in extra]
    assert len(origins) == len(set(origins)) == 3 * TIMES


def test_the_order_of_events_is_the_order_in_which_things_happened(camille: User) -> None:
    document = docs.create(camille, title="Note")

    def save(number: int) -> None:
        docs.update(camille, document.pk, based_on=None, content=f"{threading.get_ident()} {number}")

    assert at_once(save, save, save) == []
    told = [Event.from_json(bytes(row.body)) for row in OutboxEvent.objects.order_by("sequence")]
    versions = [(event.extra or {}).get("version") for event in told if event.extra]
    assert versions == list(range(2, 3 * TIMES + 2))


def test_a_token_works_exactly_as_often_as_it_may() -> None:
    assert rush(token_of(7)) == {"admitted": 7, "spent_token": THREADS * EACH - 7}
