"""The two ports of the bridge: the middle speaks to rooms through `RoomSide` and is told of them through `RoomEvents`.

Nothing here knows a Matrix library. The middle (inbox, deliveries, bindings, commands) imports this module and
`contract`; `bridge.matrix` implements `RoomSide` and calls `RoomEvents`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

from bridge.attachments import Attachment
from contract.ids import EventId, MatrixId, RoomId

#: The largest event that Matrix carries is 65,536 bytes with everything in it. A plaintext content of at most this many
#: bytes of JSON fits in one after encryption, whatever signatures and relations are added to it.
MAX_CONTENT_BYTES = 40_000


#: State by which a space names a room that is in it, and a room a space that it is in (specification, "Spaces").
SPACE_CHILD, SPACE_PARENT = "m.space.child", "m.space.parent"


class Trust(IntEnum):
    """How far the sender of a message is proved; a policy compares with `>=`."""

    #: The session that encrypted it belongs to none of the sender's devices: somebody else wrote it. Never obey it.
    FORGED = 0
    #: It was not encrypted: the servers of the room can write what they like.
    CLEARTEXT = 1
    #: The sender's devices could not be known (their server did not answer), or the key came by way of somebody else.
    UNKNOWN_DEVICE = 2
    #: A device of the sender, which they have not cross-signed.
    KNOWN_DEVICE = 3
    #: A device that the sender's own identity has signed, the identity being the one that was seen first (or verified).
    CROSS_SIGNED = 4


@dataclass(frozen=True)
class RoomMessage:
    """One `m.room.message` of somebody else, decrypted. `body` is plain text as it was written, never trusted.

    `reply_to` is what it answers, `thread_root` the root of the thread that it is in, `replaces` the event that it
    edits (`body` is then the new text). `origin_ts` is in milliseconds since 1970, as the sender's server claims.
    `attachment` is the file that it carries, where it says of one what makes sense.
    """

    room: RoomId
    event_id: EventId
    sender: MatrixId
    body: str
    msgtype: str
    trust: Trust
    origin_ts: int
    reply_to: EventId | None = None
    thread_root: EventId | None = None
    replaces: EventId | None = None
    attachment: Attachment | None = None


@dataclass(frozen=True)
class Reaction:
    """Somebody else's reaction `key` (an emoji, or any text of theirs) to `target`.

    Clients do not encrypt reactions, so that servers can count them: most are `Trust.CLEARTEXT`, and the servers of the
    room can write what they like. Nothing may follow from one that its sender could not have done without it.
    """

    room: RoomId
    event_id: EventId
    sender: MatrixId
    target: EventId
    key: str
    trust: Trust

    @property
    def emoji(self) -> str:
        """`key` without what says whether it is a picture (U+FE0F): clients differ in that."""
        return self.key.replace("\ufe0f", "") or self.key


@dataclass(frozen=True)
class Redaction:
    """`target` was taken back, by its sender or by a moderator of the room: a message, or a reaction."""

    room: RoomId
    event_id: EventId
    sender: MatrixId
    target: EventId


@dataclass(frozen=True)
class Upgrade:
    """`room` was replaced by `successor`, says who may say so in `room`. `sender`'s server knows the successor."""

    room: RoomId
    sender: MatrixId
    successor: RoomId


@dataclass(frozen=True)
class Unreadable:
    """A message that cannot be decrypted: its key did not come in time, or it never was a valid one."""

    room: RoomId
    event_id: EventId
    sender: MatrixId


@dataclass(frozen=True)
class Invite:
    """Somebody invites the bridge. `encrypted` and `is_space` are what the invitation says of the room, `is_direct` is
    what they say.
    """

    room: RoomId
    sender: MatrixId
    is_direct: bool
    encrypted: bool
    is_space: bool = False


@dataclass(frozen=True)
class Sealed:
    """An event as it will be sent: encrypted, JSON only, safe to keep on disk and to send again after a crash.

    Sent twice with the same transaction id it is one event. It is bound to `room`: no other can decrypt it.
    """

    room: RoomId
    event_type: str
    content: Mapping[str, Any]


