"""What the templates say again and again, and the pages for what went wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation

from workspace.pages import errors, words
from workspace.pages.templatetags import parvis as tags

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOON)


@pytest.mark.parametrize(
    ("ago", "french", "english"),
    [
        (timedelta(hours=1), "aujourd’hui à 11:00", "today at 11:00"),
        (timedelta(hours=20), "hier à 16:00", "yesterday at 16:00"),
        (timedelta(days=20), "le 3 novembre à 12:00", "3 November at 12:00"),
        (timedelta(days=800), "14 septembre 2024", "14 September 2024"),
    ],
)
def test_a_moment_is_said_as_a_person_says_it(ago: timedelta, french: str, english: str) -> None:
    for language, said in (("fr", french), ("en", english)):
        with translation.override(language):
            assert f">{said}</time>" in tags.when(NOON - ago)


def test_a_moment_tells_machines_exactly() -> None:
    assert 'datetime="2026-11-23T12:00:00+01:00"' in tags.when(NOON)
    assert tags.when(None) == ""


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Inès Benali", "IB"), ("Jean-Paul de la Tour", "JT"), ("Zoé", "Z"), ("  ", "?"), ("<b>", "?"), ("“x", "?")],
)
def test_a_person_without_a_picture_has_initials(name: str, initials: str) -> None:
    assert f">{initials}</span>" in tags.avatar(name)


def test_a_person_keeps_their_colour() -> None:
    assert tags.avatar("Inès Benali") == tags.avatar("Inès Benali")


def test_what_scripts_say_cannot_end_the_script() -> None:
    assert str(tags.script_words()).count("<") == 2


def test_a_type_that_has_no_better_name_is_said_as_it_is() -> None:
    assert words.media_type("application/x-thing") == "application/x-thing"
    with translation.override("fr"):
        assert words.media_type("") == "Fichier de type inconnu"


def test_what_broke_is_said_without_what_is_inside() -> None:
    with translation.override("fr"):
        page = errors.broken(RequestFactory().get("/docs/"))
    assert page.status_code == 500
    assert "Une erreur s’est produite de notre côté" in page.content.decode()
    assert '<html lang="fr">' in page.content.decode()


def test_the_api_is_refused_in_its_own_form() -> None:
    request = RequestFactory().get("/api/v1.0/nothing/")
    for view, status, code in (
        (errors.bad_request, 400, "bad_request"),
        (errors.forbidden, 403, "not_allowed"),
        (errors.not_found, 404, "not_found"),
        (errors.broken, 500, "broken"),
        (errors.csrf_failure, 403, "csrf_failed"),
    ):
        answer = view(request)  # type: ignore[operator]
        assert answer.status_code == status
        assert f'"code": "{code}"' in answer.content.decode()
