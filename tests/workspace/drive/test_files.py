"""Files through the API and a real S3: the handshake of an upload, versions, downloads, and whom they are kept from."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from contract.events import Event
from contract.resources import Kind
from tests.workspace.drive.downloading import sent_by
from tests.workspace.find import office
from tests.workspace.people import person, signed_in
from workspace.accounts.models import User
from workspace.drive import service
from workspace.drive.models import Discarded, File, FileVersion, Upload
from workspace.drive.store import NoObject, Store
from workspace.events.models import OutboxEvent
from workspace.sharing import tree
from workspace.sharing.facts import tell
from workspace.sharing.models import Item
from workspace.sharing.roles import LinkReach, Role

pytestmark = [pytest.mark.django_db, pytest.mark.system]

BASE = "/api/v1.0/files/"
PDF = office.pdf("Plan de sobriété")


@pytest.fixture(autouse=True)
def _store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "store", lambda: store)


@pytest.fixture
def camille() -> User:
    return person("camille.martin")


@pytest.fixture
def ines() -> User:
    return person("ines.benali")


@pytest.fixture
def api(camille: User) -> APIClient:
    return signed_in(camille)


def declared(api: APIClient, size: int = len(PDF), path: str = "", **fields: Any) -> dict[str, Any]:
    body = {"size": size, "media_type": "application/pdf"} | ({} if path else {"filename": "note.pdf"}) | fields
    answer = api.post(BASE + path, body)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def sent(declaration: dict[str, Any], raw: bytes = PDF) -> int:
    upload = declaration["upload"]
    return httpx.post(upload["url"], data=upload["fields"], files={"file": ("x", raw)}).status_code


def finished(api: APIClient, declaration: dict[str, Any], **body: Any) -> Any:
    return api.post(f"{BASE}{declaration['id']}/uploaded/", body)


def uploaded(api: APIClient, raw: bytes = PDF, **fields: Any) -> dict[str, Any]:
    declaration = declared(api, len(raw), **fields)
    assert sent(declaration, raw) == 201
    answer = finished(api, declaration)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def events() -> list[Event]:
    return [Event.from_json(bytes(row.body)) for row in OutboxEvent.objects.order_by("pk")]


def test_a_file_is_declared_sent_and_published(api: APIClient, camille: User) -> None:
    declaration = declared(api)
    assert sent(declaration) == 201
    file = finished(api, declaration).json()
    assert file["id"] == declaration["id"]
    assert (file["title"], file["size"], file["version"], file["role"]) == ("note.pdf", len(PDF), 1, "owner")
    (told,) = events()
    assert (told.type.value, told.subject) == ("fr.parvis.drive.file.uploaded", f"drive/file/{file['id']}")
    assert told.actor == camille.sub
    assert b"note" not in told.to_json()
    assert tell(Kind.FILE, [UUID(file["id"])])[UUID(file["id"])] == {"media_type": "application/pdf", "size": len(PDF)}


def test_until_it_is_published_there_is_no_file(api: APIClient) -> None:
    declaration = declared(api)
    sent(declaration)
    assert api.get(f"{BASE}{declaration['id']}/").status_code == 404
    assert not Item.objects.exists()
    assert not events()


def test_publishing_twice_is_publishing_once(api: APIClient) -> None:
    declaration = declared(api)
    sent(declaration)
    first, second = finished(api, declaration), finished(api, declaration)
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    third = finished(api, declaration, upload=declaration["upload"]["id"])
    assert third.json() == first.json()
    assert len(events()) == 1
    assert FileVersion.objects.count() == 1


def test_publishing_before_anything_arrived_says_so_and_can_be_tried_again(api: APIClient) -> None:
    declaration = declared(api)
    answer = finished(api, declaration)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_uploaded")
    sent(declaration)
    assert finished(api, declaration).status_code == 200


def test_a_new_version_keeps_the_old_one(api: APIClient, store: Store) -> None:
    file = uploaded(api)
    other = office.pdf("Deuxième")
    declaration = declared(api, len(other), path=f"{file['id']}/versions/")
    sent(declaration, other)
    assert finished(api, declaration).json()["version"] == 2
    assert [one["number"] for one in api.get(f"{BASE}{file['id']}/versions/").json()["results"]] == [2, 1]
    assert _downloaded(api, file["id"]) == other
    assert _downloaded(api, file["id"], "?version=1") == PDF
    assert [event.type.value.rsplit(".", 1)[1] for event in events()] == ["uploaded", "updated"]


def _downloaded(api: APIClient, id_: str, query: str = "") -> bytes:
    answer = api.get(f"{BASE}{id_}/download/{query}")
    assert answer.status_code == 200
    return sent_by(answer)


def test_a_download_is_an_attachment_with_its_name(api: APIClient) -> None:
    file = uploaded(api, filename='été "x"/..\\y.pdf')
    header = api.get(f"{BASE}{file['id']}/download/")["Content-Disposition"]
    assert header == "attachment; filename*=utf-8''%C3%A9t%C3%A9%20%22x%22_.._y.pdf"


def test_a_page_is_downloaded_as_unknown_bytes(api: APIClient) -> None:
    raw = b"<!doctype html><script>alert(1)</script>"
    file = uploaded(api, raw, filename="page.html", media_type="text/html")
    assert api.get(f"{BASE}{file['id']}/download/")["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("filename", "media_type", "raw"),
    [
        ("photo.png", "image/png", b"<svg onload=alert(1)>"),
        ("note.pdf", "application/pdf", b"MZ\x90\x00" + b"\x00" * 80),
        ("note.txt", "text/plain", b"\x7fELF\x02\x01\x01"),
    ],
)
def test_a_file_that_lies_about_its_type_is_deleted(
    api: APIClient, store: Store, filename: str, media_type: str, raw: bytes
) -> None:
    declaration = declared(api, len(raw), filename=filename, media_type=media_type)
    upload = Upload.objects.get()
    sent(declaration, raw)
    answer = finished(api, declaration)
    assert (answer.status_code, answer.json()["code"]) == (415, "upload_mistyped")
    with pytest.raises(NoObject):
        store.head(upload.incoming_key)
    assert not Discarded.objects.exists(), "the copy is gone too"
    assert not Upload.objects.exists()
    assert not events()
    assert finished(api, declaration).status_code == 404


def test_what_is_not_of_the_declared_size_is_deleted(api: APIClient, store: Store) -> None:
    declaration = declared(api)
    upload = Upload.objects.get()
    store.put(upload.incoming_key, PDF + b"more", media_type="application/pdf")
    assert finished(api, declaration).json()["code"] == "upload_mismatch"
    assert not Upload.objects.exists()


def test_the_form_used_again_after_publishing_changes_nothing(api: APIClient) -> None:
    declaration = declared(api)
    sent(declaration)
    finished(api, declaration)
    evil = b"%PDF-" + b"x" * (len(PDF) - 5)
    assert sent(declaration, evil) == 201
    assert _downloaded(api, declaration["id"]) == PDF


def test_too_large_a_file_is_refused_with_the_limit(api: APIClient) -> None:
    limit = settings.PARVIS.max_upload_bytes
    answer = api.post(BASE, {"filename": "a.pdf", "size": limit + 1, "media_type": "application/pdf"})
    assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (413, "file_too_large", limit)
    assert str(limit >> 20) in answer.json()["message"]
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"size": -1}, 400),
        ({"size": "x"}, 400),
        ({"filename": ""}, 400),
        ({"filename": "\u202e"}, 400),
        ({"filename": "a" * 300}, 400),
        ({"media_type": "text/html\r\nx: y"}, 400),
        ({"parent": "x"}, 400),
        ({"parent": str(uuid4())}, 404),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(api: APIClient, fields: dict[str, Any], status: int) -> None:
    body = {"filename": "note.pdf", "size": 3, "media_type": "application/pdf"} | fields
    assert api.post(BASE, body).status_code == status


def test_without_a_type_the_name_says_it(api: APIClient) -> None:
    assert uploaded(api, b"# Ordre du jour", filename="ordre.md", media_type="")["media_type"] == "text/markdown"


def test_an_empty_file_is_a_file(api: APIClient) -> None:
    assert uploaded(api, b"", filename="vide.txt", media_type="text/plain")["size"] == 0


def test_both_are_kept_where_two_have_the_same_name(api: APIClient, camille: User) -> None:
    folder = api.post("/api/v1.0/folders/", {"title": "Dossier"}).json()
    names = [uploaded(api, parent=folder["id"])["title"] for _ in range(3)]
    assert names == ["note.pdf", "note (2).pdf", "note (3).pdf"]
    assert api.post("/api/v1.0/folders/", {"title": "Dossier"}).json()["title"] == "Dossier (2)"


def test_a_folder_takes_files_of_those_who_may_edit_it(api: APIClient, camille: User, ines: User) -> None:
    folder = tree.create_item(Kind.FOLDER, "Dossier secret", None, ines)
    body = {"filename": "note.pdf", "size": 3, "media_type": "application/pdf", "parent": str(folder.pk)}
    hidden = api.post(BASE, body)
    assert hidden.status_code == 404
    assert b"secret" not in hidden.content
    assert api.post("/api/v1.0/folders/", {"title": "x", "parent": str(folder.pk)}).status_code == 404
    tree.grant(ines, folder, Role.READER, user=camille)
    assert api.post(BASE, body).status_code == 403
    tree.grant(ines, folder, Role.EDITOR, user=camille)
    file = uploaded(api, parent=str(folder.pk))
    assert [str(one) for one in events()[-1].path] == [str(folder.pk), file["id"]]


def test_rights_that_went_during_the_upload_are_gone(api: APIClient, camille: User, ines: User) -> None:
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, ines)
    access = tree.grant(ines, folder, Role.EDITOR, user=camille)
    declaration = declared(api, parent=str(folder.pk))
    sent(declaration)
    tree.revoke(ines, access)
    assert finished(api, declaration).status_code == 404
    assert not File.objects.exists()


EVERY_PATH = [
    ("get", ""),
    ("get", "versions/"),
    ("post", "versions/"),
    ("get", "download/"),
    ("get", "download/?version=1"),
    ("post", "uploaded/"),
]


@pytest.mark.parametrize(("method", "path"), EVERY_PATH)
def test_without_an_access_it_is_as_if_it_were_not_there(api: APIClient, ines: User, method: str, path: str) -> None:
    file = uploaded(signed_in(ines), filename="secret.pdf")
    body = {"size": 3, "media_type": "text/plain"} if path == "versions/" else {}
    hidden = getattr(api, method)(f"{BASE}{file['id']}/{path}", body)
    absent = getattr(api, method)(f"{BASE}{uuid4()}/{path}", body)
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content


@pytest.mark.parametrize(("method", "path"), EVERY_PATH)
def test_who_is_not_signed_in_is_asked_to(ines: User, method: str, path: str) -> None:
    file = uploaded(signed_in(ines))
    for id_ in (file["id"], uuid4()):
        assert getattr(APIClient(), method)(f"{BASE}{id_}/{path}", {}).status_code == 401


def test_somebody_elses_upload_is_not_there_to_be_published(api: APIClient, ines: User) -> None:
    declaration = declared(api)
    sent(declaration)
    assert finished(signed_in(ines), declaration).status_code == 404
    other = finished(signed_in(ines), declaration, upload=declaration["upload"]["id"])
    assert other.status_code == 404
    assert finished(api, declaration).status_code == 200


def test_a_reader_downloads_and_uploads_no_version(api: APIClient, camille: User, ines: User) -> None:
    file = uploaded(signed_in(ines))
    tree.grant(ines, Item.objects.get(pk=file["id"]), Role.READER, user=camille)
    assert _downloaded(api, file["id"]) == PDF
    assert api.post(f"{BASE}{file['id']}/versions/", {"size": 3}).status_code == 403


def test_a_public_file_is_downloaded_by_anyone(ines: User) -> None:
    file = uploaded(signed_in(ines))
    tree.set_link(ines, Item.objects.get(pk=file["id"]), LinkReach.PUBLIC, Role.READER)
    assert _downloaded(APIClient(), file["id"]) == PDF
    assert APIClient().post(f"{BASE}{file['id']}/versions/", {"size": 3}).status_code == 401


def test_a_link_shows_the_file_as_it_is_and_nothing_of_what_it_was(api: APIClient, camille: User, ines: User) -> None:
    file = uploaded(signed_in(ines))
    other = office.pdf("Deuxième")
    declaration = declared(signed_in(ines), len(other), path=f"{file['id']}/versions/")
    sent(declaration, other)
    finished(signed_in(ines), declaration)
    item = Item.objects.get(pk=file["id"])
    tree.set_link(ines, item, LinkReach.PUBLIC, Role.READER)
    for reader in (api, APIClient()):
        assert [one["number"] for one in reader.get(f"{BASE}{file['id']}/versions/").json()["results"]] == [2]
        assert reader.get(f"{BASE}{file['id']}/download/?version=1").status_code in {401, 404}
        assert _downloaded(reader, file["id"], "?version=2") == other
    tree.grant(ines, item, Role.READER, user=camille)
    assert _downloaded(api, file["id"], "?version=1") == PDF


@pytest.mark.parametrize("query", ["?version=x", "?version=-1", "?version=99999999999", "?version=٣"])
def test_a_version_is_a_number(api: APIClient, query: str) -> None:
    file = uploaded(api)
    assert api.get(f"{BASE}{file['id']}/download/{query}").status_code == 400
    assert api.get(f"{BASE}{file['id']}/download/?version=7").status_code == 404


def test_a_store_that_is_down_is_said_to_be_so(api: APIClient, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    down = Store(replace(store._config, url="http://127.0.0.1:23099"))
    monkeypatch.setattr(service, "store", lambda: down)
    answer = api.post(BASE, {"filename": "a.pdf", "size": 1, "media_type": "application/pdf"})
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert not Upload.objects.exists()


def test_what_was_sent_is_deleted_once_it_was_copied(api: APIClient, store: Store) -> None:
    declaration = declared(api)
    key = Upload.objects.get().incoming_key
    sent(declaration)
    finished(api, declaration)
    with pytest.raises(NoObject):
        store.head(key)
    assert not Discarded.objects.exists()
