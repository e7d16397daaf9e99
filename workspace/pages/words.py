"""How the pages say what the models hold: kinds, roles, reaches, media types."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

KINDS: Final[dict[str, Promise]] = {"document": _("Document"), "folder": _("Folder"), "file": _("File")}
#: By the API's names. What a role is called, and what it lets a person do.
ROLES: Final[dict[str, tuple[Promise, Promise]]] = {
    "reader": (_("Reader"), _("can read")),
    "commenter": (_("Commenter"), _("can read and comment")),
    "editor": (_("Editor"), _("can read and change")),
    "owner": (_("Owner"), _("can do everything, and say who else may")),
}
TEAMS: Final[dict[str, Promise]] = {"team": _("Team"), "room": _("Matrix room")}
REACHES: Final[dict[str, Promise]] = {
    "restricted": _("Only the people and rooms named here"),
    "authenticated": _("Everyone who is signed in and has the link"),
    "public": _("Everyone who has the link"),
}
#: What the commonest media types are called.
_TYPES: Final[dict[str, Promise]] = {
    "application/pdf": _("PDF"),
    "text/markdown": _("Markdown text"),
    "text/plain": _("Plain text"),
    "text/csv": _("CSV table"),
    "image/png": _("PNG image"),
    "image/jpeg": _("JPEG image"),
    "application/zip": _("ZIP archive"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _("Word document"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _("Excel sheet"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": _("PowerPoint slides"),
    "application/vnd.oasis.opendocument.text": _("OpenDocument text"),
    "application/vnd.oasis.opendocument.spreadsheet": _("OpenDocument sheet"),
    "application/vnd.oasis.opendocument.presentation": _("OpenDocument slides"),
    "application/octet-stream": _("File of an unknown type"),
}


def kind(name: str) -> str:
    """What items of this kind are called."""
    return str(KINDS[str(name)])


def role(name: str) -> str:
    """What this role is called."""
    return str(ROLES[name][0])


def role_means(name: str) -> str:
    """What this role lets a person do."""
    return str(ROLES[name][1])


def team(name: str) -> str:
    """What teams of this kind are called."""
    return str(TEAMS[str(name)])


def reach(name: str) -> str:
    """Whom a link of this reach lets in."""
    return str(REACHES[str(name)])


def media_type(name: str) -> str:
    """What files of this type are called; the type itself where it has no better name."""
    return str(_TYPES.get(name, name)) or gettext("File of an unknown type")


#: What the scripts say; `{name}` is filled in by them.
SCRIPTS: Final[dict[str, Promise]] = {
    "broken": _("Something broke on our side. Try again in a moment."),
    "unreachable": _("The workspace does not answer. Check your connection and try again."),
    "waiting": _("Waiting"),
    "starting": _("Starting…"),
    "sent": _("{percent} sent"),
    "checking": _("Being checked…"),
    "done": _("Done"),
    "cancelled": _("Cancelled"),
    "startedOf": _("The upload of {name} has started."),
    "doneOf": _("{name} is there."),
    "failedOf": _("{name} was not uploaded: {reason}"),
    "cancelledOf": _("The upload of {name} was cancelled."),
    "progressOf": _("Progress of {name}"),
    "cancelOf": _("Cancel the upload of {name}"),
    "retryOf": _("Try again: {name}"),
    "noFolders": _("Folders cannot be dropped: open them and choose their files."),
    "storeRefused": _("The store did not take it: it is larger than declared, or of another type."),
    "storeUnreachable": _("The store does not answer. Check your connection and try again."),
    "noPerson": _("Nobody found. A whole e-mail address works too."),
    "onePerson": _("{count} person found. Arrows choose."),
    "manyPeople": _("{count} people found. Arrows choose."),
    "yourText": _("your text"),
    "previewShown": _("The preview is shown."),
    "previewHidden": _("The text is shown."),
    "oneWord": _("{count} word"),
    "manyWords": _("{count} words"),
    "noChanges": _("Nothing was changed."),
    "draftKept": _("Draft kept in this browser, {time}."),
    "draftNotKept": _("This browser keeps no drafts: save now and then."),
    "draftFound": _("There is a draft of {time} that was not saved."),
    "draftOfOlder": _("There is a draft of {time}, written on an older version."),
}
