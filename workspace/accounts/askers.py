"""Who asks for what lasts, and whether they would still be let in while it does."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore
from rest_framework.request import Request

from workspace.accounts.models import ServiceAccount, User


@dataclass(frozen=True)
class Asker:
    """Who it is (None: nobody signed in), and what let them in: a session's key, or a token's SHA-256."""

    user: UUID | None
    session: str | None = None
    token_sha256: str | None = None

    def is_let_in(self) -> bool:
        """Whether they would still be let in now. Whoever is not signed in always is."""
        if self.user is None:
            return True
        if self.token_sha256 is not None:
            known = ServiceAccount.objects.filter(user=self.user, token_sha256=self.token_sha256)
            return known.filter(user__is_active=True).exists()
        if self.session is None or not User.objects.filter(pk=self.user, is_active=True).exists():
            return False
        return str(SessionStore(self.session).get("_auth_user_id")) == str(self.user)


def of(request: Request) -> Asker:
    """Who asks in this request."""
    if not request.user.is_authenticated:
        return Asker(None)
    if isinstance(request.auth, ServiceAccount):
        return Asker(request.user.pk, token_sha256=request.auth.token_sha256)
    return Asker(request.user.pk, session=request.session.session_key)
