"""Whether what a room is told may be told it: every message is held to what its own attempt was answered.

All that the workspace knows carries a mark: a word for what it is, and the id of what one must be allowed to read to
see it. Whoever gets the key of a message sees its marks, and those in the file that it carries.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from bridge.attachments import Attachment
from bridge.files.crypto import Opening
from contract.ids import MatrixId, RoomId
from tests.bridge.fakes import SERVICES

TITLE, ACTOR, TEXT, AUTHOR, PASSAGE, CONTENT = "Titre", "Acteur", "Propos", "Auteur", "Passage", "Contenu"
_MARK = re.compile(rf"({'|'.join((TITLE, ACTOR, TEXT, AUTHOR, PASSAGE, CONTENT))})-([0-9a-f]{{32}})")


def mark(word: str, of: UUID) -> str:
    """What only those may see who may read `of`."""
    return f"{word}-{of.hex}"


def marks_in(content: Mapping[str, Any], carried: str = "") -> set[tuple[str, UUID]]:
    """The marks in the content of a message, and in the file that it carries."""
    return {(word, UUID(of)) for word, of in _MARK.findall(json.dumps(content, ensure_ascii=False) + carried)}


class Leak(AssertionError):
    """Something reached somebody who may not read it, or might have."""


@dataclass
class Attempt:
    """What one attempt has asked: who is in each room, and who may read what. At which step, each."""

    joined: dict[RoomId, int] = field(default_factory=dict)
    #: When it was last answered that all of these may read that; gone when the answer was that they may not.
    yes: dict[tuple[frozenset[MatrixId], UUID], int] = field(default_factory=dict)


_attempt: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def begin() -> None:
    """What this task does from now on, and those that it waits for, is another attempt: nothing was asked in it."""
    _attempt.set(Attempt())


def attempt() -> Attempt:
    """That of the task that asks."""
    mine = _attempt.get()
    if mine is None:
        mine = Attempt()
        _attempt.set(mine)
    return mine


class Oracle:
    """`step` gives the moment; in `rooms` people come and go; `media` is what the homeserver keeps.

    `told` counts what was sent that carries marks, by what it was (see `_what`).
    """

    def __init__(self, step: Callable[[], int], rooms: frozenset[RoomId], media: Mapping[str, bytes | Exception]):
        self._step = step
        self._rooms = rooms
        self._media = media
        self._sealed: dict[tuple[RoomId, str], set[frozenset[MatrixId]]] = {}
        self._wrote: dict[RoomId, tuple[Attempt, int]] = {}
        self.told: Counter[str] = Counter()
        #: What is marked with the first of these was kept as the second, and is that file's.
        self.kept_as: dict[UUID, UUID] = {}

    # -- what the bridge is answered

    def asked(self, room: RoomId) -> None:
        """An attempt was told who is in the room."""
        attempt().joined[room] = self._step()

    def heard(self, members: frozenset[MatrixId], of: UUID, *, may: bool) -> None:
        """An attempt was told whether all of these may read that."""
        if may:
            attempt().yes[members, of] = self._step()
        else:
            attempt().yes.pop((members, of), None)

    # -- what it does with the answers

    def sealed(
        self,
        room: RoomId,
        content: Mapping[str, Any],
        joined: frozenset[MatrixId],
        only_for: frozenset[MatrixId] | None,
    ) -> None:
        """These get the key. Raises `Leak` where one of them may not read, as far as was asked, what they see."""
        if only_for is None and self._marks(content):
            raise Leak(f"step {self._step()}: {room} is told something, whoever has come meanwhile: {content}")
        if not self._allowed(room, content, joined):
            raise Leak(f"step {self._step()}: {room} with {sorted(joined)} was told {content}")
        self._sealed.setdefault(_key(room, content), set()).add(joined)

    def sent(self, room: RoomId, txn_id: str, content: Mapping[str, Any]) -> None:
        """It is sent, maybe long after it was sealed: raises `Leak` unless it could be sealed now as it was then."""
        if not any(self._allowed(room, content, those) for those in self._sealed.get(_key(room, content), ())):
            raise Leak(f"step {self._step()}: {room} is sent what was sealed for others, or long ago: {content}")
        self._wrote[room] = attempt(), self._step()
        if marks := self._marks(content):
            self.told[_what(txn_id, content, marks)] += 1

    def _allowed(self, room: RoomId, content: Mapping[str, Any], joined: frozenset[MatrixId]) -> bool:
        """Whether the last answer to this very attempt, about exactly these and each thing that is named, was yes; and
        came after it asked who is in the room, and after others wrote there last: not while it waited for its turn.
        (In a direct chat there is one person, who was asked about first.)
        """
        mine, agents = attempt(), joined - SERVICES
        asked = mine.joined.get(room, 0) if room in self._rooms else 0
        writer, wrote = self._wrote.get(room, (mine, 0))
        if writer is not mine and room in self._rooms:
            asked = max(asked, wrote)
        return all(mine.yes.get((agents, of), -1) >= asked for _, of in self._marks(content))

    def _marks(self, content: Mapping[str, Any]) -> set[tuple[str, UUID]]:
        return {(word, self.kept_as.get(of, of)) for word, of in marks_in(content, self._carried(content))}

    def _carried(self, content: Mapping[str, Any]) -> str:
        """What a client makes of the attachment, if there is one."""
        file = attached.encrypted if (attached := Attachment.parse(content)) is not None else None
        ciphertext = self._media.get(file.url) if file is not None else None
        if file is None or not isinstance(ciphertext, bytes):
            return ""
        return Opening(file).update(ciphertext).decode("utf-8", "replace")


def _key(room: RoomId, content: Mapping[str, Any]) -> tuple[RoomId, str]:
    return room, json.dumps(content, sort_keys=True)


def _what(txn_id: str, content: Mapping[str, Any], marks: set[tuple[str, UUID]]) -> str:
    """What kind of message it is, by the beginning of its transaction id and by what it carries."""
    relation = content.get("m.relates_to", {}).get("rel_type")
    words = {word for word, _ in marks}
    what = txn_id.removeprefix("parvis.").removeprefix("whisper.").split(".", 1)[0]
    if what == "card" and len({of for word, of in marks if word == TITLE}) > 1:
        what = "flood"
    if what == "talk" and content["body"].startswith("👋"):
        what = "mention in a room"
    if what == "file":
        assert CONTENT in words, "it cannot be opened, or is something else"
        what = "file" if TITLE in words else "sealed file"
    return f"{what}, edited" if relation == "m.replace" else what
