"""A scenario token is used. Everything is checked at that moment; what is refused is written down, and shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from rest_framework.request import Request

from contract.grants import Act
from workspace.accounts.models import MatrixIdentity, User
from workspace.api import services
from workspace.grants import roles, uses
from workspace.grants.authentication import Presented, presented
from workspace.grants.errors import Misuse
from workspace.grants.models import Delegation, ScenarioToken, Use
from workspace.sharing.errors import NotAllowed, NotThere


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to do with a token. `size` is in bytes; `reference` names what is begun, to be finished."""

    act: Act
    item: UUID | None = None
    room: str | None = None
    size: int | None = None
    media_type: str | None = None
    reference: UUID | None = None


@dataclass(frozen=True)
class Finishing:
    """What was begun with a token and may now be finished, for `user`, in (or on) `item`."""

    user: User
    item: UUID
    held: Presented
    wanted: Wanted

    def still(self, *, size: int, media_type: str) -> None:
        """Raise `Misuse` if this would not be admitted now. To be asked in the transaction that finishes it."""
        wanted = Wanted(self.wanted.act, self.item, size=size, media_type=media_type)
        _check(_fresh(self.held), wanted)


@dataclass(frozen=True)
class Ongoing:
    """A use that was taken, for `user`, and that lasts: a download. It takes no further use."""

    user: User
    held: Presented
    wanted: Wanted

    def still(self) -> bool:
        """Whether it would be admitted now, by the same credential. Where not, that is written down: ask no more."""
        try:
            service = services.of_digest(self.held.credential)
            if service is None or service.name != self.held.service.name or self.wanted.act not in service.acts:
                raise Misuse("other_service")
            _check(_fresh(self.held), self.wanted)
        except Misuse as refused:
            _write(self.held, Use.What.USE, self.wanted, refused.code)
            return False
        return True


def use(
    request: Request,
    act: Act,
    *,
    item: UUID | None = None,
    room: str | None = None,
    size: int | None = None,
    media_type: str | None = None,
    reference: UUID | None = None,
) -> User:
    """Take one use of the token that `request` presents, for exactly this, and say whose act it is.

    `item` must be the token's target (none, for a search), and the person must have the role on it that the act needs;
    `room` must be the token's where it is given here; `size` and `media_type` must be within its bounds. Call it
    outside any transaction, so that a refusal is kept. Raises `Misuse`.
    """
    held = presented(request)
    wanted = Wanted(act, item, room, size, media_type, reference)
    with _refusals_written(held, Use.What.USE, wanted):
        if act not in held.service.acts:
            raise Misuse("other_act")  # the operator has taken it from the service since
        return _take(held, wanted)


def ongoing(request: Request, act: Act, item: UUID) -> Ongoing:
    """Take one use, as `use` does, for what lasts: the right to it is to be asked again meanwhile."""
    return Ongoing(use(request, act, item=item), presented(request), Wanted(act, item))


@contextmanager
def finishing(request: Request, act: Act, reference: UUID) -> Iterator[Finishing]:
    """What this very token began as `reference`, to be finished inside the `with`; it takes no further use.

    All is checked at the beginning, and whatever is done inside is to ask `still` in its transaction. A `Misuse`, here
    or inside, is written down, and so is the end.
    """
    held = presented(request)
    wanted = Wanted(act, held.token.target, reference=reference)
    with _refusals_written(held, Use.What.FINISH, wanted):
        begun = Use.objects.filter(token=held.token, what=Use.What.USE, act=act, reference=reference, refused="")
        if held.token.target is None or not begun.exists():
            raise Misuse("other_target")
        token = _fresh(held)
        _check(token, wanted)
        yield Finishing(token.delegation.user, held.token.target, held, wanted)
    _write(held, Use.What.FINISH, wanted)


@transaction.atomic
def shown(token: ScenarioToken, to: str) -> bool:
    """Take one use of a token that another application was shown, and asks about. Whether it was good."""
    if _faults(token, Wanted(Act(token.delegation.act), token.target)) or not _taken(token):
        return False
    uses.of_token(token, to, Use.What.INTROSPECT, Act(token.delegation.act), item=token.target)
    return True


@transaction.atomic
def _take(held: Presented, wanted: Wanted) -> User:
    token = _fresh(held)
    _check(token, wanted)
    if not _taken(token):
        # Somebody was quicker: with the last use, or with the end of the delegation.
        _check(_fresh(held), wanted)
        raise Misuse("spent_token")
    _write(held, Use.What.USE, wanted)
    return token.delegation.user


def _taken(token: ScenarioToken) -> bool:
    """Take a use if there is one left, whatever others do at the same time.

    The conditions are on the row itself, which PostgreSQL looks at again when it has waited for another's update.
    """
    living = Delegation.living().filter(pk=token.delegation_id).values("pk")
    left = ScenarioToken.objects.filter(pk=token.pk, uses_left__gt=0, delegation_id__in=living)
    return bool(left.update(uses_left=F("uses_left") - 1))


def _fresh(held: Presented) -> ScenarioToken:
    """The token as it is now. One that was tidied away meanwhile was too old."""
    found = ScenarioToken.objects.select_related("delegation__user").filter(pk=held.token.pk).first()
    if found is None:
        raise Misuse("expired_token")
    return found


def _check(token: ScenarioToken, wanted: Wanted) -> None:
    if code := _faults(token, wanted):
        raise Misuse(code)


def _faults(token: ScenarioToken, wanted: Wanted) -> str:
    """The code of why this is not admitted; empty where it is."""
    delegation, now = token.delegation, timezone.now()
    if delegation.revoked_at is not None or delegation.expires_at <= now or not delegation.user.is_active:
        return "revoked"
    if not MatrixIdentity.objects.filter(matrix_id=token.matrix_id, user=delegation.user).exists():
        return "not_linked"
    if token.expires_at <= now:
        return "expired_token"
    return _out_of_bounds(token, wanted) or _without_right(delegation.user, wanted)


def _out_of_bounds(token: ScenarioToken, wanted: Wanted) -> str:
    if wanted.act != token.delegation.act:
        return "other_act"
    if wanted.item != token.target:
        return "other_target"
    if wanted.room is not None and wanted.room != token.room:
        return "other_room"
    if wanted.size is not None and token.max_bytes is not None and wanted.size > token.max_bytes:
        return "too_large"
    if wanted.media_type is not None and not _of_type(wanted.media_type, token.media_types):
        return "other_type"
    return ""


def _of_type(media_type: str, allowed: list[str]) -> bool:
    """Whether a type is one of these; none: any. `image/*` is every image."""
    return not allowed or media_type in allowed or f"{media_type.partition('/')[0]}/*" in allowed


def _without_right(user: User, wanted: Wanted) -> str:
    if wanted.item is None:
        return ""
    try:
        roles.open_target(user, wanted.act, wanted.item)
    except NotThere:
        return "not_found"
    except NotAllowed:
        return "role_needed"
    return ""


@contextmanager
def _refusals_written(held: Presented, what: Use.What, wanted: Wanted) -> Iterator[None]:
    try:
        yield
    except Misuse as refused:
        _write(held, what, wanted, refused.code)
        raise


def _write(held: Presented, what: Use.What, wanted: Wanted, refused: str = "") -> None:
    uses.of_token(
        held.token,
        held.service.name,
        what,
        wanted.act,
        item=wanted.item,
        reference=wanted.reference,
        refused=refused,
    )