class RoomError(Exception):
    """The homeserver did not do what was asked. `reason` is for operators: ids and error codes, no text of people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Retriable(RoomError):
    """Trying again later may help: the homeserver is away, is overloaded, or failed."""


class RateLimited(Retriable):
    """The homeserver asks to wait `retry_after` seconds before anything is tried again."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"rate limited for {retry_after:.1f} s")
        self.retry_after = retry_after


class Permanent(RoomError):
    """Trying again will not help: not in the room (any more), not allowed, too large, refused as malformed.

    `code` is the Matrix error code (`M_FORBIDDEN`, `M_TOO_LARGE`…), or one of ours: `PARVIS_NOT_ENCRYPTED` where the
    room is not encrypted and nothing may therefore be written in it.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


class AudienceChanged(RoomError):
    """Other people are in the room than those for whom something was to be sealed: ask what they may read."""

    def __init__(self) -> None:
        super().__init__("the members of the room have changed")


#: `Permanent.code` of `RoomSide.seal` for a room without encryption.
NOT_ENCRYPTED = "PARVIS_NOT_ENCRYPTED"


class RoomSide(Protocol):
    """The rooms, as the middle of the bridge uses them. Every method may raise `RoomError`'s subclasses.

    Calls for different rooms may run at the same time; `seal` and `send` of one room are the caller's to keep in order.
    No method retries on its own: the caller owns back-off, order and bounds.
    """

    @property
    def user_id(self) -> MatrixId:
        """Who the bridge is in rooms."""
        ...

    @property
    def device_id(self) -> str:
        """Its device, cross-signed by its own identity."""
        ...

    async def joined_rooms(self) -> frozenset[RoomId]:
        """The rooms that the bridge is in, as the homeserver says (one request)."""
        ...

    async def joined_members(self, room: RoomId) -> frozenset[MatrixId]:
        """Who is joined to `room` now, the bridge included. From the bridge's own copy: cheap, kept right by events.

        Empty for a room that the bridge is not in.
        """
        ...

    async def display_name(self, room: RoomId, user: MatrixId) -> str:
        """What `user` is called in `room`, as their homeserver says: any text; empty where it says nothing (one
        request).
        """
        ...

    async def refresh(self, room: RoomId) -> None:
        """Read members and encryption of `room` from the homeserver again (two requests)."""
        ...

    async def is_encrypted(self, room: RoomId) -> bool:
        """Whether `room` is encrypted with Megolm. From the bridge's own copy. Once it is, it stays so."""
        ...

    async def seal(
        self, room: RoomId, event_type: str, content: Mapping[str, Any], *, only_for: frozenset[MatrixId] | None = None
    ) -> Sealed:
        """Encrypt an event for the devices that the policy admits of everyone joined to `room`, and give them the key.

        With `only_for`, only if these are who is joined (the bridge included), else `AudienceChanged` is raised: nobody
        gets the key of what they were not asked about.
        `m.relates_to` of `content` is copied outside of the encryption, as Matrix asks. The keys used are on disk
        before this returns: what is sealed and never sent is a gap in the numbering, nothing worse.
        Raises `Permanent(NOT_ENCRYPTED)` where the room is not encrypted: the bridge writes no cleartext.
        """
        ...

    async def send(self, room: RoomId, txn_id: str, sealed: Sealed) -> EventId:
        """Send once, under the bridge's device. The same `txn_id` gives the same event, whatever crashed in between.

        `txn_id` must name the sender too (two identities with one id in one room: the second message is lost).
        """
        ...

    async def react(self, room: RoomId, txn_id: str, target: EventId, key: str) -> EventId:
        """Put a reaction under a message, as clients do: not encrypted, for the servers count them."""
        ...

    async def redact(self, room: RoomId, txn_id: str, target: EventId) -> None:
        """Take back an event of the bridge."""
        ...

    async def message(self, room: RoomId, event_id: EventId) -> RoomMessage | None:
        """Somebody else's message of `room` again, as it was first written, by its id: what a reaction or a reply is
        about (one request).

        None where there is none that the bridge can read: it is no message, was taken back, is from before it came, or
        its key is not there.
        """
        ...

    def download(self, url: str, most: int) -> AsyncIterator[bytes]:
        """The file at `url` (mxc), piece by piece, at most `most` bytes of it: `Permanent` (`M_TOO_LARGE`) is raised
        for a larger one, `Retriable` where its server does not answer or it breaks off. It is what servers say that it
        is: check it.
        """
        ...

    async def upload(self, chunks: AsyncIterator[bytes], size: int) -> str:
        """Put a file of exactly `size` bytes on the bridge's homeserver, piece by piece, and say where (mxc)."""
        ...

    async def upload_limit(self) -> int | None:
        """The size in bytes of the largest file that the homeserver takes, None where it does not say (one request)."""
        ...

    async def join(self, room: RoomId, via: str | None = None) -> None:
        """Accept an invitation (or do nothing where it is joined) and learn the room's members and encryption.

        `via` is a homeserver that knows the room, where the bridge's own may not.
        """
        ...

    async def predecessor(self, room: RoomId) -> RoomId | None:
        """The room that `room` says it replaces, from its creation on (one request)."""
        ...

    async def successor(self, room: RoomId) -> RoomId | None:
        """The room that `room` says replaces it, from its end on; None too where we cannot see it (one request)."""
        ...

    async def is_space(self, room: RoomId) -> bool:
        """Whether `room` is a space: a room for arranging others, in which nobody writes (one request, then none)."""
        ...

    async def children(self, space: RoomId) -> Mapping[RoomId, MatrixId]:
        """The rooms that the state of `space` names as in it, each with who named it (one request).

        None where the bridge is not in it. What is named need not know of it: see `names_parent`.
        """
        ...

    async def names_parent(self, room: RoomId, space: RoomId) -> bool:
        """Whether the state of `room` says that it is in `space` (one request). The space need not agree."""
        ...

    async def allowed(self, room: RoomId, state_type: str | None) -> frozenset[MatrixId]:
        """Who of those who are joined to `room` has the power to send state of that type in it; None is a type that the
        room's power levels do not name, as most of its settings are (one request, or two).

        Nobody in a room that the bridge is not in.
        """
        ...

    async def leave(self, room: RoomId, reason: str) -> None:
        """Leave, or refuse an invitation, with a reason that its people may read. Nothing where it is not in it."""
        ...

    async def direct_room(self, user: MatrixId) -> RoomId:
        """The encrypted direct chat with `user`: the one there is, else a new one to which they are invited.

        A chat that they have left, or in which somebody else is or is invited, is not used again. What is sealed in it
        before they accept is readable to them when they do, on the devices they have now.
        """
        ...


