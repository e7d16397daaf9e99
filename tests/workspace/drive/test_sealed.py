"""A sealed folder keeps what rooms sealed as it came: nothing of its name, its type or its content is known here."""

from __future__ import annotations

import pytest
from django.utils import translation

from contract.resources import Kind
from tests.workspace.drive.memory import MemoryStore
from tests.workspace.people import person, signed_in
from workspace.accounts.models import User
from workspace.drive import sealing, service
from workspace.drive.errors import FolderNotEmpty, FolderNotSealed, FolderSealed
from workspace.drive.models import File, FileVersion, Upload
from workspace.sharing import tree
from workspace.sharing.errors import NotAllowed, NotThere
from workspace.sharing.models import Item
from workspace.sharing.roles import Role

pytestmark = pytest.mark.django_db

CIPHERTEXT = b"\x7fELF\x89PNG%PDF-1.7 whatever it begins with"
SENDER = "@ines.benali:culture.gouv.test"


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    made = MemoryStore()
    monkeypatch.setattr(service, "store", lambda: made)
    return made


@pytest.fixture
def camille() -> User:
    return person("camille.martin")


@pytest.fixture
def sealed(camille: User) -> Item:
    return service.create_folder(camille, title="Scellés", sealed=True)


def saved(store: MemoryStore, actor: User, folder: Item, body: bytes = CIPHERTEXT) -> File:
    declared = service.declare(
        actor,
        filename="secret-budget.pdf",
        size=len(body),
        media_type="application/pdf",
        parent_id=folder.pk,
        sealed=True,
        sender=SENDER,
    )
    store.put(f"incoming/{declared.upload_id}", body, media_type=declared.form.fields["Content-Type"])
    return service.publish(actor, declared.file_id, declared.upload_id)


@pytest.mark.parametrize("body", [CIPHERTEXT, b"<html>", b"#!/bin/sh", b"MZ\x00\x00" + b"\x00" * 64])
def test_ciphertext_is_kept_byte_for_byte_under_a_neutral_name(
    store: MemoryStore, camille: User, sealed: Item, body: bytes
) -> None:
    with translation.override("fr"):
        file = saved(store, camille, sealed, body)
    assert file.item.title == f"Pièce scellée {file.pk.hex[:8]}"
    assert (file.media_type, file.sealed, file.size) == ("application/octet-stream", True, len(body))
    assert file.current is not None
    assert store.beginning(file.current.key, 1000) == body
    assert file.current.sender == SENDER
    for row in (*Item.objects.values_list(), *FileVersion.objects.values_list(), *Upload.objects.values_list()):
        assert "secret-budget" not in repr(row)


def test_two_that_come_at_once_have_names_of_their_own(store: MemoryStore, camille: User, sealed: Item) -> None:
    assert saved(store, camille, sealed).item.title != saved(store, camille, sealed).item.title


def test_what_is_not_sealed_does_not_go_in_nor_the_other_way_round(camille: User, sealed: Item) -> None:
    with pytest.raises(FolderSealed):
        service.declare(camille, filename="a.pdf", size=1, media_type="", parent_id=sealed.pk)
    plain = service.create_folder(camille, title="Ouvert")
    for parent in (plain.pk, None):
        with pytest.raises(FolderNotSealed):
            service.declare(camille, filename="a.pdf", size=1, media_type="", parent_id=parent, sealed=True)


def test_what_is_below_a_sealed_folder_is_sealed_too(camille: User, sealed: Item) -> None:
    below = service.create_folder(camille, title="Dessous", parent_id=sealed.pk)
    assert sealing.is_sealed(below)
    with pytest.raises(FolderSealed):
        service.declare(camille, filename="a.pdf", size=1, media_type="", parent_id=below.pk)


def test_a_sealed_file_has_no_second_version(store: MemoryStore, camille: User, sealed: Item) -> None:
    file = saved(store, camille, sealed)
    with pytest.raises(FolderSealed):
        service.declare_version(camille, file.pk, size=1, media_type="")


def test_a_folder_that_is_sealed_while_something_is_on_its_way_does_not_take_it(
    store: MemoryStore, camille: User
) -> None:
    folder = service.create_folder(camille, title="Ouvert")
    declared = service.declare(camille, filename="a.txt", size=5, media_type="text/plain", parent_id=folder.pk)
    store.put(f"incoming/{declared.upload_id}", b"plain", media_type="text/plain")
    sealing.set_sealed(camille, folder.pk, sealed=True)
    with pytest.raises(FolderSealed):
        service.publish(camille, declared.file_id, declared.upload_id)
    assert not File.objects.exists()


def test_only_its_owner_seals_a_folder_and_only_while_it_is_empty(
    store: MemoryStore, camille: User, sealed: Item
) -> None:
    ines = person("ines.benali")
    with pytest.raises(NotThere):
        sealing.set_sealed(ines, sealed.pk, sealed=False)
    tree.grant(camille, sealed, Role.EDITOR, user=ines)
    with pytest.raises(NotAllowed):
        sealing.set_sealed(ines, sealed.pk, sealed=False)
    file = saved(store, camille, sealed)
    tree.trash_item(camille, file.item)
    with pytest.raises(FolderNotEmpty):
        sealing.set_sealed(camille, sealed.pk, sealed=False)
    other = service.create_folder(camille, title="Vide", sealed=True)
    sealing.set_sealed(camille, other.pk, sealed=False)
    assert not sealing.is_sealed(other)


def test_by_the_api_a_folder_is_sealed_and_a_file_says_that_it_is(store: MemoryStore, camille: User) -> None:
    api = signed_in(camille)
    made = api.post("/api/v1.0/folders/", {"title": "Scellés", "sealed": True}, format="json").json()
    assert made["sealed"] is True
    address = f"/api/v1.0/folders/{made['id']}/sealed/"
    assert api.put(address, {"sealed": False}, format="json").json()["sealed"] is False
    assert api.put(address, {"sealed": True}, format="json").status_code == 200
    refused = api.post("/api/v1.0/files/", {"filename": "a.txt", "size": 1, "parent": made["id"]}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "folder_sealed")
    file = saved(store, camille, Item.objects.get(pk=made["id"]))
    said = api.get(f"/api/v1.0/files/{file.pk}/").json()
    assert (said["sealed"], said["sender"]) == (True, SENDER)
    assert api.put(address, {"sealed": False}, format="json").json()["code"] == "folder_not_empty"


def test_its_pages_say_so_and_how_to_have_it_back(store: MemoryStore, camille: User, sealed: Item) -> None:
    browser = signed_in(camille)
    file = saved(store, camille, sealed)
    page = browser.get(f"/drive/{file.pk}/").content.decode()
    assert "!drive open" in page
    assert SENDER in page
    folder = browser.get(f"/drive/{sealed.pk}/").content.decode()
    assert "/docs/new/" not in folder
    assert "/docs/new/" in browser.get("/drive/").content.decode()
    made = browser.post("/drive/folders/", {"title": "Par la page", "sealed": "yes"}, format="multipart")
    assert made.status_code == 302
    assert sealing.is_sealed(Item.objects.get(title="Par la page", kind=Kind.FOLDER))
