"""The API says what it is, and refuses in one shape."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from tests.workspace.people import person, signed_in
from workspace.docs import service


@pytest.mark.django_db
def test_the_openapi_document_is_valid_and_complete(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json")
    schema = json.loads(capsys.readouterr().out)
    paths = set(schema["paths"])
    for path in ("documents/", "files/", "items/", "search/", "audience/", "rooms/", "me/identities/"):
        assert f"/api/v1.0/{path}" in paths


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "said"), [("fr", "Il n’y a rien ici"), ("en", "There is nothing here")])
def test_what_may_not_be_read_is_answered_like_what_is_not_there(language: str, said: str) -> None:
    owner, other = person("camille.martin"), person("ines.benali")
    made = service.create(owner, title="Plan social", content="", parent_id=None)
    client = signed_in(other)
    answers = [
        client.get(f"/api/v1.0/documents/{id_}/", headers={"Accept-Language": language}) for id_ in (made.pk, uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["code"] == "not_found"
    assert answers[0].json()["message"].startswith(said)


@pytest.mark.django_db
def test_who_is_not_signed_in_is_told_so_and_bad_json_is_called_so() -> None:
    answer = APIClient().get("/api/v1.0/documents/")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    client = signed_in(person("camille.martin"))
    answer = client.generic("POST", "/api/v1.0/documents/", "{", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")
    answer = client.post("/api/v1.0/documents/", {"content": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "title" in answer.json()["fields"]


@pytest.mark.django_db
def test_a_change_without_its_csrf_token_is_refused_as_the_pages_refuse_it() -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(person("camille.martin"))
    answer = client.post("/api/v1.0/documents/", {"title": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["audience/", "identities/lookup/", "search/"])
def test_the_service_api_is_not_for_people_nor_for_unknown_credentials(path: str) -> None:
    people = signed_in(person("camille.martin")).post(f"/api/v1.0/{path}", {})
    assert people.status_code in (401, 403, 405)
    unknown = APIClient().post(f"/api/v1.0/{path}", {}, headers={"Authorization": "Bearer guess"})
    assert unknown.status_code == 401
