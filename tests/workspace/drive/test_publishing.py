"""Publishing an upload, whatever happens meanwhile: what was published is what was looked at, and stays it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from contract.resources import Kind
from tests.workspace.drive.memory import MemoryStore
from tests.workspace.people import person
from workspace.accounts.models import User
from workspace.drive import service, tidy
from workspace.drive.models import Discarded, File, FileVersion, Upload
from workspace.events.models import OutboxEvent
from workspace.sharing import tree
from workspace.sharing.errors import NotPossible
from workspace.sharing.models import Item

pytestmark = pytest.mark.django_db

PDF, OTHER_PDF, PAGE = b"%PDF-1.7 un  ", b"%PDF-1.7 deux", b"<html>page   "


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    made = MemoryStore()
    monkeypatch.setattr(service, "store", lambda: made)
    return made


@pytest.fixture
def camille() -> User:
    return person("camille.martin")


def declared(actor: User, **fields: UUID) -> service.Declared:
    return service.declare(actor, filename="note.pdf", size=len(PDF), media_type="application/pdf", **fields)


def sent(store: MemoryStore, upload: service.Declared, body: bytes = PDF) -> str:
    key = f"incoming/{upload.upload_id}"
    store.put(key, body, media_type="application/pdf")
    return key


def contents(store: MemoryStore, file: File) -> bytes:
    assert file.current is not None
    assert store.head(file.current.key).etag == file.current.etag
    return store.beginning(file.current.key, 100)


@pytest.mark.parametrize("again", [OTHER_PDF, PAGE], ids=["another file", "a file of another type"])
def test_the_form_used_again_while_a_second_attempt_runs_changes_nothing(
    store: MemoryStore, camille: User, again: bytes
) -> None:
    upload = declared(camille)
    sent(store, upload)
    real = service._checked

    def slow(row: Upload) -> object:
        """The first attempt ends, and the form is posted once more, while the second has read the row."""
        service._checked = real
        service.publish(camille, upload.file_id, upload.upload_id)
        sent(store, upload, again)
        return real(row)

    service._checked = slow  # type: ignore[assignment]
    try:
        file = service.publish(camille, upload.file_id, upload.upload_id)
    except service.UploadMistyped:
        file = service.read(camille, upload.file_id)
    assert contents(store, file) == PDF
    assert FileVersion.objects.count() == 1
    assert len(store.objects) == 1, "only what was published is left"


def test_two_attempts_at_once_are_both_told_what_was_published(store: MemoryStore, camille: User) -> None:
    upload = declared(camille)
    sent(store, upload)
    store.before_copy = lambda: service.publish(camille, upload.file_id, upload.upload_id)
    file = service.publish(camille, upload.file_id, upload.upload_id)
    assert contents(store, file) == PDF
    assert OutboxEvent.objects.count() == 1
    assert len(store.objects) == 1


def test_what_cannot_be_deleted_fails_nobodys_upload_and_goes_later(store: MemoryStore, camille: User) -> None:
    upload = declared(camille)
    key = sent(store, upload)
    Discarded.objects.create(key="files/of-somebody-else")
    store.stuck = None
    file = service.publish(camille, upload.file_id)
    assert contents(store, file) == PDF
    store.stuck = {"files/of-somebody-else"}
    store.objects["files/of-somebody-else"] = store.objects[key]
    Discarded.objects.create(key="files/z")
    tidy.tidy(store)
    assert [one.key for one in Discarded.objects.all()] == ["files/of-somebody-else"]


def test_what_was_sent_once_more_after_publishing_goes_within_a_day(store: MemoryStore, camille: User) -> None:
    upload = declared(camille)
    key = sent(store, upload)
    service.publish(camille, upload.file_id)
    sent(store, upload, OTHER_PDF)
    tidy.tidy(store)
    assert key in store.objects
    store.objects[key] = (*store.objects[key][:2], timezone.now() - timedelta(days=2))
    tidy.tidy(store)
    assert key not in store.objects


def test_a_copy_that_nobody_published_goes_within_hours(
    store: MemoryStore, camille: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = declared(camille)
    sent(store, upload)

    def crash(*_args: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(service, "_published", crash)
        with pytest.raises(RuntimeError):
            service.publish(camille, upload.file_id)
    copies = {key for key in store.objects if key.startswith("files/")}
    assert len(copies) == 1
    tidy.tidy(store)
    assert copies <= set(store.objects), "it might still be published"
    Discarded.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    tidy.tidy(store)
    assert not copies & set(store.objects)
    assert contents(store, service.publish(camille, upload.file_id)) == PDF


def test_a_table_is_a_table_even_where_the_browser_knows_it_from_excel(store: MemoryStore, camille: User) -> None:
    table = b"site;MWh\n12;412\n"
    upload = service.declare(camille, filename="Relevé.csv", size=len(table), media_type="application/vnd.ms-excel")
    store.put(f"incoming/{upload.upload_id}", table, media_type="application/vnd.ms-excel")
    file = service.publish(camille, upload.file_id)
    assert file.media_type == file.current.media_type == "text/csv"  # type: ignore[union-attr]


def test_an_upload_into_what_takes_nothing_is_refused_before_it_begins(camille: User) -> None:
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, camille)
    deep = folder
    for _ in range(tree.MAX_DEPTH - 1):
        deep = tree.create_item(Kind.FOLDER, "Dossier", deep, camille)
    with pytest.raises(NotPossible) as refused:
        declared(camille, parent_id=deep.pk)
    assert refused.value.code == "too_deep"
    tree.trash_item(camille, folder)
    with pytest.raises(NotPossible) as refused:
        declared(camille, parent_id=folder.pk)
    assert refused.value.code == "in_trash"
    assert not Upload.objects.exists()


def test_a_file_in_the_trash_gets_no_new_version(store: MemoryStore, camille: User) -> None:
    upload = declared(camille)
    sent(store, upload)
    file = service.publish(camille, upload.file_id)
    under_way = service.declare_version(camille, file.pk, size=len(OTHER_PDF), media_type="application/pdf")
    sent(store, under_way, OTHER_PDF)
    tree.trash_item(camille, Item.objects.get(pk=file.pk))
    with pytest.raises(NotPossible):
        service.publish(camille, file.pk, under_way.upload_id)
    with pytest.raises(NotPossible):
        service.declare_version(camille, file.pk, size=1, media_type="application/pdf")
    assert FileVersion.objects.count() == 1
    tree.restore_item(camille, Item.objects.get(pk=file.pk))
    assert contents(store, service.publish(camille, file.pk, under_way.upload_id)) == OTHER_PDF
