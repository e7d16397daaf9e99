"""What becomes of what a page's view raises."""

from __future__ import annotations

import pytest
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from tests.workspace.people import person
from workspace.pages.views import form, page


def broken(_request: HttpRequest) -> HttpResponse:
    raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")


@pytest.mark.django_db
def test_what_no_column_can_hold_is_a_request_that_cannot_be_understood() -> None:
    for view, request in (
        (page(broken), RequestFactory().get("/x/")),
        (form(lambda: "/")(broken), RequestFactory().post("/x/")),
    ):
        request.user = person(f"camille.{request.method}")
        assert view(request).status_code == 400
