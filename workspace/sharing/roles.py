"""Roles and reaches: what somebody may do with an item, and who has a role without an access."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.IntegerChoices):
    """What somebody may do with an item; each role may do what the ones before it may."""

    READER = 10, _("reader")
    COMMENTER = 20, _("commenter")
    EDITOR = 30, _("editor")
    OWNER = 40, _("owner")

    @property
    def word(self) -> str:
        """How the API spells it: `reader`."""
        return self.name.lower()

    @classmethod
    def of_word(cls, word: str) -> Role:
        """The role that the API spells so. Raises `ValueError`."""
        try:
            return cls[word.upper()]
        except KeyError as error:
            raise ValueError(word) from error


#: Every role's word, for the API's description.
WORDS = [(role.word, role.label) for role in Role]


class LinkReach(models.TextChoices):
    """Who has the link role: nobody, everyone who is signed in, or everyone."""

    RESTRICTED = "restricted", _("only people with access")
    AUTHENTICATED = "authenticated", _("everyone who is signed in")
    PUBLIC = "public", _("everyone with the link")

    @property
    def width(self) -> int:
        """The wider, the more people it lets in."""
        return list(LinkReach).index(self)
