"""A sealed folder keeps what rooms sealed as it came: nothing of its name, its type or its content is known here."""

from __future__ import annotations

import pytest
from django.utils import translation

from contract.resources import Kind
from tests.workspace.drive.memory import MemoryStore
from tests.workspace.people import person, signed_in
from workspace.accounts.models import User
from workspace.docs import service as docs
from workspace.drive import sealing, service
from workspace.drive.errors import FolderNotEmpty, FolderNotSealed, FolderSealed
from workspace.drive.models import File, FileVersion, SealedFolder, Upload
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


@pytest.fixture
def plain(camille: User) -> Item:
    return service.create_folder(camille, title="Ouvert")


def uploaded(store: MemoryStore, actor: User, folder: Item) -> Item:
    """A file that is not sealed."""
    declared = service.declare(actor, filename="a.txt", size=5, media_type="text/plain", parent_id=folder.pk)
    store.put(f"incoming/{declared.upload_id}", b"plain", media_type="text/plain")
    return service.publish(actor, declared.file_id, declared.upload_id).item


def test_no_document_is_made_in_a_sealed_folder(camille: User, sealed: Item) -> None:
    below = service.create_folder(camille, title="Dessous", parent_id=sealed.pk)
    for folder in (sealed, below):
        with pytest.raises(FolderSealed):
            docs.create(camille, title="Note", parent_id=folder.pk)
    assert not Item.objects.filter(kind=Kind.DOCUMENT).exists()


def test_nothing_that_can_be_read_is_moved_into_a_sealed_folder(
    store: MemoryStore, camille: User, sealed: Item, plain: Item
) -> None:
    note, file = docs.create(camille, title="Note").item, uploaded(store, camille, plain)
    for item in (note, file, plain):
        with pytest.raises(FolderSealed):
            tree.move_item(camille, item, sealed)
        item.refresh_from_db()
        assert not sealing.is_sealed(item.parent)
    tree.trash_item(camille, file)
    with pytest.raises(FolderSealed):
        tree.move_item(camille, plain, sealed)  # it would come back from the trash, in there
    empty = service.create_folder(camille, title="Vide")
    tree.move_item(camille, empty, sealed)
    assert sealing.is_sealed(empty)


def test_what_is_sealed_is_moved_from_one_sealed_folder_to_another(
    store: MemoryStore, camille: User, sealed: Item
) -> None:
    other = service.create_folder(camille, title="Autres", sealed=True)
    file = saved(store, camille, sealed)
    tree.move_item(camille, file.item, other)
    tree.move_item(camille, other, sealed)
    assert sealing.is_sealed(file.item)


def test_nothing_that_can_be_read_is_restored_into_a_sealed_folder(
    store: MemoryStore, camille: User, plain: Item
) -> None:
    """It could only be there from before that was refused."""
    file = uploaded(store, camille, plain)
    tree.trash_item(camille, file)
    SealedFolder.objects.create(item=plain)
    with pytest.raises(FolderSealed):
        tree.restore_item(camille, file)
    file.refresh_from_db()
    assert file.trashed_at is not None


def test_a_sealed_file_is_restored_where_it_was(store: MemoryStore, camille: User, sealed: Item) -> None:
    file = saved(store, camille, sealed).item
    tree.trash_item(camille, file)
    tree.restore_item(camille, file)
    assert (file.parent_id, file.trashed_at) == (sealed.pk, None)


def test_a_folder_that_leaves_a_sealed_one_stays_sealed(store: MemoryStore, camille: User, sealed: Item) -> None:
    below = service.create_folder(camille, title="Dessous", parent_id=sealed.pk)
    deeper = service.create_folder(camille, title="Encore", parent_id=below.pk)
    saved(store, camille, deeper)
    tree.move_item(camille, below, None)
    assert sealing.is_sealed(deeper)
    with pytest.raises(FolderSealed):
        service.declare(camille, filename="a.pdf", size=1, media_type="", parent_id=deeper.pk)
    tree.trash_item(camille, sealed)
    inner = service.create_folder(camille, title="Intérieur", parent_id=below.pk)
    tree.trash_item(camille, inner)
    tree.restore_item(camille, inner)
    assert sealing.is_sealed(inner)


