"""Accounts of programs: made by operators, shared with like people, and allowed to read and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from contract.resources import Kind
from tests.workspace.people import person, signed_in
from workspace.accounts.models import MatrixIdentity, ServiceAccount, User
from workspace.docs import service as docs
from workspace.sharing import tree
from workspace.sharing.errors import NotPossible
from workspace.sharing.models import Access, Item
from workspace.sharing.roles import LinkReach, Role

pytestmark = pytest.mark.django_db
INES = "@ines:c.test"


@pytest.fixture
def camille() -> User:
    return person("camille.martin")


@pytest.fixture
def note(camille: User) -> Item:
    return docs.create(camille, title="Plan social", content="x", parent_id=None).item


def command(*arguments: str) -> str:
    """What it wrote to standard output."""
    out = io.StringIO()
    call_command("service_account", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def using(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def courier() -> User:
    return User.objects.get(service_account__name="courier")


def test_its_token_is_shown_once_and_only_its_hash_is_kept() -> None:
    token = command("courier")
    assert token.startswith("pvs_")
    kept = ServiceAccount.objects.get(name="courier")
    assert token not in str(kept.__dict__)
    assert not kept.user.has_usable_password()
    assert using(token).get("/api/v1.0/items/").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "said"), [(["Courier!"], "3 to 40"), (["other", "--rotate"], "no service account")]
)
def test_what_cannot_be_made_is_said_in_words(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        command(*arguments)
    command("courier")
    with pytest.raises(CommandError, match="--rotate"):
        command("courier")


def test_a_token_that_was_made_elsewhere_is_taken_as_often_as_one_likes(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"pvs_{'x' * 43}\n")
    for _ in range(2):
        assert command("courier", "--token-file", str(file)) == ""
        assert using(file.read_text().strip()).get("/api/v1.0/items/").status_code == 200
    command("courier", "--disable")
    command("courier", "--token-file", str(file))
    assert using(file.read_text().strip()).get("/api/v1.0/items/").status_code == 200
    for bad in ("pvs_short", "x" * 60):
        file.write_text(bad)
        with pytest.raises(CommandError, match="A token is"):
            command("courier", "--token-file", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        command("courier", "--token-file", str(tmp_path / "none"))


def test_a_token_that_was_replaced_or_disabled_opens_nothing() -> None:
    first = command("courier")
    second = command("courier", "--rotate")
    assert using(first).get("/api/v1.0/items/").status_code == 401
    assert using(second).get("/api/v1.0/items/").status_code == 200
    assert command("courier", "--disable") == ""
    answer = using(second).get("/api/v1.0/items/")
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_account")
    third = command("courier", "--rotate")
    assert using(third).get("/api/v1.0/items/").status_code == 200


def test_owners_find_it_and_share_with_it_as_with_a_person(camille: User, note: Item) -> None:
    client, api = using(command("courier")), signed_in(camille)
    assert client.get(f"/api/v1.0/documents/{note.pk}/").status_code == 404
    [found] = api.get("/api/v1.0/users/", {"q": "courier@service.invalid"}).json()
    assert [found] == api.get("/api/v1.0/users/", {"q": "courier"}).json()
    given = api.post(f"/api/v1.0/items/{note.pk}/accesses/", {"user": found["id"], "role": "editor"})
    assert given.status_code == 201
    assert client.get(f"/api/v1.0/documents/{note.pk}/").json()["title"] == "Plan social"
    assert client.get(f"/api/v1.0/items/{note.pk}/").json()["role"] == "editor"


def test_it_changes_nothing_even_as_an_editor_and_sees_nothing_but_items(camille: User, note: Item) -> None:
    client = using(command("courier"))
    tree.grant(camille, note, Role.EDITOR, user=courier())
    for method, path in (
        ("patch", f"documents/{note.pk}/"),
        ("delete", f"items/{note.pk}/"),
        ("post", "documents/"),
        ("get", "users/"),
        ("get", "me/"),
        ("get", f"items/{note.pk}/accesses/"),
        ("post", "identities/lookup/"),
        ("post", "search/"),
        ("get", "rooms/"),
    ):
        answer = getattr(client, method)(f"/api/v1.0/{path}", headers={"If-Match": '"1"'})
        assert answer.status_code in (401, 403, 405), (method, path)


def test_it_searches_for_itself() -> None:
    answer = using(command("courier")).get("/api/v1.0/search/", {"q": "plan"})
    assert answer.status_code in (200, 503), "there may be no index here, but it is let in"
    assert using("pvs_guess").get("/api/v1.0/search/", {"q": "plan"}).status_code == 401


def test_it_owns_nothing(camille: User, note: Item) -> None:
    command("courier")
    with pytest.raises(NotPossible):
        tree.grant(camille, note, Role.OWNER, user=courier())


def ask(client: APIClient, note: Item, **more: object) -> dict[str, object]:
    body = {"audiences": {"a": [INES]}, "questions": [{"audience": "a", "item": str(note.pk), **more}]}
    answer = client.post("/api/v1.0/audience/", body)
    assert answer.status_code == 200
    (told,) = answer.json()["answers"]
    return dict(told)


def test_it_asks_the_audience_question_only_about_what_it_has(camille: User, note: Item) -> None:
    client, ines = using(command("courier")), person("ines.benali")
    MatrixIdentity.objects.create(user=ines, matrix_id=INES)
    tree.grant(camille, note, Role.READER, user=ines)
    nothing = {"cannot": 1, "facts": None}
    assert ask(client, note) == nothing
    tree.set_link(camille, note, LinkReach.PUBLIC, Role.READER)
    assert ask(client, note) == nothing, "a link alone does not show who has it"
    access = tree.grant(camille, note, Role.READER, user=courier())
    facts = ask(client, note)["facts"]
    assert isinstance(facts, dict)
    assert facts["title"] == "Plan social"
    tree.trash_item(camille, note)
    assert ask(client, note) == nothing
    assert ask(client, note, trashing=True)["facts"] is not None
    tree.revoke(camille, Access.objects.get(pk=access.pk))
    assert ask(client, note, trashing=True) == nothing


def test_it_is_not_told_the_name_of_a_folder_that_it_may_not_read(camille: User) -> None:
    client, ines = using(command("courier")), person("ines.benali")
    MatrixIdentity.objects.create(user=ines, matrix_id=INES)
    folder = tree.create_item(Kind.FOLDER, "Cabinet", None, camille)
    tree.grant(camille, folder, Role.READER, user=ines)
    note = docs.create(camille, title="Note", content="", parent_id=folder.pk).item
    tree.grant(camille, note, Role.READER, user=courier())
    facts = ask(client, note)["facts"]
    assert isinstance(facts, dict)
    assert facts["folder"] is None
    tree.grant(camille, folder, Role.READER, user=courier())
    facts = ask(client, note)["facts"]
    assert isinstance(facts, dict)
    assert facts["folder"] == "Cabinet"
