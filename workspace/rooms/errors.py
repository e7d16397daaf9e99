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


class NotAModerator(NotPossible):
    """Only those may do this whom the room lets change its settings, as the room chose."""

    def __init__(self) -> None:
        super().__init__(
            "not_a_moderator", _("In this room only those who may change the room’s settings may do this.")
        )


class NotAnArranger(NotPossible):
    """Somebody wants something for all rooms of a space who may not say which rooms are in it."""

    def __init__(self) -> None:
        super().__init__("not_an_arranger", _("Only those may do this who may add rooms to the space."))


class OnlyBySpace(NotPossible):
    """The room hears of it by a space, and nobody bound it to it by itself."""

    def __init__(self) -> None:
        super().__init__("by_space", _("This room follows it by its space: it ends with the space’s binding."))


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
