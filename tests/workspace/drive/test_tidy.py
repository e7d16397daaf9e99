"""What leaves the store, and what stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contract.resources import Kind
from tests.workspace.people import person
from workspace.accounts.models import User
from workspace.drive import service
from workspace.drive.models import Discarded, File, FileVersion, Upload
from workspace.drive.store import NoObject, Store, StoreUnavailable
from workspace.drive.tidy import Tidied, tidy
from workspace.sharing import tree
from workspace.sharing.models import Item

pytestmark = [pytest.mark.django_db, pytest.mark.system]


@pytest.fixture(autouse=True)
def _store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "store", lambda: store)


@pytest.fixture
def camille() -> User:
    return person("camille.martin")


def uploaded(store: Store, actor: User, parent: Item | None = None) -> File:
    declared = service.declare(
        actor, filename="note.txt", size=2, media_type="text/plain", parent_id=parent.pk if parent else None
    )
    store.put(f"incoming/{declared.upload_id}", b"ok", media_type="text/plain")
    return service.publish(actor, declared.file_id)


def long_ago(item: Item, days: int) -> None:
    Item.objects.filter(pk=item.pk).update(trashed_at=timezone.now() - timedelta(days=days))


def test_the_old_trash_goes_with_all_under_it_and_its_objects(store: Store, camille: User) -> None:
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, camille)
    file, kept = uploaded(store, camille, folder), uploaded(store, camille)
    key = file.current.key  # type: ignore[union-attr]
    long_ago(folder, 31)
    assert tidy(store) == Tidied(items=2, uploads=0, objects=1)
    with pytest.raises(NoObject):
        store.head(key)
    assert [one.pk for one in Item.objects.all()] == [kept.pk]
    assert FileVersion.objects.count() == 1
    assert tidy(store) == Tidied(0, 0, 0)


def test_the_recent_trash_stays(store: Store, camille: User) -> None:
    file = uploaded(store, camille)
    long_ago(file.item, 29)
    assert tidy(store) == Tidied(0, 0, 0)
    assert File.objects.exists()


def test_an_upload_that_never_ended_goes_with_whatever_arrived(
    store: Store, camille: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = service.declare(camille, filename="a.txt", size=2, media_type="text/plain")
    upload = Upload.objects.get()
    assert declared.upload_id == upload.pk
    store.put(upload.incoming_key, b"ok", media_type="text/plain")
    assert tidy(store) == Tidied(0, 0, 0)
    monkeypatch.setattr("workspace.drive.tidy.UPLOAD_KEPT", timedelta(hours=-1))
    assert tidy(store) == Tidied(items=0, uploads=1, objects=1)
    with pytest.raises(NoObject):
        store.head(upload.incoming_key)


def test_what_was_on_its_way_into_a_purged_folder_goes_too(
    store: Store, camille: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, camille)
    service.declare(camille, filename="a.txt", size=2, media_type="text/plain", parent_id=folder.pk)
    key = Upload.objects.get().incoming_key
    store.put(key, b"ok", media_type="text/plain")
    long_ago(folder, 31)
    monkeypatch.setattr("workspace.drive.tidy.UPLOAD_KEPT", timedelta(hours=-1))
    assert tidy(store) == Tidied(items=1, uploads=0, objects=1)
    with pytest.raises(NoObject):
        store.head(key)


def test_objects_that_could_not_be_deleted_are_deleted_the_next_time(
    store: Store, camille: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = uploaded(store, camille)
    long_ago(file.item, 31)

    def down(_keys: object) -> None:
        raise StoreUnavailable("down")

    with monkeypatch.context() as patch:
        patch.setattr(store, "delete", down)
        with pytest.raises(StoreUnavailable):
            tidy(store)
    assert not Item.objects.exists()
    assert Discarded.objects.count() == 1
    assert tidy(store).objects == 1
