"""Spaces as the workspace knows them: rooms that are arranged together, and what all of them hear of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from contract.answers import Binding
from contract.ids import ItemId, MatrixId, RoomId, room_id

#: Rooms of one space that hear of what it is bound to.
MAX_SPACE_ROOMS = 500
#: Bindings that a space may have: each is one in every room of it.
MAX_SPACE_BINDINGS = 20


@dataclass(frozen=True)
class Space:
    """A space: those of its rooms that the workspace knows, and what it is bound to."""

    space_id: RoomId
    rooms: frozenset[RoomId]
    bindings: tuple[Binding, ...]

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(
            space_id=room_id(value["space_id"]),
            rooms=frozenset(room_id(one) for one in value["rooms"]),
            bindings=tuple(Binding.from_json({**one, "own": False, "by_space": True}) for one in value["bindings"]),
        )


class SpaceCalls:
    """The calls of `WorkspaceClient` about spaces."""

    if TYPE_CHECKING:
        _call: Callable[..., Awaitable[Any]]

    async def spaces(self) -> tuple[Space, ...]:
        """Every space that the workspace knows of us. It answers some at a time."""
        found: tuple[Space, ...]
        found, after = await self._call("GET", "spaces/", _spaces)
        while after is not None:
            more, after = await self._call("GET", f"spaces/?after={_path(after)}", _spaces)
            found += more
        return found

    async def put_space(self, space: RoomId, rooms: Sequence[RoomId], arrangers: Sequence[MatrixId]) -> Space:
        """Tell which of our rooms are in `space` now (all of them, at most `MAX_SPACE_ROOMS`), and who may say so
        there. Rooms of which the workspace was not told are left out: see `Space.rooms`.
        """
        body = {"rooms": list(rooms), "arrangers": list(arrangers)}
        told: Space = await self._call("PUT", f"spaces/{_path(space)}/", Space.from_json, body)
        return told

    async def forget_space(self, space: RoomId) -> None:
        """The service is no longer in `space`: what rooms had by it ends."""
        await self._call("DELETE", f"spaces/{_path(space)}/", _nothing)

    async def bind_space(
        self, space: RoomId, url: str, by: MatrixId, asked_in: RoomId, *, said_in: str | None = None
    ) -> Binding:
        """Bind `space` to what `url` opens, for the person of `by`, a member of the room `asked_in`, which is in it
        from now on.

        Raises `NotLinked`, `NotFound` or `Conflict` (`not_an_arranger`: they may not say what is in the space;
        `already_bound`, `too_many_bindings`, and where they may not bind that room `not_a_binder`, `not_a_moderator`).
        """
        body = {"url": url, "on_behalf_of": by, "asked_in": asked_in}
        bound: Binding = await self._call("POST", f"spaces/{_path(space)}/bindings/", Binding.from_json, body, said_in)
        return bound

    async def unbind_space(
        self, space: RoomId, item: ItemId, by: MatrixId, asked_in: RoomId, *, said_in: str | None = None
    ) -> None:
        """End a binding of `space`, for the person of `by`. Raises `NotLinked`, `NotFound` or `Conflict`
        (`not_an_arranger`).
        """
        where = f"spaces/{_path(space)}/bindings/{item}/remove/"
        await self._call("POST", where, _nothing, {"on_behalf_of": by, "asked_in": asked_in}, said_in)

    async def succeed_space(self, space: RoomId, successor: RoomId) -> Space:
        """`successor`, of which the workspace knows, came after `space`: bindings go over. Raises `NotFound`."""
        where, body = f"spaces/{_path(space)}/successor/", {"space_id": successor}
        told: Space = await self._call("POST", where, Space.from_json, body)
        return told


def _spaces(answer: Any) -> tuple[tuple[Space, ...], RoomId | None]:
    spaces, after = tuple(Space.from_json(one) for one in answer["spaces"]), answer["next"]
    return spaces, None if after is None else room_id(after)


def _nothing(_answer: Any) -> None:
    """The call gives nothing."""


def _path(space: RoomId) -> str:
    return quote(space, safe="")
