"""Sign-in by OpenID Connect, as django-lasuite does it: `sub` is the person."""

from __future__ import annotations

from typing import Any

from lasuite.oidc_login.backends import OIDCAuthenticationBackend

from workspace.accounts.models import User


class Backend(OIDCAuthenticationBackend):  # type: ignore[misc]  # django-lasuite is not typed
    """Finds or makes the person of a `sub`, and takes over their name and address."""

    def get_extra_claims(self, user_info: dict[str, Any]) -> dict[str, Any]:
        """What is kept of the claims beside `sub` and `email`."""
        return {
            "full_name": self.compute_full_name(user_info) or "",
            "short_name": str(user_info.get("given_name") or "")[:100],
        }

    def get_user(self, user_id: Any) -> User | None:
        """Whose session it is: nobody's, once they are deactivated."""
        user: User | None = super().get_user(user_id)
        return user if user is not None and user.is_active else None

    def create_user(self, claims: dict[str, Any]) -> User:
        """A new person. They have no password: they sign in by OpenID Connect only."""
        user = User(**{**claims, "email": claims.get("email") or "", "username": claims["sub"]})
        user.set_unusable_password()
        user.save()
        return user
