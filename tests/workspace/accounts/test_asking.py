"""Who asks."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from workspace.accounts.asking import signed_in
from workspace.accounts.models import User


def test_whoever_is_signed_in_asks() -> None:
    request = RequestFactory().get("/")
    request.user = User(sub="sub")
    assert signed_in(request) is request.user


def test_a_view_that_forgot_its_guard_answers_nobody() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with pytest.raises(PermissionDenied):
        signed_in(request)
