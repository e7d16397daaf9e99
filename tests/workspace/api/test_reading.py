"""What a request brings: read within bounds, and refused in words that say what to mend."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.workspace.people import person, signed_in
from workspace.accounts.models import User
from workspace.api.services import Scope, Service
from workspace.sharing import serializers as shapes

pytestmark = pytest.mark.django_db
BASE = "/api/v1.0/"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def camille() -> User:
    return person("camille.martin")


@pytest.fixture
def api(camille: User) -> APIClient:
    return signed_in(camille)


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_key_that_is_not_known_is_refused_with_the_near_one(api: APIClient) -> None:
    answer = api.post(f"{BASE}documents/", {"title": "Note", "contnet": "Un"}, headers=ENGLISH)
    assert refused(answer) == (400, "invalid")
    assert answer.json()["fields"] == {"contnet": ["There is no “contnet” here. Did you mean “content”?"]}
    assert api.get(f"{BASE}documents/").json()["count"] == 0


def test_a_key_that_is_near_to_none_is_refused_with_those_that_there_are(api: APIClient) -> None:
    answer = api.post(f"{BASE}folders/", {"title": "Dossier", "x": 1}, headers=ENGLISH)
    assert answer.json()["fields"] == {"x": ["There is no “x” here. There are: title, parent, sealed."]}


def test_what_can_only_be_read_is_not_taken_for_changed(api: APIClient) -> None:
    answer = api.patch(f"{BASE}me/", {"email": "autre@test.gouv.test"}, headers=ENGLISH)
    assert answer.json()["fields"] == {"email": ["There is no “email” here. There are: language."]}
    assert api.patch(f"{BASE}me/", {"language": "en"}).status_code == 200


def test_a_slip_inside_a_list_is_found_too() -> None:
    asked = shapes.AudienceSerializer(data={"audiences": {}, "questions": [{"audiense": "r", "item": "x"}]})
    assert not asked.is_valid()
    assert "audiense" in asked.errors["questions"][0]


def test_of_many_long_slips_a_few_are_told(api: APIClient) -> None:
    answer = api.post(f"{BASE}folders/", {"title": "x"} | {f"{n}" * 1000: n for n in range(1000)})
    assert refused(answer) == (400, "invalid")
    assert len(answer.content) < 2_000


def test_json_that_is_nested_too_deep_is_unreadable(api: APIClient) -> None:
    for body in ("[" * 100_000, '{"a":' * 100_000):
        answer = api.generic("POST", f"{BASE}documents/", body, content_type="application/json")
        assert refused(answer) == (400, "unreadable")


def test_a_body_that_is_no_object_is_refused(api: APIClient) -> None:
    for body in ("[1]", '"title"', "3", "null"):
        answer = api.generic("POST", f"{BASE}documents/", body, content_type="application/json")
        assert refused(answer) == (400, "invalid")
        assert isinstance(answer.json()["fields"], dict)


def test_a_body_that_is_too_large_is_called_so_with_the_limit(api: APIClient) -> None:
    answer = api.post(f"{BASE}documents/", {"title": "x", "content": "a" * (5 << 20)})
    assert refused(answer) == (413, "too_large")
    assert answer.json()["limit"] == 4 << 20


@pytest.mark.parametrize(
    "query",
    [
        *("items/?offset=" + "9" * 30, "items/?offset=-1", "items/?offset=abc", "items/?parent=abc"),
        *("items/?kind=%00", "items/?kind=rien", "items/?trashed=peut-être", "users/?q=%00abc", "search/?q=%00"),
    ],
)
def test_an_address_that_asks_for_nothing_that_can_be_is_refused(api: APIClient, query: str) -> None:
    answer = api.get(BASE + query)
    assert refused(answer) == (400, "invalid")
    assert isinstance(answer.json()["fields"], dict)


@pytest.mark.parametrize("said", ["1", "true", "True"])
def test_the_trash_is_the_trash_however_one_says_yes(api: APIClient, said: str) -> None:
    folder = api.post(f"{BASE}folders/", {"title": "Parti"}).json()
    api.delete(f"{BASE}items/{folder['id']}/")
    assert [item["id"] for item in api.get(f"{BASE}items/?trashed={said}").json()["results"]] == [folder["id"]]
    assert api.get(f"{BASE}items/?trashed=0").json()["results"] == []


def test_no_cache_keeps_what_the_api_answers(api: APIClient) -> None:
    for path in ("me/", "documents/", "nowhere/"):
        assert "no-store" in api.get(BASE + path).headers["Cache-Control"]


def test_an_audience_that_is_not_given_is_named_in_the_services_language(monkeypatch: pytest.MonkeyPatch) -> None:
    from workspace.api import services

    monkeypatch.setattr(services, "of_token", {b"t": Service("bridge", frozenset({Scope.AUDIENCE}))}.get)
    question = {"audience": "salon", "item": "00000000-0000-4000-8000-000000000000"}
    for language, said in (("fr", "Ces publics ne sont pas donnés\u00a0: salon."), ("en", "These audiences are not")):
        answer = APIClient().post(
            f"{BASE}audience/",
            {"audiences": {}, "questions": [question]},
            headers={"Authorization": "Bearer t", "Accept-Language": language},
        )
        assert said in answer.json()["fields"]["non_field_errors"][0]
