"""Errands: files that somebody asked to have saved or sent, until that is done; what was saved is remembered for good.

Ids only: no name, no key and no content of a file is here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from mautrix.util.async_db import Database

from bridge.store.delivery import milliseconds, moment
from contract.ids import EventId, ItemId, MatrixId, RoomId

#: For how long it is remembered what failed, and what was sent.
KEPT = timedelta(days=30)


class Kind(StrEnum):
    """What is to be done."""

    SAVE = "save"
    SEND = "send"
    OPEN = "open"


class State(StrEnum):
    """Where it is."""

    WAITING = "waiting"  # for its turn, or to be tried again
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Request:
    """What somebody asked by the event `asked`, in `room`, to be done as `person`.

    `subject` is the message whose attachment is to be saved; where a file is to be sent or opened it is `asked` again.
    `quiet`: asked without words, so that what concerns the person alone is told them alone. `thread` is the root of the
    thread in which it is answered, where that is known. `item` is what is to be sent or opened.
    """

    kind: Kind
    room: RoomId
    subject: EventId
    person: MatrixId
    asked: EventId
    quiet: bool = False
    thread: EventId | None = None
    item: ItemId | None = None

    @property
    def event_id(self) -> EventId:
        """The event by which it was asked."""
        return self.asked

    @property
    def is_kept(self) -> bool:
        """Whether nobody asked: the room keeps every file that is sent in it."""
        return self.kind is Kind.SAVE and self.asked == self.subject


@dataclass(frozen=True)
class Errand:
    """A request as it stands. `item`, of something saved, is the file that it is, or was about to be: it is there, or
    not. `mark` is the bridge's reaction under the subject.
    """

    id: int
    request: Request
    state: State
    attempts: int = 0
    item: ItemId | None = None
    mark: EventId | None = None


class ErrandTable:
    """The table of errands. There is one a room, kind and subject."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, request: Request) -> Errand | None:
        """It is to be done. Gives the errand if it was done before, for another asking; else it waits from now on
        (where it failed for another, anew), or did already.
        """
        row = await self._database.fetchrow(
            "SELECT * FROM middle_errand WHERE room_id=$1 AND kind=$2 AND subject=$3",
            request.room,
            request.kind,
            request.subject,
        )
        if row is None:
            await self._add(request)
            return None
        if row["asked"] == request.asked:
            return None  # told again after a crash
        if row["state"] == State.FAILED:
            await self._again(row["id"], request)
        return _errand(row) if row["state"] == State.DONE else None

    async def _add(self, request: Request) -> None:
        now = milliseconds(datetime.now(UTC))
        await self._database.execute(
            "INSERT INTO middle_errand"
            " (kind, room_id, subject, person, asked, quiet, thread, item, asked_at, due_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT (room_id, kind, subject) DO NOTHING",
            request.kind,
            request.room,
            request.subject,
            request.person,
            request.asked,
            request.quiet,
            request.thread,
            str(request.item) if request.item else None,
            now,
        )

    async def _again(self, number: int, request: Request) -> None:
        await self._database.execute(
            "UPDATE middle_errand SET state='waiting', attempts=0, person=$2, asked=$3, quiet=$4, thread=$5,"
            " asked_at=$6, due_at=$6 WHERE id=$1",
            number,
            request.person,
            request.asked,
            request.quiet,
            request.thread,
            milliseconds(datetime.now(UTC)),
        )

    async def waiting(self, request: Request) -> Errand | None:
        """What waits, or is being done, of what `request` asks for."""
        row = await self._database.fetchrow(
            "SELECT * FROM middle_errand WHERE room_id=$1 AND kind=$2 AND subject=$3 AND state='waiting'",
            request.room,
            request.kind,
            request.subject,
        )
        return None if row is None else _errand(row)

    async def hasten(self, errand: Errand) -> None:
        """It can be done now."""
        now = milliseconds(datetime.now(UTC))
        await self._database.execute("UPDATE middle_errand SET due_at=$2 WHERE id=$1", errand.id, now)

    async def due(self, running: Collection[int] = (), full: Collection[RoomId] = ()) -> Errand | None:
        """The oldest that can be done now, but for those and of none of those rooms."""
        found = await self._database.fetchrow(
            "SELECT * FROM middle_errand WHERE state='waiting' AND due_at<=$1"  # noqa: S608 - of parameters alone
            f"{_but('id', running, 2)}{_but('room_id', full, 2 + len(running))} ORDER BY id LIMIT 1",
            milliseconds(datetime.now(UTC)),
            *running,
            *full,
        )
        return None if found is None else _errand(found)

    async def next_due(self) -> datetime | None:
        """When something waiting can be done that cannot yet, None where there is nothing."""
        at = await self._database.fetchval(
            "SELECT MIN(due_at) FROM middle_errand WHERE state='waiting' AND due_at>$1", milliseconds(datetime.now(UTC))
        )
        return None if at is None else moment(at)

    async def saved_of(self, room: RoomId, subject: EventId) -> ItemId | None:
        """The file that the attachment of a message of `room` was saved as."""
        item = await self._database.fetchval(
            "SELECT item FROM middle_errand WHERE room_id=$1 AND subject=$2 AND kind='save' AND state='done'",
            room,
            subject,
        )
        return None if item is None else ItemId(UUID(item))

    async def source_of(self, room: RoomId, item: ItemId) -> EventId | None:
        """The message of `room` whose attachment was saved as `item`."""
        subject = await self._database.fetchval(
            "SELECT subject FROM middle_errand WHERE room_id=$1 AND item=$2 AND kind='save' AND state='done'",
            room,
            str(item),
        )
        return None if subject is None else EventId(subject)

    async def get(self, number: int) -> Errand | None:
        """One by its number."""
        row = await self._database.fetchrow("SELECT * FROM middle_errand WHERE id=$1", number)
        return None if row is None else _errand(row)

    async def about_to_be(self, errand: Errand, item: ItemId) -> None:
        """From now on its attachment may be saved as `item`, whether we hear of it or not."""
        await self._database.execute("UPDATE middle_errand SET item=$2 WHERE id=$1", errand.id, str(item))

    async def rooted(self, errand: Errand, thread: EventId) -> None:
        """It is answered in the thread of this root."""
        await self._database.execute("UPDATE middle_errand SET thread=$2 WHERE id=$1", errand.id, thread)

    async def marked(self, errand: Errand, mark: EventId | None) -> None:
        """This is the bridge's reaction now."""
        await self._database.execute("UPDATE middle_errand SET mark=$2 WHERE id=$1", errand.id, mark)

    async def later(self, errand: Errand, seconds: float) -> None:
        """It did not work: it is tried again after so many seconds."""
        await self._database.execute(
            "UPDATE middle_errand SET attempts=attempts+1, due_at=$2 WHERE id=$1",
            errand.id,
            milliseconds(datetime.now(UTC) + timedelta(seconds=seconds)),
        )

    async def over(self, errand: Errand, state: State) -> None:
        """It is done, or failed for good."""
        await self._database.execute("UPDATE middle_errand SET state=$2 WHERE id=$1", errand.id, state)

    async def forget(self, errand: Errand) -> None:
        """There was nothing to do."""
        await self._database.execute("DELETE FROM middle_errand WHERE id=$1", errand.id)

    async def prune(self) -> None:
        """Forget what is old, but never what was saved."""
        await self._database.execute(
            "DELETE FROM middle_errand WHERE asked_at<$1 AND (state='failed' OR (state='done' AND kind<>'save'))",
            milliseconds(datetime.now(UTC) - KEPT),
        )


def _but(column: str, values: Collection[object], first: int) -> str:
    """That a column has none of so many values, whose parameters are numbered from `first` on."""
    numbered = ", ".join(f"${first + number}" for number in range(len(values)))
    return f" AND {column} NOT IN ({numbered})" if values else ""


def _errand(row: Mapping[str, Any]) -> Errand:
    item = ItemId(UUID(row["item"])) if row["item"] else None
    request = Request(
        kind=Kind(row["kind"]),
        room=RoomId(row["room_id"]),
        subject=EventId(row["subject"]),
        person=MatrixId(row["person"]),
        asked=EventId(row["asked"]),
        quiet=bool(row["quiet"]),
        thread=EventId(row["thread"]) if row["thread"] else None,
        item=item,
    )
    return Errand(
        id=row["id"],
        request=request,
        state=State(row["state"]),
        attempts=row["attempts"],
        item=item,
        mark=EventId(row["mark"]) if row["mark"] else None,
    )
