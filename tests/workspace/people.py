"""People, and their browsers without a screen, for the tests of the workspace."""

from __future__ import annotations

from rest_framework.test import APIClient

from workspace.accounts.models import User


def person(name: str) -> User:
    """An agent of that name (`camille.martin`)."""
    full = name.replace(".", " ").title()
    return User.objects.create(sub=f"sub-{name}", email=f"{name}@test.gouv.test", full_name=full, username=name)


def signed_in(user: User) -> APIClient:
    """The API as `user` has it, with CSRF enforced nowhere."""
    client = APIClient()
    client.force_login(user)
    return client