@pytest.mark.parametrize(("language", "words"), [("fr", "Ce dossier est scellé"), ("en", "This folder is sealed")])
def test_the_api_refuses_it_in_words(camille: User, sealed: Item, plain: Item, language: str, words: str) -> None:
    api = signed_in(camille)
    api.credentials(HTTP_ACCEPT_LANGUAGE=language)
    note = docs.create(camille, title="Note", parent_id=plain.pk).item
    asked: list[tuple[str, dict[str, object]]] = [
        ("documents/", {"title": "Autre", "parent": str(sealed.pk)}),
        (f"items/{note.pk}/move/", {"parent": str(sealed.pk)}),
        (f"items/{plain.pk}/move/", {"parent": str(sealed.pk)}),
    ]
    for path, body in asked:
        answer = api.post(f"/api/v1.0/{path}", body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "folder_sealed"), path
        assert words in answer.json()["message"]


@pytest.mark.parametrize(("language", "words"), [("fr", "Ce dossier est scellé"), ("en", "This folder is sealed")])
def test_so_do_the_pages(camille: User, sealed: Item, plain: Item, language: str, words: str) -> None:
    browser = signed_in(camille)
    browser.credentials(HTTP_ACCEPT_LANGUAGE=language)
    note = docs.create(camille, title="Note", parent_id=plain.pk).item
    moved = browser.post(f"{note.url}move/", {"parent": str(sealed.pk)}, format="multipart", follow=True)
    made = browser.post(
        "/docs/new/",
        {"title": "Autre", "content": "", "version": "0", "parent": str(sealed.pk)},
        format="multipart",
        follow=True,
    )
    for answer in (moved, made):
        assert words in answer.content.decode()
    assert list(Item.objects.filter(kind=Kind.DOCUMENT).values_list("parent", flat=True)) == [plain.pk]


def test_its_page_seals_an_empty_folder_after_saying_what_it_means(
    store: MemoryStore, camille: User, plain: Item
) -> None:
    browser, address = signed_in(camille), f"/drive/{plain.pk}/seal/"
    browser.credentials(HTTP_ACCEPT_LANGUAGE="en")
    assert address in browser.get(plain.url).content.decode()
    page = browser.get(address).content.decode()
    assert "!drive open" in page
    assert "Seal this folder" in page
    assert browser.post(address, {"sealed": "yes"}, format="multipart").status_code == 302
    assert sealing.is_sealed(plain)
    assert "Unseal this folder" in browser.get(address).content.decode()
    shown = browser.get(plain.url).content.decode()
    assert address in shown
    assert "data-drop " not in shown
    browser.post(address, {"sealed": "no"}, format="multipart")
    assert not sealing.is_sealed(plain)

    uploaded(store, camille, plain)
    assert address not in browser.get(plain.url).content.decode()
    assert "only an empty folder" in browser.get(address).content.decode()
    refused = browser.post(address, {"sealed": "yes"}, format="multipart", follow=True)
    assert "Only an empty folder can be sealed" in refused.content.decode()
    assert not sealing.is_sealed(plain)


def test_nobody_but_its_owner_is_shown_how_to_seal_a_folder(camille: User, plain: Item) -> None:
    ines = person("ines.benali")
    tree.grant(camille, plain, Role.EDITOR, user=ines)
    browser, address = signed_in(ines), f"/drive/{plain.pk}/seal/"
    assert address not in browser.get(plain.url).content.decode()
    assert browser.get(address).status_code == 403
    assert browser.post(address, {"sealed": "yes"}, format="multipart").status_code == 403
    assert not sealing.is_sealed(plain)
