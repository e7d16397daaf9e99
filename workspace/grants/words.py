"""How the pages say what applications may do, and what became of what they asked."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contract.grants import Act

#: What an act is called, and what it lets an application do.
ACTS: Final[dict[str, tuple[Promise, Promise]]] = {
    Act.READ: (
        _("Read for you"),
        _("Show in a room what you may read, where everyone there may read it too; search and send for you."),
    ),
    Act.SAVE: (_("Save files for you"), _("Save a file from a room into a folder, when you ask for it.")),
    Act.COMMENT: (
        _("Comment as you"),
        _("Write under a document, in your name, what you answer to its card in a room."),
    ),
    Act.SHARE: (_("Share for you"), _("Give a room access to what you own, when you say so.")),
}
#: Our own applications. Others are called what the operator called them.
SERVICES: Final[dict[str, Promise]] = {
    "bridge": _("Parvis in your rooms"),
    "find": _("The search bot, find"),
}
#: What was asked for, by `Use.What`.
USES: Final[dict[str, Promise]] = {
    "trade": _("Asked for a key"),
    "use": _("Used a key"),
    "finish": _("Finished an upload"),
    "introspect": _("Was shown a key"),
}
#: Why it was refused, by code.
REFUSALS: Final[dict[str, Promise]] = {
    "not_allowed": _("You had not allowed this."),
    "not_offered": _("The application does no such thing for people."),
    "target_needed": _("It did not say for what."),
    "not_found": _("You had no access to it, or it did not exist."),
    "role_needed": _("You could not do this with it yourself."),
    "revoked": _("You no longer allowed this."),
    "not_linked": _("The Matrix identity was no longer linked to you."),
    "expired_token": _("The key was too old."),
    "spent_token": _("The key had been used as often as it could be."),
    "other_service": _("It tried the key of another application."),
    "other_act": _("The key was for something else."),
    "other_target": _("The key was for another item."),
    "other_room": _("The key was for another room."),
    "too_large": _("It was larger than the key allowed."),
    "other_type": _("It was of a type that the key did not allow."),
}


def act(name: str) -> str:
    """What this act is called."""
    return str(ACTS[name][0])


def act_means(name: str) -> str:
    """What this act lets an application do."""
    return str(ACTS[name][1])


def service(name: str) -> str:
    """What the application of this name is called."""
    return str(SERVICES.get(name, name)) or str(_("An unknown application"))


def allowance(application: str, name: str) -> str:
    """Which application, and which act: “Parvis in your rooms: Read for you”."""
    return gettext("%(application)s: %(act)s") % {"application": service(application), "act": act(name)}


def use(name: str) -> str:
    """What was asked for."""
    return str(USES[name])


def refusal(code: str) -> str:
    """Why it was refused."""
    return str(REFUSALS.get(code, code))
