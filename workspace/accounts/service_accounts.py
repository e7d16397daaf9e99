"""Service accounts: made by operators, found by their token, shared with like a person."""

from __future__ import annotations

import hashlib
import re
import secrets

from django.db.models import Q, QuerySet
from django.utils import timezone

from workspace.accounts import people
from workspace.accounts.models import ServiceAccount, User
from workspace.events import outbox

#: What every token starts with: who finds one in a file or a log knows what it is.
PREFIX = "pvs_"
#: Where the addresses of service accounts are. No mail goes there, and no provider of identities gives one out.
DOMAIN = "service.invalid"
#: Characters after the prefix of a token that was made elsewhere: 32 random bytes have 43.
_SHORTEST = 40
_NAME = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")


class BadName(ValueError):
    """It is no name of a service account."""


class NameTaken(ValueError):
    """There is a service account of that name."""


class NoSuchAccount(LookupError):
    """There is no service account of that name."""


@outbox.in_turn
def make(name: str) -> str:
    """Make the account `name`, whom owners find by its name or as `<name>@service.invalid`. Its token, shown only here.

    Raises `BadName` or `NameTaken`.
    """
    if not _NAME.fullmatch(name):
        raise BadName(name)
    if ServiceAccount.objects.filter(name=name).exists():
        raise NameTaken(name)
    user = User(full_name=name, email=f"{name}@{DOMAIN}", username=f"service/{name}")
    user.set_unusable_password()
    user.save()
    token = _token()
    ServiceAccount.objects.create(user=user, name=name, token_sha256=_sha256(token), token_made_at=timezone.now())
    return token


class BadToken(ValueError):
    """It cannot be a token: it has another form, or is too short."""


@outbox.in_turn
def let_in(name: str, token: str) -> None:
    """Make the account `name` if there is none, and have `token`, made elsewhere, be the one that it proves itself by.

    Raises `BadName` or `BadToken`.
    """
    if not token.startswith(PREFIX) or len(token) < len(PREFIX) + _SHORTEST or not token.isascii():
        raise BadToken
    if not ServiceAccount.objects.filter(name=name).exists():
        make(name)
    account = _named(name)
    if account.token_sha256 != _sha256(token):
        account.token_sha256, account.token_made_at = _sha256(token), timezone.now()
        account.save(update_fields=["token_sha256", "token_made_at"])
    if not account.user.is_active:
        people.set_active(account.user, True)


@outbox.in_turn
def rotate(name: str) -> str:
    """A new token; the old one is worth nothing from now on, and who was disabled is let in again.

    Raises `NoSuchAccount`.
    """
    account, token = _named(name), _token()
    account.token_sha256, account.token_made_at = _sha256(token), timezone.now()
    account.save(update_fields=["token_sha256", "token_made_at"])
    people.set_active(account.user, True)
    return token


@outbox.in_turn
def disable(name: str) -> None:
    """Let it in no more. What is shared with it stays so until it is let in again. Raises `NoSuchAccount`."""
    account = _named(name)
    account.token_sha256 = None
    account.save(update_fields=["token_sha256"])
    people.set_active(account.user, False)


def of_token(token: str) -> ServiceAccount | None:
    """Whose token that is; nobody's if the account is disabled. (A look-up by a hash tells nothing by its time.)"""
    if not token.startswith(PREFIX):
        return None
    found = ServiceAccount.objects.filter(token_sha256=_sha256(token), user__is_active=True)
    return found.select_related("user").first()


def is_one(user: User) -> bool:
    """Whether `user` is a service account."""
    return ServiceAccount.objects.filter(user=user).exists()


def to_share_with() -> QuerySet[User]:
    """Everybody whom an owner can give an access: people who have signed in, and service accounts."""
    return User.objects.filter(Q(sub__isnull=False) | Q(service_account__isnull=False), is_active=True)


def _named(name: str) -> ServiceAccount:
    account = ServiceAccount.objects.select_related("user").filter(name=name).first()
    if account is None:
        raise NoSuchAccount(name)
    return account


def _token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