class RoomEvents(Protocol):
    """What happens in rooms, as the middle hears of it.

    Each is stored before it is told, told in order for one room, and told again after a crash until the method has
    returned: be idempotent (by `event_id` where there is one). An exception is logged and the event is tried again
    with back-off while the room's later events wait; after a bound it is given up and logged. The bound is a day where
    the exception is that somebody is away (a `RoomError` that is not `Permanent`, or the workspace's `Unavailable`).
    """

    async def on_message(self, message: RoomMessage) -> None:
        """Somebody else wrote."""
        ...

    async def on_unreadable(self, event: Unreadable) -> None:
        """Somebody wrote what the bridge cannot read: a polite word may help them. At most once an event."""
        ...

    async def on_reaction(self, reaction: Reaction) -> None:
        """Somebody else reacted to a message."""
        ...

    async def on_redaction(self, redaction: Redaction) -> None:
        """A message or a reaction was taken back."""
        ...

    async def on_upgrade(self, upgrade: Upgrade) -> None:
        """A room was replaced by another, in which the bridge may not be yet."""
        ...

    async def on_arranged(self, space: RoomId) -> None:
        """Other rooms may be in `space` than before, if that is one and the bridge is in it."""
        ...

    async def on_invite(self, invite: Invite) -> None:
        """Somebody invites the bridge. It joins only if this calls `RoomSide.join`."""
        ...

    async def on_members_changed(self, room: RoomId) -> None:
        """The joined members of `room` are not who they were; ask `joined_members`. Also after a start, if so."""
        ...

    async def on_left(self, room: RoomId) -> None:
        """The bridge is not in `room` any more: it left, was removed or banned, or the room is gone."""
        ...
