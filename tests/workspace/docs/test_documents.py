"""Documents through the API: making, reading, saving on top of what was read, versions, and whom they are kept from."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from contract.events import Event
from contract.resources import Kind
from tests.workspace.people import person, signed_in
from workspace.accounts.models import User
from workspace.docs import service
from workspace.events.models import OutboxEvent
from workspace.sharing import tree
from workspace.sharing.models import Item
from workspace.sharing.roles import LinkReach, Role

pytestmark = pytest.mark.django_db

BASE = "/api/v1.0/documents/"


@pytest.fixture
def camille() -> User:
    return person("camille.martin")


@pytest.fixture
def ines() -> User:
    return person("ines.benali")


@pytest.fixture
def api(camille: User) -> APIClient:
    return signed_in(camille)


def made(api: APIClient, **fields: Any) -> dict[str, Any]:
    answer = api.post(BASE, {"title": "Plan", "content": "# Un"} | fields)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def saved(api: APIClient, id_: str, version: int, **fields: Any) -> Any:
    return api.patch(f"{BASE}{id_}/", fields, headers={"If-Match": f'"{version}"'})


def events() -> list[Event]:
    return [Event.from_json(bytes(row.body)) for row in OutboxEvent.objects.order_by("pk")]


def test_a_document_is_made_and_read(api: APIClient) -> None:
    document = made(api, title=" Plan  de sobriété\u202e ")
    answer = api.get(f"{BASE}{document['id']}/")
    assert answer.headers["ETag"] == '"1"'
    body = answer.json()
    assert (body["title"], body["content"], body["version"], body["role"]) == ("Plan de sobriété", "# Un", 1, "owner")
    assert body["url"].endswith(f"/docs/{document['id']}/")


def test_making_and_saving_are_told_thinly(api: APIClient, camille: User) -> None:
    document = made(api, title="Titre secret")
    saved(api, document["id"], 1, content="texte secret")
    told = events()
    assert [event.type.value.rsplit(".", 1)[1] for event in told] == ["created", "updated"]
    assert told[1].subject == f"docs/document/{document['id']}"
    assert told[1].actor == camille.sub
    assert [str(item) for item in told[1].path] == [document["id"]]
    assert not any("secret" in event.to_json().decode() for event in told)


def test_a_save_makes_a_version_and_each_one_can_be_brought_back(api: APIClient) -> None:
    document = made(api)
    assert saved(api, document["id"], 1, content="# Deux").json()["version"] == 2
    assert saved(api, document["id"], 2, title="Autre", content="# Trois").headers["ETag"] == '"3"'
    versions = api.get(f"{BASE}{document['id']}/versions/").json()["results"]
    assert [(one["number"], one["title"], one["author"]) for one in versions] == [
        (3, "Autre", "Camille Martin"),
        (2, "Plan", "Camille Martin"),
        (1, "Plan", "Camille Martin"),
    ]
    assert "content" not in versions[0]
    assert api.get(f"{BASE}{document['id']}/versions/1/").json()["content"] == "# Un"
    back = api.post(f"{BASE}{document['id']}/versions/1/restore/").json()
    assert (back["version"], back["title"], back["content"]) == (4, "Plan", "# Un")


def test_saving_what_it_is_already_makes_no_version(api: APIClient) -> None:
    document = made(api)
    assert saved(api, document["id"], 1, content="# Un", title="Plan").json()["version"] == 1
    assert len(events()) == 1


def test_whoever_saves_on_an_old_version_is_told_who_was_quicker(api: APIClient, camille: User, ines: User) -> None:
    document = made(api)
    tree.grant(camille, Item.objects.get(pk=document["id"]), Role.EDITOR, user=ines)
    assert saved(signed_in(ines), document["id"], 1, content="Inès").status_code == 200
    answer = saved(api, document["id"], 1, content="Camille")
    assert answer.status_code == 412
    problem = answer.json()
    assert problem["code"] == "version_conflict"
    assert (problem["current"]["version"], problem["current"]["author"]) == (2, "Ines Benali")
    assert api.get(f"{BASE}{document['id']}/").json()["content"] == "Inès"
    restored = api.post(f"{BASE}{document['id']}/versions/1/restore/", headers={"If-Match": '"1"'})
    assert restored.status_code == 412


def test_a_renaming_is_a_version_that_whoever_wrote_meanwhile_is_told_of(
    api: APIClient, camille: User, ines: User
) -> None:
    document = made(api)
    tree.grant(camille, Item.objects.get(pk=document["id"]), Role.EDITOR, user=ines)
    renamed = signed_in(ines).patch(f"/api/v1.0/items/{document['id']}/", {"title": "Nouveau"})
    assert renamed.json()["title"] == "Nouveau"
    answer = saved(api, document["id"], 1, title="Plan", content="Camille")
    assert (answer.status_code, answer.json()["current"]["author"]) == (412, "Ines Benali")
    listed = api.get(f"{BASE}{document['id']}/versions/").json()["results"]
    assert [(one["number"], one["title"]) for one in listed] == [(2, "Nouveau"), (1, "Plan")]
    assert events()[-1].extra == {"version": 2}


def test_a_save_says_on_what_it_stands(api: APIClient) -> None:
    document = made(api)
    assert api.patch(f"{BASE}{document['id']}/", {"content": "x"}).status_code == 428
    wrong = api.patch(f"{BASE}{document['id']}/", {"content": "x"}, headers={"If-Match": "latest"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "if_match_unreadable")
    over = api.patch(f"{BASE}{document['id']}/", {"content": "x"}, headers={"If-Match": "*"})
    assert over.json()["version"] == 2


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [("é" * 524_289, 413, "document_too_large"), ("a\x00b", 400, "invalid"), (7, 200, None), (None, 400, "invalid")],
)
def test_a_text_that_is_none_or_too_large_is_refused(
    api: APIClient, content: object, status: int, code: str | None
) -> None:
    document = made(api)
    answer = saved(api, document["id"], 1, content=content)
    assert answer.status_code == status
    assert answer.json().get("code") == code


def test_a_text_of_exactly_the_limit_is_kept(api: APIClient) -> None:
    assert made(api, content="a" * service.MAX_BYTES)["version"] == 1


@pytest.mark.parametrize(
    ("title", "status"), [("", 400), ("\u202e\u200b", 400), ("a" * 256, 400), ("<b>&amp;</b>", 201), ("x" * 255, 201)]
)
def test_a_title_is_one_line_of_text(api: APIClient, title: str, status: int) -> None:
    assert api.post(BASE, {"title": title}).status_code == status


def test_lines_end_in_one_way(api: APIClient) -> None:
    assert made(api, content="a\r\nb\rc\n")["content"] == "a\nb\nc\n"


def test_a_document_goes_into_a_folder_that_one_may_edit(api: APIClient, camille: User, ines: User) -> None:
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, ines)
    assert api.post(BASE, {"title": "x", "parent": str(folder.pk)}).status_code == 404
    tree.grant(ines, folder, Role.READER, user=camille)
    assert api.post(BASE, {"title": "x", "parent": str(folder.pk)}).status_code == 403
    tree.grant(ines, folder, Role.EDITOR, user=camille)
    made(api, parent=str(folder.pk))
    assert [event.path[0] for event in events()][-1] == folder.pk
    other = made(api)
    assert api.post(BASE, {"title": "x", "parent": other["id"]}).status_code == 404


def test_the_list_has_what_one_has_an_access_to(api: APIClient, camille: User, ines: User) -> None:
    mine = made(api)
    theirs = service.create(ines, title="D'Inès")
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, ines)
    shared = service.create(ines, title="Partagé", parent_id=folder.pk)
    tree.grant(ines, folder, Role.READER, user=camille)
    gone = made(api, title="Jeté")
    tree.trash_item(camille, Item.objects.get(pk=gone["id"]))
    listed = api.get(BASE).json()
    assert {one["id"] for one in listed["results"]} == {mine["id"], str(shared.pk)}
    assert listed["count"] == 2
    assert str(theirs.pk) not in str(listed)


EVERY_PATH = [
    ("get", ""),
    ("patch", ""),
    ("get", "versions/"),
    ("get", "versions/1/"),
    ("post", "versions/1/restore/"),
]


@pytest.mark.parametrize(("method", "path"), EVERY_PATH)
def test_without_an_access_it_is_as_if_it_were_not_there(api: APIClient, ines: User, method: str, path: str) -> None:
    document = service.create(ines, title="Titre secret", content="texte secret")
    headers = {"If-Match": '"1"'}
    hidden = getattr(api, method)(f"{BASE}{document.pk}/{path}", {"content": "x"}, headers=headers)
    absent = getattr(api, method)(f"{BASE}{uuid4()}/{path}", {"content": "x"}, headers=headers)
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content
    assert b"secret" not in hidden.content


@pytest.mark.parametrize(("method", "path"), EVERY_PATH)
def test_who_is_not_signed_in_is_asked_to(ines: User, method: str, path: str) -> None:
    document = service.create(ines, title="Titre secret")
    for id_ in (document.pk, uuid4()):
        answer = getattr(APIClient(), method)(f"{BASE}{id_}/{path}", {"content": "x"}, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_reader_reads_and_does_not_save(api: APIClient, camille: User, ines: User) -> None:
    document = service.create(ines, title="Titre")
    tree.grant(ines, document.item, Role.READER, user=camille)
    assert api.get(f"{BASE}{document.pk}/").json()["role"] == "reader"
    assert saved(api, str(document.pk), 1, content="x").status_code == 403
    assert api.post(f"{BASE}{document.pk}/versions/1/restore/").status_code == 403


def test_a_public_document_is_read_by_anyone_and_changed_by_nobody_unknown(ines: User) -> None:
    document = service.create(ines, title="Public")
    tree.set_link(ines, document.item, LinkReach.PUBLIC, Role.READER)
    anyone = APIClient()
    assert anyone.get(f"{BASE}{document.pk}/").json()["role"] == "reader"
    assert saved(anyone, str(document.pk), 1, content="x").status_code == 401


@pytest.mark.parametrize("reach", [LinkReach.AUTHENTICATED, LinkReach.PUBLIC])
def test_a_link_shows_what_the_document_is_and_nothing_of_what_it_was(
    api: APIClient, ines: User, reach: LinkReach
) -> None:
    document = service.create(ines, title="Note", content="texte secret")
    service.update(ines, document.pk, based_on=1, content="texte public")
    role = Role.EDITOR if reach is LinkReach.AUTHENTICATED else Role.READER
    tree.set_link(ines, document.item, reach, role)
    for reader in [api, APIClient()] if reach is LinkReach.PUBLIC else [api]:
        assert [one["number"] for one in reader.get(f"{BASE}{document.pk}/versions/").json()["results"]] == [2]
        assert reader.get(f"{BASE}{document.pk}/versions/2/").status_code == 200
        assert reader.get(f"{BASE}{document.pk}/versions/1/").status_code in {401, 404}
    restored = api.post(f"{BASE}{document.pk}/versions/1/restore/")
    assert restored.status_code in {403, 404}
    assert b"secret" not in restored.content


def test_an_access_shows_what_the_document_was(api: APIClient, camille: User, ines: User) -> None:
    document = service.create(ines, title="Note", content="Un")
    service.update(ines, document.pk, based_on=1, content="Deux")
    tree.set_link(ines, document.item, LinkReach.PUBLIC, Role.READER)
    tree.grant(ines, document.item, Role.READER, user=camille)
    assert api.get(f"{BASE}{document.pk}/versions/1/").json()["content"] == "Un"


def test_what_hangs_elsewhere_is_no_document(api: APIClient, camille: User) -> None:
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, camille)
    assert api.get(f"{BASE}{folder.pk}/").status_code == 404


def test_a_change_and_its_event_commit_together_or_not_at_all(camille: User) -> None:
    document = service.create(camille, title="Plan")

    def save_and_fail() -> None:
        with transaction.atomic():
            service.update(camille, document.pk, based_on=1, content="perdu")
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        save_and_fail()
    assert service.read(camille, document.pk).version == 1
    assert len(events()) == 1


def test_the_html_of_a_version_is_made_once(camille: User, monkeypatch: pytest.MonkeyPatch) -> None:
    document = service.create(camille, title="Plan", content="**gras**")
    assert "<strong>gras</strong>" in service.rendered(document.pk, 1, document.content).html
    monkeypatch.setattr(service, "render", None)
    assert "<strong>gras</strong>" in service.rendered(document.pk, 1, document.content).html
