"""What a person allows: giving it, revoking it, and what ends it by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from contract.grants import Act
from contract.ids import MatrixId
from workspace.accounts import linking
from workspace.accounts.models import MatrixIdentity, User
from workspace.api import services
from workspace.events import outbox
from workspace.grants.errors import NotLinkedYet, NotOffered
from workspace.grants.models import Delegation

#: How long a delegation lasts.
LASTS = timedelta(days=180)


@dataclass(frozen=True)
class Offer:
    """What an application asks to be allowed; `living` is the delegation that allows it now, if one does."""

    service: str
    act: Act
    living: Delegation | None = None

    @property
    def value(self) -> str:
        """As a form has it: `bridge:read`."""
        return f"{self.service}:{self.act}"


def offers(user: User) -> list[Offer]:
    """What applications ask of `user`, by application, in the order of `Act`."""
    there = {(one.service, one.act): one for one in living(user)}
    return [
        Offer(service.name, act, there.get((service.name, act)))
        for service in services.acting()
        for act in Act
        if act in service.acts
    ]


def chosen(values: Iterable[str], user: User) -> list[Offer]:
    """The offers that a form names. Raises `NotOffered` for what nobody asks."""
    known = {offer.value: offer for offer in offers(user)}
    try:
        return [known[value] for value in dict.fromkeys(values)]
    except KeyError:
        raise NotOffered from None


def living(user: User) -> QuerySet[Delegation]:
    """What `user` allows now."""
    return Delegation.living().filter(user=user)


@outbox.in_turn
def link(user: User, token: str, allowed: Collection[Offer]) -> MatrixIdentity:
    """Link the Matrix id of a one-time address, and allow what was ticked, both or neither. Raises `LinkError`."""
    identity = linking.redeem(user, token)
    for offer in allowed:
        give(user, offer.service, offer.act)
    return identity


@outbox.in_turn
def give(user: User, service: str, act: Act) -> Delegation:
    """Let `service` do this for `user` from now on, for `LASTS`; what they allowed already lasts anew.

    Raises `NotLinkedYet` for somebody whom no application knows.
    """
    if not user.is_active or not user.matrix_identities.exists():
        raise NotLinkedYet
    now = timezone.now()
    there = living(user).filter(service=service, act=act).first()
    if there is not None:
        there.expires_at = now + LASTS
        there.save(update_fields=["expires_at"])
        return there
    # One that came to its end by itself makes room.
    _revoke(Delegation.objects.filter(user=user, service=service, act=act))
    return Delegation.objects.create(user=user, service=service, act=act, granted_at=now, expires_at=now + LASTS)


@outbox.in_turn
def revoke(delegation: Delegation) -> None:
    """From now on it allows nothing, nor do tokens that were traded for it."""
    _revoke(Delegation.objects.filter(pk=delegation.pk))


def follow_identity(user: User, _matrix_id: MatrixId) -> None:
    """A Matrix id was linked or unlinked, or an account (de)activated: without either, nothing is allowed any more."""
    if not user.is_active or not user.matrix_identities.exists():
        _revoke(Delegation.objects.filter(user=user))


def _revoke(delegations: QuerySet[Delegation]) -> None:
    delegations.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
