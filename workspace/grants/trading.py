"""A delegation becomes a scenario token: one act, on one target, within bounds, for minutes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contract.grants import DEFAULT_MINUTES, Act
from contract.ids import MatrixId
from workspace.accounts import linking
from workspace.accounts.models import User
from workspace.api.services import Service
from workspace.grants import delegations, roles, uses
from workspace.grants.errors import Misuse, TradeRefused
from workspace.grants.models import Delegation, ScenarioToken
from workspace.sharing.errors import NotAllowed, NotThere


@dataclass(frozen=True)
class Asked:
    """What a service asks for. See `contract.grants.Scenario`; whoever made this has checked the bounds."""

    act: Act
    person: MatrixId
    target: UUID | None = None
    room: str = ""
    max_bytes: int | None = None
    media_types: tuple[str, ...] = ()
    uses: int = 1
    minutes: int = DEFAULT_MINUTES


def trade(service: Service, asked: Asked) -> tuple[str, ScenarioToken]:
    """A new token for `service`, and what is kept of it.

    Raises `TradeRefused`, which the person is shown in the book of uses: `not_linked`, `not_offered`, `not_allowed` (no
    living delegation), `not_found` (no such target, or not theirs to read), `role_needed`.
    """
    user = linking.people([asked.person]).get(asked.person)
    if user is None:
        raise TradeRefused(
            "invalid_grant", "not_linked", _("This Matrix id is not linked to an account of the workspace.")
        )
    try:
        delegation = _delegation(service, user, asked.act)
        _check_target(user, asked)
    except TradeRefused as refused:
        uses.of_trade(user, service.name, asked.act, item=asked.target, room=asked.room, refused=refused.code)
        raise
    return _made(service, delegation, asked)


@transaction.atomic
def _made(service: Service, delegation: Delegation, asked: Asked) -> tuple[str, ScenarioToken]:
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    made = ScenarioToken.objects.create(
        token_sha256=digest(token),
        delegation=delegation,
        matrix_id=asked.person,
        target=asked.target,
        room=asked.room,
        max_bytes=asked.max_bytes,
        media_types=list(asked.media_types),
        uses_left=asked.uses,
        created_at=now,
        expires_at=now + timedelta(minutes=asked.minutes),
    )
    uses.of_trade(delegation.user, service.name, asked.act, item=asked.target, room=asked.room, token=made)
    return token, made


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _delegation(service: Service, user: User, act: Act) -> Delegation:
    if act not in service.acts:
        raise TradeRefused("invalid_scope", "not_offered", _("This application does no such thing for people."))
    found = delegations.living(user).filter(service=service.name, act=act).select_related("user").first()
    if found is None:
        raise TradeRefused(
            "invalid_grant",
            "not_allowed",
            _("The person has not allowed this, or no longer. They can on their account page."),
        )
    return found


def _check_target(user: User, asked: Asked) -> None:
    if asked.target is None:
        if asked.act is not Act.READ:
            raise TradeRefused("invalid_target", "target_needed", _("Say to which item this is to be done."))
        return
    try:
        roles.open_target(user, asked.act, asked.target)
    except NotThere as error:
        raise TradeRefused("invalid_target", "not_found", Misuse("not_found").message) from error
    except NotAllowed as error:
        raise TradeRefused("invalid_target", "role_needed", Misuse("role_needed").message) from error
