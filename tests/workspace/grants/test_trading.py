"""The exchange: RFC 8693's shape, who may have which token, and that a refusal tells nobody what is there."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from contract.grants import GRANT_TYPE, SUBJECT_TYPE, TOKEN_TYPE, Act
from tests.workspace.grants.world import INES, ROOM, STRANGER, World, as_service, post_form
from tests.workspace.people import signed_in
from workspace.accounts import people
from workspace.grants.models import Delegation, ScenarioToken, Use

URL = "/api/v1.0/token/"


def test_the_answer_is_that_of_rfc_8693_and_no_cache_keeps_it(world: World) -> None:
    answer = world.exchange("read", resource=world.note.pk, room=ROOM)
    assert answer.status_code == 200
    said = answer.json()
    assert len(said.pop("access_token")) > 40
    assert said == {"issued_token_type": TOKEN_TYPE, "token_type": "Bearer", "expires_in": 900, "scope": "read"}
    assert answer["Cache-Control"] == "no-store"


def test_it_may_be_json_and_a_link_names_an_item_as_its_id_does(world: World) -> None:
    link = f"http://127.0.0.1:8400{world.folder.url}"
    body = {
        "grant_type": GRANT_TYPE,
        "subject_token": INES,
        "subject_token_type": SUBJECT_TYPE,
        "scope": "read",
        "resource": link,
        "media_types": ["image/png", "text/*"],
        "max_bytes": 5,
        "uses": 3,
        "minutes": 60,
    }
    world.allow(world.ines, Act.READ)
    answer = as_service("bridge").post(URL, body)
    assert answer.json()["expires_in"] == 3600
    kept = ScenarioToken.objects.get()
    assert (kept.target, kept.uses_left, kept.max_bytes) == (world.folder.pk, 3, 5)
    assert kept.media_types == ["image/png", "text/*"]


def test_a_token_is_kept_nowhere(world: World) -> None:
    token = world.token()
    assert token not in str(ScenarioToken.objects.values().get())
    assert token not in str(list(Use.objects.values()))


@pytest.mark.parametrize(
    ("more", "error", "code"),
    [
        ({"person": STRANGER}, "invalid_grant", "not_linked"),
        ({"person": INES}, "invalid_grant", "not_allowed"),
        ({"service": "find", "act": "save"}, "invalid_scope", "not_offered"),
        ({"service": "find"}, "invalid_grant", "not_allowed"),
        ({"act": "delete"}, "invalid_scope", "unknown_act"),
        ({"act": "read save"}, "invalid_scope", "unknown_act"),
        ({"act": "save"}, "invalid_target", "target_needed"),
        ({"resource": "https://ailleurs.test/docs/x/"}, "invalid_target", "not_found"),
        ({"resource": uuid4()}, "invalid_target", "not_found"),
        ({"minutes": 61}, "invalid_request", "invalid"),
        ({"minutes": 0}, "invalid_request", "invalid"),
        ({"uses": 0}, "invalid_request", "invalid"),
        ({"max_byte": 3}, "invalid_request", "invalid"),
        ({"media_types": "image"}, "invalid_request", "invalid"),
        ({"person": "camille"}, "invalid_request", "invalid"),
    ],
)
def test_what_is_refused_is_said_in_the_words_of_oauth_and_in_ours(
    world: World, more: dict[str, Any], error: str, code: str
) -> None:
    answer = world.exchange(**more)
    said = answer.json()
    assert (answer.status_code, said["error"], said["code"]) == (400, error, code)
    assert said["error_description"] == said["message"] != ""
    assert not ScenarioToken.objects.exists()


def test_another_grant_or_another_kind_of_subject_is_not_known_here(world: World) -> None:
    fields = {"grant_type": "password", "subject_token": INES, "subject_token_type": SUBJECT_TYPE, "scope": "read"}
    assert post_form("bridge", URL, fields).json()["error"] == "unsupported_grant_type"
    fields |= {"grant_type": GRANT_TYPE, "subject_token_type": TOKEN_TYPE}
    assert post_form("bridge", URL, fields).json()["error"] == "invalid_request"


def test_nobody_learns_by_it_whether_what_they_may_not_read_is_there(world: World) -> None:
    world.allow(world.ines, *Act)
    for act in Act:
        there = world.exchange(act, person=INES, resource=world.note.pk)
        nowhere = world.exchange(act, person=INES, resource=uuid4())
        assert there.status_code == nowhere.status_code == 400
        assert there.json() == nowhere.json()


def test_a_token_needs_the_role_that_its_act_needs(world: World) -> None:
    world.allow(world.ines, *Act)
    codes = {}
    for act in Act:
        answer = world.exchange(act, person=INES, resource=world.folder.pk)
        codes[act] = answer.json().get("code", "")
    assert codes == {"read": "", "comment": "role_needed", "save": "role_needed", "share": "role_needed"}
    assert world.exchange("save", resource=world.note.pk).json()["code"] == "not_found", "a document holds no files"


def test_what_is_traded_and_what_is_refused_is_in_the_book_of_the_person(world: World) -> None:
    world.exchange("read", resource=world.note.pk, room=ROOM)
    world.exchange("read", service="find")
    world.exchange("read", person=INES, resource=world.note.pk)
    assert world.book() == [("bridge", "trade", ""), ("find", "trade", "not_allowed")]
    assert world.book(world.ines) == [("bridge", "trade", "not_allowed")]
    first = Use.objects.filter(user=world.camille).earliest("pk")
    assert (first.item, first.room, first.act) == (world.note.pk, ROOM, "read")


def test_who_was_deactivated_or_revoked_has_no_token(world: World) -> None:
    Delegation.objects.filter(act=Act.READ).update(revoked_at=world.note.created_at)
    assert world.exchange("read").json()["code"] == "not_allowed"
    people.set_active(world.camille, False)
    assert world.exchange("save", resource=world.folder.pk).json()["code"] == "not_linked"


def test_the_exchange_is_for_services_that_act_for_people(world: World) -> None:
    assert world.exchange(service="archive").json()["error"] == "unauthorized_client"
    assert world.exchange(service="nobody").json()["error"] == "invalid_client"
    assert APIClient().post(URL, {}).status_code == 401
    assert signed_in(world.camille).post(URL, {}).status_code == 401
