"""In the trash things stay as they were until they are brought back: nobody is told of what became of them there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract.resources import Kind
from tests.workspace.people import person, signed_in
from workspace.accounts.models import User
from workspace.docs import service as docs
from workspace.sharing import tree
from workspace.sharing.errors import NotPossible
from workspace.sharing.models import Item
from workspace.sharing.roles import LinkReach, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def camille() -> User:
    return person("camille.martin")


@pytest.fixture
def ines() -> User:
    return person("ines.benali")


def changes(camille: User, ines: User, note: Item) -> dict[str, Callable[[], object]]:
    """What an owner may do with a document that is alive."""
    return {
        "rename": lambda: tree.rename_item(camille, note, "Secret"),
        "save": lambda: docs.update(camille, note.pk, based_on=None, content="Secret"),
        "restore a version": lambda: docs.restore(camille, note.pk, 1),
        "share": lambda: tree.grant(camille, note, Role.READER, user=ines),
        "open the link": lambda: tree.set_link(camille, note, LinkReach.PUBLIC, Role.READER),
    }


@pytest.mark.parametrize("what", ["rename", "save", "restore a version", "share", "open the link"])
@pytest.mark.parametrize("with_its_folder", [False, True])
def test_what_is_in_the_trash_is_changed_by_nobody(camille: User, ines: User, what: str, with_its_folder: bool) -> None:
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, camille)
    note = docs.create(camille, title="Note", content="Un", parent_id=folder.pk).item
    docs.update(camille, note.pk, based_on=1, content="Deux")
    tree.trash_item(camille, folder if with_its_folder else note)
    with pytest.raises(NotPossible) as refused:
        changes(camille, ines, note)[what]()
    assert refused.value.code == "in_trash"
    assert Item.objects.get(pk=note.pk).title == "Note"


def test_what_is_in_the_trash_by_itself_is_moved_once_it_is_restored(camille: User) -> None:
    note = tree.create_item(Kind.DOCUMENT, "Note", None, camille)
    tree.trash_item(camille, note)
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, camille)
    with pytest.raises(NotPossible):
        tree.move_item(camille, note, folder)
    tree.restore_item(camille, note)
    tree.move_item(camille, note, folder)


def test_what_went_into_the_trash_with_its_folder_can_be_taken_out_of_it(camille: User) -> None:
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, camille)
    note = docs.create(camille, title="Note", parent_id=folder.pk).item
    tree.trash_item(camille, folder)
    tree.move_item(camille, note, None)
    tree.rename_item(camille, note, "Gardée")


def test_in_the_trash_an_access_is_taken_away_and_an_owner_made(camille: User, ines: User) -> None:
    note = tree.create_item(Kind.DOCUMENT, "Note", None, camille)
    access = tree.grant(camille, note, Role.READER, user=ines)
    tree.trash_item(camille, note)
    tree.revoke(camille, access)
    tree.grant(camille, note, Role.OWNER, user=ines)


def test_the_api_says_that_it_is_in_the_trash(camille: User) -> None:
    note = docs.create(camille, title="Note").item
    tree.trash_item(camille, note)
    answer = signed_in(camille).patch(f"/api/v1.0/items/{note.pk}/", {"title": "Autre"})
    assert (answer.status_code, answer.json()["code"]) == (409, "in_trash")
