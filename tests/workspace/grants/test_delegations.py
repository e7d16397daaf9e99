"""What a person allows: given, renewed, revoked, and ended by what it stood on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from contract.grants import Act
from contract.ids import MatrixId
from tests.workspace.grants.world import CAMILLE, World
from tests.workspace.people import person
from workspace.accounts import linking, people
from workspace.accounts.models import MatrixIdentity, User
from workspace.grants import delegations
from workspace.grants.errors import NotLinkedYet, NotOffered
from workspace.grants.models import Delegation

LEA = MatrixId("@lea:interieur.gouv.test")


def allowed(user: User) -> set[str]:
    return {f"{one.service}:{one.act}" for one in delegations.living(user)}


def test_it_lasts_180_days_and_lasts_anew_when_it_is_given_again(world: World) -> None:
    given = delegations.give(world.camille, "bridge", Act.READ)
    assert timedelta(days=179) < given.expires_at - timezone.now() <= timedelta(days=180)
    Delegation.objects.update(expires_at=timezone.now() + timedelta(days=1))
    again = delegations.give(world.camille, "bridge", Act.READ)
    assert (again.pk, again.expires_at > timezone.now() + timedelta(days=179)) == (given.pk, True)


def test_one_that_came_to_its_end_allows_nothing_and_makes_room_for_another(world: World) -> None:
    Delegation.objects.update(expires_at=timezone.now())
    assert allowed(world.camille) == set()
    delegations.give(world.camille, "bridge", Act.SAVE)
    assert allowed(world.camille) == {"bridge:save"}
    assert Delegation.objects.filter(user=world.camille, act=Act.SAVE).count() == 2


def test_there_is_one_living_one_of_a_kind(world: World) -> None:
    one = Delegation.objects.filter(user=world.camille).earliest("pk")
    with pytest.raises(IntegrityError), transaction.atomic():
        Delegation.objects.create(user=one.user, service=one.service, act=one.act, expires_at=one.expires_at)


def test_revoking_one_leaves_the_others(world: World) -> None:
    delegations.revoke(Delegation.objects.get(user=world.camille, act=Act.SAVE))
    assert allowed(world.camille) == {"bridge:read", "bridge:comment", "bridge:share"}


def test_whom_no_application_knows_allows_nothing(world: World) -> None:
    with pytest.raises(NotLinkedYet):
        delegations.give(person("lea"), "bridge", Act.READ)


def test_the_last_matrix_identity_takes_everything_with_it(world: World) -> None:
    MatrixIdentity.objects.create(user=world.camille, matrix_id=LEA)
    linking.unlink(MatrixIdentity.objects.get(matrix_id=CAMILLE))
    assert len(allowed(world.camille)) == 4, "there is another one"
    linking.unlink(MatrixIdentity.objects.get(matrix_id=LEA))
    assert allowed(world.camille) == set()
    MatrixIdentity.objects.create(user=world.camille, matrix_id=CAMILLE)
    assert allowed(world.camille) == set(), "it does not come back by itself"


def test_an_account_that_is_deactivated_allows_nothing_any_more(world: World) -> None:
    people.set_active(world.camille, False)
    people.set_active(world.camille, True)
    assert allowed(world.camille) == set()


def test_linking_and_allowing_are_one(world: World) -> None:
    lea = person("lea")
    token, _offer = linking.offer(LEA)
    chosen = delegations.chosen(["bridge:read", "find:read", "bridge:read"], lea)
    delegations.link(lea, token, chosen)
    assert allowed(lea) == {"bridge:read", "find:read"}


def test_what_cannot_be_linked_allows_nothing(world: World) -> None:
    lea = person("lea")
    chosen = delegations.chosen(["bridge:read"], lea)
    with pytest.raises(linking.LinkError):
        delegations.link(lea, "there-is-none", chosen)
    assert allowed(lea) == set()


@pytest.mark.parametrize("value", ["find:share", "other:read", "bridge", "", "bridge:read:"])
def test_what_no_application_asks_for_is_not_given(world: World, value: str) -> None:
    with pytest.raises(NotOffered):
        delegations.chosen([value], world.camille)
