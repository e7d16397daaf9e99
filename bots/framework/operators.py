"""What operators ask of a bot's store, beside the running bot: `parvis identities forget`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bots.framework.errors import BotError
from bots.framework.state import State


class NoStore(BotError):
    """The bot has never run here: there is nothing to change."""


def forget_identity(directory: Path, user_id: str) -> bool:
    """Have the bot whose store is in `directory` take the identity that `user_id` has now for theirs, at once.

    False where it has seen none of theirs. Raises `NoStore`.
    """
    file = directory / "state.db"
    if not file.exists():
        raise NoStore(f"There is no {file}: the bot has not run yet.")
    with closing(State(file)) as state:
        return state.forget_master(user_id)
