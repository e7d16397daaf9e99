"""What operators see and can change, and that it goes the ways that everything else goes."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import Client

from contract.ids import matrix_id, room_id
from contract.resources import Kind
from tests.workspace.people import person
from workspace.accounts.models import MatrixIdentity, User
from workspace.events.models import OutboxEvent
from workspace.rooms import service as rooms
from workspace.sharing import tree
from workspace.sharing.models import Access, Team
from workspace.sharing.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> User:
    one = person("odile")
    call_command("operator", one.email)
    one.refresh_from_db()
    return one


@pytest.fixture
def client(operator: User) -> Client:
    here = Client()
    here.force_login(operator)
    return here


def test_whoever_is_not_signed_in_is_sent_to_sign_in_as_everybody_does() -> None:
    answer = Client().get("/admin/", follow=False)
    login = Client().get(answer["Location"], follow=False)
    assert login.status_code == 302
    assert login["Location"].startswith("/oidc/authenticate/")


def test_whoever_is_no_operator_sees_nothing() -> None:
    here = Client()
    here.force_login(person("camille"))
    assert here.get("/admin/sharing/item/").status_code == 302


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=lambda model: model._meta.label))
def test_every_list_and_every_page_can_be_opened(client: Client, operator: User, model: type) -> None:
    item = tree.create_item(Kind.FOLDER, "Dossier", None, operator)
    MatrixIdentity.objects.create(user=operator, matrix_id="@odile:a.test")
    Team.objects.create(slug="equipe", name="Équipe")
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"  # type: ignore[attr-defined]
    assert client.get(address).status_code == 200
    assert client.get(f"{address}?q=Dossier").status_code == 200
    for one in model._default_manager.all()[:1]:  # type: ignore[attr-defined]
        assert client.get(f"{address}{one.pk}/change/").status_code == 200
    assert item.pk


def test_a_person_who_has_left_is_deactivated_and_can_do_nothing_any_more(client: Client) -> None:
    louis = person("louis")
    theirs = Client()
    theirs.force_login(louis)
    assert theirs.get("/api/v1.0/me/").status_code == 200
    client.post(f"/admin/accounts/user/{louis.pk}/change/", {})
    louis.refresh_from_db()
    assert not louis.is_active
    assert theirs.get("/api/v1.0/me/").status_code in (401, 403)


def test_an_identity_that_is_removed_is_unlinked_with_its_event(client: Client) -> None:
    identity = MatrixIdentity.objects.create(user=person("louis"), matrix_id="@louis:a.test")
    client.post(f"/admin/accounts/matrixidentity/{identity.pk}/delete/", {"post": "yes"})
    assert not MatrixIdentity.objects.exists()
    assert OutboxEvent.objects.filter(subject__contains="unlinked").exists()


def test_what_somebody_owns_is_handed_over_and_the_last_owner_stays(client: Client) -> None:
    louis, ines = person("louis"), person("ines")
    item = tree.create_item(Kind.FOLDER, "À reprendre", None, louis)
    (last,) = item.accesses.all()
    answer = client.post(f"/admin/sharing/access/{last.pk}/delete/", {"post": "yes"}, follow=True)
    assert "Make somebody else an owner first" in answer.content.decode() or "propriétaire" in answer.content.decode()
    assert Access.objects.filter(pk=last.pk).exists()
    client.post("/admin/sharing/access/add/", {"item": item.pk, "user": ines.pk, "team": "", "role": Role.OWNER.value})
    assert Access.objects.get(item=item, user=ines).role == Role.OWNER
    client.post(f"/admin/sharing/access/{last.pk}/delete/", {"post": "yes"})
    assert not Access.objects.filter(pk=last.pk).exists()
    assert OutboxEvent.objects.filter(subject__contains="access").count() >= 2


def test_a_team_is_made_with_its_members_and_a_rooms_team_is_not_changed(client: Client) -> None:
    louis = person("louis")
    inline = {
        "teammember_set-TOTAL_FORMS": "1",
        "teammember_set-INITIAL_FORMS": "0",
        "teammember_set-0-user": str(louis.pk),
    }
    client.post("/admin/sharing/team/add/", {"name": "Achats", "slug": "achats", **inline})
    assert list(Team.objects.get(slug="achats").members.all()) == [louis]
    room = Team.objects.create(slug="room-1", name="Salon", kind=Team.Kind.ROOM)
    assert client.post(f"/admin/sharing/team/{room.pk}/change/", {"name": "x", "slug": "y"}).status_code == 403
    assert client.post(f"/admin/sharing/team/{room.pk}/delete/", {"post": "yes"}).status_code == 403


def test_who_has_never_signed_in_cannot_be_made_an_operator() -> None:
    with pytest.raises(CommandError, match="must sign in once first"):
        call_command("operator", f"{uuid.uuid4()}@nulle.part")


def test_an_operator_can_be_made_one_no_longer(operator: User) -> None:
    call_command("operator", operator.sub, "--no-longer")
    operator.refresh_from_db()
    assert not operator.is_staff
    assert not operator.is_superuser


def test_a_deactivated_person_is_out_at_once_and_rooms_have_them_no_longer(client: Client) -> None:
    ines = person("ines.benali")
    MatrixIdentity.objects.create(user=ines, matrix_id="@ines:c.test")
    room = rooms.put("bridge", room_id("!r:hub.test"), [matrix_id("@ines:c.test")]).team
    hers = Client()
    hers.force_login(ines, backend="workspace.accounts.backends.Backend")
    assert hers.get("/docs/").status_code == 200
    page = f"/admin/accounts/user/{ines.pk}/change/"
    client.post(page, {})
    assert hers.get("/docs/").status_code == 302
    assert not room.members.exists()
    client.post(page, {"is_active": "on"})
    assert hers.get("/docs/").status_code == 200
    assert list(room.members.all()) == [ines]


def test_an_access_that_the_tree_refuses_is_refused_in_words(client: Client, operator: User) -> None:
    item = tree.create_item(Kind.FOLDER, "Dossier", None, operator)
    tree.trash_item(operator, item)
    given = {"item": str(item.pk), "user": str(person("louis.petit").pk), "role": str(Role.READER)}
    answer: Any = client.post("/admin/sharing/access/add/", given, follow=True, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert [str(one) for one in answer.context["messages"]] == ["This is in the trash. Restore it first."]
    assert Access.objects.filter(item=item).count() == 1


def test_a_team_that_is_deleted_takes_its_accesses_with_their_events(client: Client, operator: User) -> None:
    item = tree.create_item(Kind.FOLDER, "Dossier", None, operator)
    team = Team.objects.create(slug="equipe", name="Équipe")
    tree.grant(operator, item, Role.READER, team=team)
    before = OutboxEvent.objects.count()
    client.post(f"/admin/sharing/team/{team.pk}/delete/", {"post": "yes"})
    assert not Team.objects.filter(pk=team.pk).exists()
    assert OutboxEvent.objects.count() == before + 1


def test_an_operator_signs_in_with_no_password(operator: User) -> None:
    operator.set_password("motdepasse")
    operator.save()
    assert authenticate(username=operator.username, password="motdepasse") is None
