"""Why somebody cannot comment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from workspace.errors import Refusal


class CommentEmpty(Refusal):
    """There is nothing in it that shows."""

    code = "comment_empty"
    status = 400

    @property
    def message(self) -> str:
        """In words."""
        return _("Write something first.")


class CommentTooLong(Refusal):
    """`length` and `limit` are in characters."""

    code = "comment_too_long"
    status = 413

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(length, limit)
        self.length, self.limit = length, limit

    @property
    def message(self) -> str:
        """In words."""
        return _("A comment has at most %(limit)d characters; this one has %(length)d.") % {
            "limit": self.limit,
            "length": self.length,
        }

    @property
    def more(self) -> Mapping[str, Any]:
        """The limit."""
        return {"limit": self.limit}


class CommentConflict(Refusal):
    """Its author changed it in between, in another window or in a room: it is at `version` now."""

    code = "version_conflict"
    status = 412

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version

    @property
    def message(self) -> str:
        """In words."""
        return _("This comment was changed in between. Read it again, then change it.")

    @property
    def more(self) -> Mapping[str, Any]:
        """Where it is now."""
        return {"version": self.version}


class CommentDeleted(Refusal):
    """Nothing can be done with it any more."""

    code = "comment_deleted"
    status = 409

    @property
    def message(self) -> str:
        """In words."""
        return _("This comment was deleted.")


class NotYours(Refusal):
    """Somebody else wrote it."""

    code = "not_yours"
    status = 403

    @property
    def message(self) -> str:
        """In words."""
        return _("Only who wrote it may do this.")


class NotAnEmoji(Refusal):
    """A reaction is one emoji."""

    code = "not_an_emoji"
    status = 400

    @property
    def message(self) -> str:
        """In words."""
        return _("A reaction is one emoji.")


class PassageGone(Refusal):
    """The document has no such passage, or no longer."""

    code = "passage_gone"
    status = 409

    @property
    def message(self) -> str:
        """In words."""
        return _("This passage is not in the document any more. Comment on another, or on the whole document.")


class CannotMention(Refusal):
    """Somebody who is mentioned is not on the list of those who can be."""

    code = "cannot_mention"
    status = 400

    @property
    def message(self) -> str:
        """In words."""
        return _("Mention people from the list: those whom you can see to have access to this document.")


class GuestsNotTaken(Refusal):
    """The owner of the document did not allow words of people without a linked account."""

    code = "guests_not_taken"
    status = 403

    @property
    def message(self) -> str:
        """In words."""
        return _("Comments on this document are only taken from linked accounts. Write “!parvis link” to @parvis.")


class GuestIsLinked(Refusal):
    """The Matrix id belongs to an account: its words are that person's, or nobody's."""

    code = "guest_is_linked"
    status = 409

    @property
    def message(self) -> str:
        """In words."""
        return _("This Matrix id is linked to an account, and comments as that account or not at all.")


class Full(Refusal):
    """There is no room for one more. `limit` is how many there may be."""

    code = "too_many_comments"
    status = 409

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    @property
    def message(self) -> str:
        """In words."""
        return _("There are %(limit)d of them here already, and no room for more.") % {"limit": self.limit}

    @property
    def more(self) -> Mapping[str, Any]:
        """The limit."""
        return {"limit": self.limit}
