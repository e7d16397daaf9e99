"""Why something cannot be done in a room."""

from __future__ import annotations

from django.utils.translation import gettext as _

from workspace.sharing.errors import NotPossible, NotThere


class NoSuchRoom(NotThere):
    """The service never said that it is in this room."""

    @property
    def message(self) -> str:
        """In words."""
        return _("This room is not known here.")


class NotMember(NotPossible):
    """Somebody who is not joined wants something in a room."""

    def __init__(self) -> None:
        super().__init__("not_a_member", _("Only members of the room can do this."))


class RoomTaken(NotPossible):
    """Another service keeps this room."""

    def __init__(self) -> None:
        super().__init__("room_taken", _("Another service keeps this room."))


class AlreadyBound(NotPossible):
    """The room hears of this already."""

    def __init__(self) -> None:
        super().__init__("already_bound", _("This room is bound to it already."))


class NotABinder(NotPossible):
    """Only those who bound the room to something may do this there, as the room chose."""

    def __init__(self) -> None:
        super().__init__("not_a_binder", _("In this room only those who bound it to something may do this."))


class TooManyBindings(NotPossible):
    """The room hears of enough. `limit` is how many bindings it may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "too_many_bindings", _("A room has at most %(limit)d bindings. End one first.") % {"limit": limit}
        )
