"""How a service account asks: `Authorization: Bearer pvs_…`, and which views take it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from workspace.accounts import service_accounts
from workspace.accounts.models import ServiceAccount, User
from workspace.api.errors import Problem


class ServiceAccountAuthentication(BaseAuthentication):
    """`request.user` is the account's user, `request.auth` the `ServiceAccount`. Other bearer tokens are left alone."""

    def authenticate(self, request: Request) -> tuple[User, ServiceAccount] | None:
        """The account, or None where no token of one was sent."""
        words = get_authorization_header(request).split()
        if (
            len(words) != 2
            or words[0].lower() != b"bearer"
            or not words[1].startswith(service_accounts.PREFIX.encode())
        ):
            return None
        account = service_accounts.of_token(words[1].decode("latin-1"))
        if account is None:
            raise Problem(401, "unknown_account", _("This token is not known here: it was replaced or disabled."))
        return account.user, account

    def authenticate_header(self, request: Request) -> str:
        """What makes DRF answer 401."""
        return "Bearer"


class IsServiceAccount(BasePermission):
    """Whoever asks is a service account."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether it is."""
        return isinstance(request.auth, ServiceAccount)


class ReadByAccounts(APIView):
    """A view whose GET is for service accounts too. No other view knows their tokens: they change nothing anywhere."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        """See `APIView.get_authenticators`."""
        ways = super().get_authenticators()
        if self.request is not None and self.request.method in SAFE_METHODS:
            ways.append(ServiceAccountAuthentication())
        return ways
