"""What somebody needs on an item for a service to do something to it for them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from contract.grants import Act
from contract.resources import Kind
from workspace.accounts.models import User
from workspace.sharing import doors
from workspace.sharing.models import Item
from workspace.sharing.roles import Role

NEEDED: Final[dict[Act, Role]] = {
    Act.READ: Role.READER,
    Act.COMMENT: Role.COMMENTER,
    Act.SAVE: Role.EDITOR,
    Act.SHARE: Role.OWNER,
}


def open_target(user: User, act: Act, item: UUID) -> Item:
    """The item, if `user` may do this with it. Files are saved into folders. Raises `NotThere` or `NotAllowed`."""
    return doors.open_item(user, item, NEEDED[act], Kind.FOLDER if act is Act.SAVE else None)
