"""Who plays in the tour: an agent at their browser and at their Matrix client."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from bots.framework.trust import Trust
from parvis.browser import Browser
from parvis.chat import identity_of
from parvis.chat.agent import Agent, Seen
from parvis.chat.people import Person, find_person
from parvis.errors import ParvisError
from parvis.layout import Layout

#: Seconds that anything may take to arrive.
PATIENCE = 90.0


@dataclass
class Actor:
    """One of them."""

    person: Person
    browser: Browser
    client: Agent

    @classmethod
    async def enter(cls, layout: Layout, id_: str, device: str = "tour") -> Self:
        """Sign in at both, in Matrix as that device of theirs: who plays at the same time needs another."""
        person = find_person(layout.home, id_)
        browser = await Browser.sign_in(layout.workspace_url, id_)
        try:
            client = await Agent.open(
                person.homeserver,
                person.user_id,
                person.password,
                layout.home / "data" / device / id_,
                secrets=identity_of(layout.home, id_),
                device_name=f"parvis {device}",
            )
        except BaseException:
            await browser.close()
            raise
        return cls(person, browser, client)

    async def leave(self) -> None:
        """Go home."""
        await self.client.close()
        await self.browser.close()

    async def name(self) -> str:
        """Who the workspace says that they are."""
        me = await self.browser.api("GET", "me/")
        return f"{me['full_name']} <{me['email']}>"

    async def link(self, parvis: str) -> str:
        """Ask `parvis` for a linking address, open it, confirm; and allow applications what they ask."""
        linked = await self.browser.api("GET", "me/identities/")
        if any(one["matrix_id"] == self.person.user_id for one in linked):
            await self.browser.allow_all()
            return f"{self.person.user_id} is linked already"
        room = await self.client.direct_with(parvis)
        await self.client.wait_joined(room, parvis, PATIENCE)
        before = {seen.event_id for seen in self.client.messages(room)}
        await self.client.send(room, "!parvis link")
        answer = await self._hears(room, parvis, lambda one: one.event_id not in before and _has(one, "/link/"))
        address = re.search(r"https?://\S+/link/\S+", answer.body)
        if address is None:
            raise ParvisError(f"{parvis} sent no address to {self.person.user_id}.")
        await self.browser.confirm_link(address[0])
        return f"{self.person.user_id} is {await self.name()}"

    async def asks(self, room: str, command: str, whom: str, *, for_: str = "") -> Seen:
        """Write a command, and hear the answer (which has the pattern `for_`)."""
        asked = await self.client.send(room, command)
        return await self._hears(room, whom, lambda one: one.reply_to == asked and _has(one, for_))

    async def hears(self, room: str, whom: str, pattern: str) -> Seen:
        """What `whom` says in `room` that has the pattern, decrypted here."""
        return await self._hears(room, whom, lambda one: _has(one, pattern))

    async def _hears(self, room: str, whom: str, which: Callable[[Seen], bool]) -> Seen:
        seen = await self.client.wait_message(room, lambda one: one.sender == whom and which(one), PATIENCE)
        if not seen.encrypted or seen.trust is not Trust.CROSS_SIGNED:
            raise ParvisError(f"What {whom} said came as {seen.trust.name}: it is not proved to be theirs.")
        return seen


def _has(seen: Seen, pattern: str) -> bool:
    return re.search(pattern, seen.body) is not None
