"""The book of uses: what was done, or tried, for whom, by which application, on what, asked from which room."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, connection
from django.utils import timezone

from contract.grants import Act
from workspace.accounts.models import User
from workspace.grants.models import ScenarioToken, Use

logger = logging.getLogger(__name__)

#: How long a use is kept, and a token after its end, so that what is tried with it then has an owner to be shown to.
KEPT, TOKENS_KEPT = timedelta(days=365), timedelta(days=7)
#: Refusals that are written of one token: who holds one could otherwise fill the book.
_REFUSALS = 20
_TIDIED_AT_ONCE, _EVERY = 1000, timedelta(hours=1)


def of_trade(
    user: User,
    service: str,
    act: Act,
    *,
    item: UUID | None,
    room: str,
    token: ScenarioToken | None = None,
    refused: str = "",
) -> None:
    """A service asked for a token."""
    Use.objects.create(
        user=user, token=token, service=service, what=Use.What.TRADE, act=act, item=item, room=room, refused=refused
    )
    logger.info("grants.trade service=%s act=%s user=%s refused=%s", service, act, user.pk, refused or "no")


def of_token(
    token: ScenarioToken,
    service: str,
    what: Use.What,
    act: Act,
    *,
    item: UUID | None = None,
    reference: UUID | None = None,
    refused: str = "",
) -> None:
    """Somebody used a token, or tried to. `act` and `item` are what they wanted, which need not be what it is for."""
    if refused and Use.objects.filter(token=token).exclude(refused="").count() >= _REFUSALS:
        return
    Use.objects.create(
        user=token.delegation.user,
        token=token,
        service=service,
        what=what,
        act=act,
        item=item,
        room=token.room,
        reference=reference,
        refused=refused,
    )
    logger.info("grants.%s service=%s act=%s token=%s refused=%s", what, service, act, token.pk, refused or "no")


async def now_and_then() -> None:
    """Tidy, and again every hour, until cancelled."""
    while True:
        try:
            await asyncio.to_thread(_in_a_thread)
        except DatabaseError as error:
            logger.warning("grants.not_tidied error=%s", type(error).__name__)
        await asyncio.sleep(_EVERY.total_seconds())


def tidy() -> int:
    """Delete what is older than it is kept. Answers how many rows went."""
    now = timezone.now()
    old_uses = Use.objects.filter(at__lt=now - KEPT).order_by("at").values_list("pk", flat=True)
    old_tokens = ScenarioToken.objects.filter(expires_at__lt=now - TOKENS_KEPT).values_list("pk", flat=True)
    gone = 0
    while ids := list(old_uses[:_TIDIED_AT_ONCE]):
        gone += Use.objects.filter(pk__in=ids).delete()[0]
    while ids := list(old_tokens[:_TIDIED_AT_ONCE]):
        gone += ScenarioToken.objects.filter(pk__in=ids).delete()[0]
    return gone


def _in_a_thread() -> None:
    try:
        if gone := tidy():
            logger.info("grants.tidied rows=%d", gone)
    finally:
        connection.close()
