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


def reach(name: str) -> str:
    """Whom a link of this reach lets in."""
    return str(REACHES[str(name)])


def media_type(name: str) -> str:
    """What files of this type are called; the type itself where it has no better name."""
    return str(_TYPES.get(name, name)) or gettext("File of an unknown type")
