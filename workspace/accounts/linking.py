"""Whose a Matrix id is: looking up, one-time addresses that prove it, linking and unlinking."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from contract.events import Event, EventType
from contract.ids import MatrixId, Sub
from workspace.accounts.models import LinkOffer, MatrixIdentity, User
from workspace.errors import Refusal
from workspace.events import outbox

#: How long a one-time address can be opened.
OFFER_LASTS = timedelta(minutes=15)
#: For how long after its end an offer can still be told from one that never was.
_OFFER_REMEMBERED = timedelta(days=7)

#: Called inside the transaction that changes whether a Matrix id stands for a person: `workspace.rooms` keeps its teams
#: by it.
_watchers: list[Callable[[User, MatrixId], None]] = []


class LinkError(Refusal):
    """A Matrix id cannot be linked (or unlinked). `message` says why and what to do."""

    def __init__(self, code: str, message: str, status: int = 409) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self._message = message

    @property
    def message(self) -> str:
        """In words."""
        return self._message


def watch(watcher: Callable[[User, MatrixId], None]) -> None:
    """Have `watcher` called in each transaction that links or unlinks a Matrix id, after the change."""
    _watchers.append(watcher)


def tell_watchers(user: User) -> None:
    """Whether the Matrix ids of `user` stand for them has changed. Must be called in the transaction that does it."""
    for identity in user.matrix_identities.all():
        for watcher in _watchers:
            watcher(user, MatrixId(identity.matrix_id))


def people(matrix_ids: Iterable[str]) -> dict[str, User]:
    """Whose these Matrix ids are; the ones that are nobody's are missing. One query."""
    found = MatrixIdentity.objects.filter(matrix_id__in=set(matrix_ids), user__is_active=True).select_related("user")
    return {identity.matrix_id: identity.user for identity in found}


def person(matrix_id: str) -> User:
    """Whose `matrix_id` is. Raises `LinkError` (`not_linked`)."""
    user = people([matrix_id]).get(matrix_id)
    if user is None:
        raise LinkError(
            "not_linked", _("This Matrix id is not linked to an account. Write “!parvis link” to @parvis."), 404
        )
    return user


@outbox.in_turn
def offer(matrix_id: MatrixId) -> tuple[str, LinkOffer]:
    """A new one-time token for `matrix_id`, and what is kept of it. Earlier ones for it end.

    Raises `LinkError` (`already_linked`).
    """
    if MatrixIdentity.objects.filter(matrix_id=matrix_id).exists():
        raise LinkError(
            "already_linked", _("This Matrix id is linked already. It can be unlinked on the account page.")
        )
    now = timezone.now()
    LinkOffer.objects.filter(matrix_id=matrix_id, used_at=None, expires_at__gt=now).update(expires_at=now)
    LinkOffer.objects.filter(expires_at__lt=now - _OFFER_REMEMBERED).delete()
    token = secrets.token_urlsafe(32)
    made = LinkOffer.objects.create(token_sha256=_sha256(token), matrix_id=matrix_id, expires_at=now + OFFER_LASTS)
    return token, made


def read_offer(token: str) -> LinkOffer:
    """The offer of `token`, still good. Raises `LinkError` (`unknown_link`, `used_link`, `expired_link`)."""
    found = LinkOffer.objects.filter(token_sha256=_sha256(token)).first()
    if found is None:
        raise LinkError(
            "unknown_link", _("This address is not one of ours. Write “!parvis link” to @parvis for another."), 404
        )
    if found.used_at is not None:
        raise LinkError(
            "used_link",
            _("This address has been used. Each works once; write “!parvis link” to @parvis for another."),
            410,
        )
    if found.expires_at <= timezone.now():
        raise LinkError(
            "expired_link",
            _("This address is too old. Each works for 15 minutes; write “!parvis link” to @parvis for another."),
            410,
        )
    return found


@outbox.in_turn
def redeem(user: User, token: str) -> MatrixIdentity:
    """Link the offer's Matrix id to `user`, who opened it signed in and confirmed. Raises `LinkError`.

    Two people who open the same address at once: one of them is linked.
    """
    if not user.sub:
        raise LinkError("not_an_agent", _("An operator's account cannot be linked. Sign in as an agent."), 403)
    found = read_offer(token)
    if not LinkOffer.objects.filter(pk=found.pk, used_at=None).update(used_at=timezone.now()):
        return redeem(user, token)  # somebody was quicker: say so
    identity, made = MatrixIdentity.objects.get_or_create(matrix_id=found.matrix_id, defaults={"user": user})
    if not made:
        raise LinkError("already_linked", _("This Matrix id was linked in the meantime."))
    _tell(EventType.IDENTITY_LINKED, identity)
    return identity


@outbox.in_turn
def unlink(identity: MatrixIdentity) -> None:
    """Forget whose a Matrix id is. What its person had by their rooms, they have no longer."""
    identity.delete()
    _tell(EventType.IDENTITY_UNLINKED, identity)


def _tell(what: EventType, identity: MatrixIdentity) -> None:
    user, matrix_id = identity.user, MatrixId(identity.matrix_id)
    for watcher in _watchers:
        watcher(user, matrix_id)
    extra: dict[str, str | int | bool] = {"matrix_id": matrix_id}
    outbox.emit(Event.now(what, "accounts", f"accounts/user/{user.sub}", actor=Sub(user.sub or ""), extra=extra))


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
