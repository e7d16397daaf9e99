"""May all of these read this? One question, whatever the numbers."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from contract.answers import Question
from contract.ids import ItemId, MatrixId
from contract.resources import Kind
from tests.workspace.people import person
from workspace.accounts.models import MatrixIdentity, User
from workspace.sharing import audience, questions, tree
from workspace.sharing.models import Item
from workspace.sharing.roles import LinkReach, Role

pytestmark = pytest.mark.django_db
CAMILLE, INES = MatrixId("@camille:i.test"), MatrixId("@ines:c.test")


@pytest.fixture
def camille() -> User:
    return _linked("camille.martin", CAMILLE)


@pytest.fixture
def ines() -> User:
    return _linked("ines.benali", INES)


def _linked(name: str, matrix_id: MatrixId) -> User:
    user = person(name)
    MatrixIdentity.objects.create(user=user, matrix_id=matrix_id)
    return user


def ask(item: Item, *members: str, actor: str | None = None, trashing: bool = False) -> dict[str, object]:
    (answer,) = audience.answer({"room": members}, [Question("room", ItemId(item.pk), actor, trashing)])
    return answer


def test_facts_are_given_only_where_all_may_read(camille: User, ines: User) -> None:
    folder = tree.create_item(Kind.FOLDER, "Budget", None, camille)
    note = tree.create_item(Kind.DOCUMENT, "Plan social", folder, camille)
    assert ask(note, CAMILLE, INES) == {"cannot": 1, "facts": None}
    tree.grant(camille, note, Role.READER, user=ines)
    told = ask(note, CAMILLE, INES, actor=camille.sub)["facts"]
    assert isinstance(told, dict)
    assert told["title"] == "Plan social"
    assert told["actor"] == "Camille Martin"
    assert told["folder"] is None, "Inès may not read the folder"
    tree.grant(camille, folder, Role.READER, user=ines)
    told = ask(note, CAMILLE, INES)["facts"]
    assert isinstance(told, dict)
    assert told["folder"] == "Budget"


def test_who_is_not_linked_cannot_read_what_is_not_public(camille: User) -> None:
    note = tree.create_item(Kind.DOCUMENT, "Note", None, camille)
    assert ask(note, CAMILLE, "@stranger:x.test")["cannot"] == 1
    tree.set_link(camille, note, LinkReach.AUTHENTICATED, Role.READER)
    assert ask(note, CAMILLE, "@stranger:x.test")["cannot"] == 1
    tree.set_link(camille, note, LinkReach.PUBLIC, Role.READER)
    assert ask(note, CAMILLE, "@stranger:x.test")["cannot"] == 0


def test_what_is_not_there_is_answered_as_what_nobody_may_read(camille: User) -> None:
    (answer,) = audience.answer({"room": [CAMILLE]}, [Question("room", ItemId(uuid4()))])
    assert answer == {"cannot": 1, "facts": None}


def test_an_empty_audience_is_told_nothing(camille: User) -> None:
    note = tree.create_item(Kind.DOCUMENT, "Note", None, camille)
    assert ask(note)["facts"] is None


def test_that_it_went_into_the_trash_is_told_to_those_who_could_read_it(camille: User, ines: User) -> None:
    folder = tree.create_item(Kind.FOLDER, "Budget", None, camille)
    note = tree.create_item(Kind.DOCUMENT, "Plan social", folder, camille)
    tree.grant(camille, folder, Role.READER, user=ines)
    tree.trash_item(camille, note)
    told = ask(note, CAMILLE, INES, trashing=True)["facts"]
    assert isinstance(told, dict)
    assert (told["title"], told["folder"], told["trashed"]) == ("Plan social", "Budget", True)
    assert ask(note, CAMILLE, "@stranger:x.test", trashing=True)["cannot"] == 1


def test_nothing_else_is_told_of_what_is_in_the_trash_but_to_its_owners(camille: User, ines: User) -> None:
    folder = tree.create_item(Kind.FOLDER, "Budget", None, camille)
    note = tree.create_item(Kind.DOCUMENT, "Plan social", folder, camille)
    tree.grant(camille, folder, Role.EDITOR, user=ines)
    tree.set_link(camille, note, LinkReach.PUBLIC, Role.READER)
    tree.trash_item(camille, folder)
    for item in (folder, note):
        assert ask(item, CAMILLE, INES) == {"cannot": 1, "facts": None}
        told = ask(item, CAMILLE)["facts"]
        assert isinstance(told, dict)
        assert told["trashed"] is True, "the document is there with its folder"


def test_whoever_lost_their_access_is_not_told_that_it_went_into_the_trash(camille: User, ines: User) -> None:
    note = tree.create_item(Kind.DOCUMENT, "Plan social", None, camille)
    access = tree.grant(camille, note, Role.READER, user=ines)
    tree.trash_item(camille, note)
    tree.revoke(camille, access)
    assert ask(note, CAMILLE, INES, trashing=True) == {"cannot": 1, "facts": None}


def test_the_number_of_queries_does_not_depend_on_the_numbers(
    camille: User, ines: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    items = [tree.create_item(Kind.DOCUMENT, f"Note {number}", None, camille) for number in range(30)]
    rooms = {f"room {number}": [CAMILLE, INES, f"@x{number}:y.test"] for number in range(20)}
    asked = [Question(room, ItemId(item.pk), camille.sub, trashing=True) for room in rooms for item in items]
    with django_assert_max_num_queries(12):
        answers = audience.answer(rooms, asked)
    assert len(answers) == 600
    with django_assert_max_num_queries(1):
        assert len(questions.roles([camille.pk, ines.pk], [item.pk for item in items])) == 30
