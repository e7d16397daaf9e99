"""Whether a person's account may be used."""

from __future__ import annotations

from workspace.accounts import linking
from workspace.accounts.models import User
from workspace.events import outbox


@outbox.in_turn
def set_active(user: User, active: bool) -> None:
    """Let `user` sign in, or no longer: sessions of theirs end at once, and rooms have them as somebody unlinked."""
    user.is_active = active
    user.save(update_fields=["is_active"])
    linking.tell_watchers(user)
