"""What somebody's client could read: all that it ever decrypted, and all that it has the keys for, whoever keeps it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bots.framework.errors import Undecryptable
from bots.framework.homeserver import quoted
from bots.framework.machine import Decrypted, Sealed
from parvis.tour.cast import PATIENCE, Actor


@dataclass(frozen=True)
class Read:
    """One event that was decrypted."""

    room: str
    content: Mapping[str, Any]

    @property
    def body(self) -> str:
        """What is to be shown: of an edit, what it says now."""
        return str(self.content.get("m.new_content", self.content).get("body", ""))

    @property
    def is_card(self) -> bool:
        """Whether it is a card, or an edit of one."""
        return self.content.get("msgtype") == "m.notice"

    def has(self, word: str) -> bool:
        """Whether it holds that word anywhere."""
        return word in json.dumps(self.content, ensure_ascii=False)


@dataclass
class Overheard:
    """What `actor`'s client decrypted since, in order, also what it dropped after that."""

    actor: Actor
    read: list[Read] = field(default_factory=list)

    def cards(self, room: str) -> list[Read]:
        """The cards of a room, edits of them too."""
        return [one for one in self.read if one.room == room and one.is_card]

    async def next_card(self, room: str, after: int) -> Read:
        """The card that follows the first `after` ones in a room."""
        await self.actor.client.wait_until(lambda: len(self.cards(room)) > after, PATIENCE, "a card")
        return self.cards(room)[after]

    async def ever_has(self, words: list[str], room: str, witness: Actor) -> list[str]:
        """Which of these words the client decrypted anywhere, or could decrypt of all that `witness`, who has been in
        the room from its beginning, is given of it.
        """
        found = [word for word in words if any(one.has(word) for one in self.read)]
        async for raw in _history(witness, room):
            if (content := self._opened(room, raw)) is not None:
                found += [word for word in words if Read(room, content).has(word)]
        return sorted(set(found))

    def _opened(self, room: str, raw: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if raw.get("type") != "m.room.encrypted" or not raw.get("content"):
            return None
        try:
            return self.actor.client.client._machine.decrypt(room, Sealed.parse(raw["content"])).content
        except Undecryptable:
            return None


@contextmanager
def overhearing(actor: Actor) -> Iterator[Overheard]:
    """All that `actor`'s client decrypts while the block runs."""
    overheard, machine = Overheard(actor), actor.client.client._machine
    decrypt = machine.decrypt

    def noted(room_id: str, sealed: Sealed) -> Decrypted:
        decrypted = decrypt(room_id, sealed)
        overheard.read.append(Read(room_id, decrypted.content))
        return decrypted

    machine.decrypt = noted  # type: ignore[method-assign]
    try:
        yield overheard
    finally:
        machine.decrypt = decrypt  # type: ignore[method-assign]


async def _history(witness: Actor, room: str) -> AsyncIterator[Mapping[str, Any]]:
    query = {"dir": "b", "limit": "200"}
    while True:
        answer = await witness.client.client.homeserver.get(f"/rooms/{quoted(room)}/messages", query)
        for raw in answer["chunk"]:
            yield raw
        if "end" not in answer:
            return
        query["from"] = answer["end"]
