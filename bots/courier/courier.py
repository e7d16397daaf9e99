"""`!courier follow address`: the room is told what happens there, by cards that show only what all of it may read.

It reads the workspace by its service account: what is shared with it, and nothing else. A room follows only what the
member who asked may read too; the answer is the same whether there is nothing or it is not theirs.
"""

from __future__ import annotations

import logging

from bots.courier.follows import Follow, Follows
from bots.courier.words import HELP, listed, say
from bots.framework.app import App, Happening, Running
from bots.framework.bot import Call
from bots.framework.errors import HomeserverRefused, NotEncrypted, NotInRoom
from contract.answers import Question
from contract.errors import InvalidValue, Refused, Unavailable
from contract.events import EventType
from contract.ids import matrix_id
from contract.resources import Resource, link, parse_link
from contract.stream import Missed

logger = logging.getLogger(__name__)

#: What one room may follow.
MOST_FOLLOWS = 50
#: What there are cards of.
SHOWN = tuple(type_ for type_ in EventType if type_.kind is not None)


class Courier:
    """The bot. Its `app` runs it."""

    def __init__(self) -> None:
        self.app = App("courier")
        self.app.start(self._start)
        self.app.command("courier", "courrier", help=HELP)(self.command)
        self.app.event(*SHOWN)(self.happened)
        self.app.missed(self.missed)
        self._verbs = {
            **dict.fromkeys(("follow", "suivre"), self._follow),
            **dict.fromkeys(("unfollow", "oublier"), self._unfollow),
            **dict.fromkeys(("list", "liste"), self._list),
        }

    async def _start(self, running: Running) -> None:
        self.running = running
        self.follows = Follows(running.settings.data / "follows.db")

    # -- asked by people

    async def command(self, call: Call) -> None:
        """`!courier follow|unfollow|list|help`."""
        verb, _, address = call.words.partition(" ")
        do = self._verbs.get(verb.casefold())
        if do is None:
            await call.reply(say("help", call.language))
            return
        try:
            await do(call, address.strip())
        except Unavailable as error:
            logger.warning("workspace away, event=%s: %s", call.message.event_id, error.code)
            await call.reply(say("unavailable", call.language), part="unavailable")

    async def _follow(self, call: Call, address: str) -> None:
        workspace, room = self.running.workspace, call.message.room
        item = parse_link(workspace.url, address)
        if item is None:
            await call.reply(say("no_link", call.language, workspace=workspace.url))
            return
        if len(self.follows.of(room)) >= MOST_FOLLOWS:
            await call.reply(say("too_many", call.language, most=str(MOST_FOLLOWS)))
            return
        try:
            asker = matrix_id(call.message.sender)
            [answer] = await workspace.audience({"asker": [asker]}, [Question("asker", item)])
        except (InvalidValue, Refused) as error:
            logger.warning("not asked, event=%s error=%s", call.message.event_id, type(error).__name__)
            await call.reply(say("not_there", call.language))
            return
        if answer.facts is None:
            await call.reply(say("not_there", call.language))
            return
        url = link(workspace.url, Resource(answer.facts.kind, item))
        new = self.follows.add(room, Follow(item, url, call.message.sender))
        await call.reply(say("follows" if new else "follows_already", call.language, url=url))

    async def _unfollow(self, call: Call, address: str) -> None:
        item = parse_link(self.running.workspace.url, address)
        if item is None:
            await call.reply(say("no_link", call.language, workspace=self.running.workspace.url))
            return
        followed = next((one for one in self.follows.of(call.message.room) if one.item == item), None)
        if followed is None:
            await call.reply(say("did_not", call.language))
            return
        await call.reply(say("no_longer", call.language, url=followed.url))
        self.follows.remove(call.message.room, item)

    async def _list(self, call: Call, _address: str) -> None:
        """The addresses, which the room's members gave; titles are not everybody's to read."""
        urls = [one.url for one in self.follows.of(call.message.room)]
        await call.reply(listed(urls, call.language) if urls else say("nothing", call.language))

    # -- told by the workspace

    async def happened(self, happening: Happening) -> None:
        """Show it in every room that follows the item, or something above it."""
        for room in self.follows.rooms(happening.event.path):
            if room not in self.running.client.rooms:
                logger.info("not in the room any more, room=%s", room)
                self.follows.forget(room)
                self.running.memory.forget_room(room)
                continue
            await happening.show(room)

    async def missed(self, missed: Missed, running: Running) -> None:
        """Say in every room that follows something that it was not told of everything."""
        since = missed.since.strftime("%Y-%m-%d %H:%M")
        for room in self.follows.rooms():
            if room in running.client.rooms:
                try:
                    await running.say(room, say("missed", running.language, since=since))
                except (NotEncrypted, NotInRoom, HomeserverRefused) as error:
                    logger.warning("not said, room=%s error=%s", room, type(error).__name__)


app = Courier().app
