"""Whose a Matrix id is, and how it is proved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from contract.ids import MatrixId
from tests.workspace.people import person
from workspace.accounts import linking
from workspace.accounts.linking import LinkError
from workspace.accounts.models import LinkOffer

pytestmark = pytest.mark.django_db
INES = MatrixId("@ines.benali:culture.gouv.test")


def code(error: pytest.ExceptionInfo[LinkError]) -> str:
    return error.value.code


def test_an_address_links_once() -> None:
    ines, louis = person("ines.benali"), person("louis.petit")
    token, _ = linking.offer(INES)
    linking.redeem(ines, token)
    assert linking.person(INES) == ines
    with pytest.raises(LinkError) as refused:
        linking.redeem(louis, token)
    assert code(refused) == "used_link"
    with pytest.raises(LinkError) as refused:
        linking.offer(INES)
    assert code(refused) == "already_linked"


def test_an_address_lasts_a_quarter_of_an_hour() -> None:
    token, made = linking.offer(INES)
    assert timedelta(minutes=14) < made.expires_at - timezone.now() <= timedelta(minutes=15)
    LinkOffer.objects.update(expires_at=timezone.now())
    with pytest.raises(LinkError) as refused:
        linking.redeem(person("ines.benali"), token)
    assert code(refused) == "expired_link"


def test_a_new_address_ends_the_one_before() -> None:
    first, _ = linking.offer(INES)
    second, _ = linking.offer(INES)
    with pytest.raises(LinkError) as refused:
        linking.read_offer(first)
    assert code(refused) == "expired_link"
    assert linking.read_offer(second).matrix_id == INES


def test_a_token_is_kept_nowhere() -> None:
    token, made = linking.offer(INES)
    assert token not in str(vars(made))
    with pytest.raises(LinkError) as refused:
        linking.read_offer(token[:-1])
    assert code(refused) == "unknown_link"


def test_two_people_may_not_have_one_matrix_id() -> None:
    token, _ = linking.offer(INES)
    linking.redeem(person("ines.benali"), token)
    LinkOffer.objects.update(used_at=None)
    with pytest.raises(LinkError) as refused:
        linking.redeem(person("louis.petit"), token)
    assert code(refused) == "already_linked"


def test_opening_an_address_links_nothing_before_it_is_confirmed(client: Client) -> None:
    ines = person("ines.benali")
    client.force_login(ines)
    token, _ = linking.offer(INES)
    assert client.get(f"/link/{token}/").status_code == 200
    assert linking.people([INES]) == {}
    assert client.post(f"/link/{token}/").status_code == 302
    assert linking.people([INES]) == {INES: ines}
    assert client.get(f"/link/{token}/").status_code == 410


@pytest.mark.parametrize(("language", "said"), [("fr", "a déjà servi"), ("en", "has been used")])
def test_why_an_address_does_not_work_is_said_in_the_agents_language(client: Client, language: str, said: str) -> None:
    token, _ = linking.offer(INES)
    linking.redeem(person("ines.benali"), token)
    client.force_login(person("louis.petit"))
    page = client.get(f"/link/{token}/", headers={"Accept-Language": language})
    assert said in page.content.decode()
