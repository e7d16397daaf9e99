"""By which right a file is downloaded, to be asked again while it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from workspace.accounts.askers import Asker
from workspace.accounts.models import User
from workspace.drive import service
from workspace.drive.models import FileVersion
from workspace.grants.using import Ongoing
from workspace.sharing.errors import NotThere

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class Right(Protocol):
    """A right to one version of a file."""

    def holds(self) -> bool:
        """Whether it does now. It asks the database."""


@dataclass(frozen=True)
class OfAsker:
    """That of `actor`, whom `asker` let in: a person, a service account, or anyone where the file is public."""

    asker: Asker
    actor: User | AnonymousUser
    version: FileVersion

    def holds(self) -> bool:
        """See `Right.holds`."""
        return self.asker.is_let_in() and _may_read(self.actor, self.version)


@dataclass(frozen=True)
class OfToken:
    """That of a service with a scenario token of somebody."""

    use: Ongoing
    version: FileVersion

    def holds(self) -> bool:
        """See `Right.holds`."""
        return self.use.still() and _may_read(self.use.user, self.version)


def _may_read(actor: User | AnonymousUser, version: FileVersion) -> bool:
    """By the link alone one reads what the file is now: where there is a new version, no longer this one."""
    try:
        return service.version(actor, version.file_id, version.number).pk == version.pk
    except NotThere:
        return False
