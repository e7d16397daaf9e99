"""What a person does in the chat, and what they are shown: rooms, messages, invitations. Knows no terminal."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Awaitable, Callable

from bots.framework.errors import BotError, NotEncrypted
from parvis.chat.agent import Agent, Seen
from parvis.chat.screen import RoomLine, Screen

#: Messages that are shown of a room when it is entered.
_SHOWN = 20

HELP = """\
/rooms                    the rooms that you are in, and invitations
/room N                   go to room N
/join [N]                 accept an invitation (the last one, or room N of /rooms)
/refuse [N]               refuse an invitation (the last one, or room N of /rooms)
/leave                    leave this room
/members                  who is in this room
/invite @user:server      invite somebody here
/create NAME [@user…]     a new encrypted room
/direct @user:server      the direct chat with somebody
/help                     this
/quit                     leave the chat
Everything else is sent to the room, encrypted."""


class Quit(Exception):
    """The person wants to go."""


class Session:
    """One person at one screen. `current` is the room that they look at."""

    def __init__(self, agent: Agent, screen: Screen) -> None:
        self.agent = agent
        self.current: str | None = None
        self._screen = screen
        self._shown: set[str] = set()
        self._unread: Counter[str] = Counter()
        self._announced: set[str] = set()
        self._numbers: list[str] = []
        agent.watchers.append(self._seen)
        agent.on_change = self._changed
        self._commands: dict[str, Callable[[list[str]], Awaitable[None]]] = {
            "rooms": self._rooms,
            "room": self._room,
            "join": self._join,
            "refuse": self._refuse,
            "leave": self._leave,
            "members": self._members,
            "invite": self._invite,
            "create": self._create,
            "direct": self._direct,
            "help": self._help,
            "quit": self._quit,
        }

    async def begin(self) -> None:
        """Show where we are: the rooms, and the first of them."""
        self._screen.note(f"You are {self.agent.user_id}. /help says what you can do.")
        if not self.agent.client.cross_signed:
            self._screen.error(
                "This account was set up elsewhere: this device is not verified, and strict clients do not read it."
            )
        await self._rooms([])
        rooms = self.agent.rooms
        if rooms:
            self._enter(rooms[0].room_id)
        self._changed("")

    async def do(self, line: str) -> None:
        """Do what was typed. Raises `Quit`."""
        line = line.strip()
        if not line:
            return
        try:
            if line.startswith("/") and not line.startswith("//"):
                await self._command(line[1:])
            else:
                await self._send(line.removeprefix("/") if line.startswith("//") else line)
        except NotEncrypted:
            self._screen.error("This room is not encrypted, and nothing is sent unencrypted from here.")
        except BotError as error:
            self._screen.error(str(error))

    @property
    def title(self) -> str:
        """What the current room is called."""
        return self._title(self.current) if self.current else "no room"

    @property
    def typing(self) -> list[str]:
        """The names of who is typing in the current room."""
        room = self.agent.client.rooms.get(self.current or "")
        return [room.name_of(user) for user in self.agent.typing.get(self.current or "", ())] if room else []

    @property
    def unread(self) -> int:
        """Messages in other rooms that were not looked at."""
        return self._unread.total()

    # -- what happens

    def _seen(self, seen: Seen) -> None:
        changed = seen.event_id in self._shown
        if seen.room_id == self.current:
            self._show(seen, changed=changed)
        elif not changed and seen.sender != self.agent.user_id:
            if not self._unread[seen.room_id]:
                self._screen.note(f"New in {self._title(seen.room_id)}")
            self._unread[seen.room_id] += 1

    def _changed(self, _room_id: str) -> None:
        for room_id, invitation in self.agent.invitations.items():
            if room_id not in self._announced:
                self._announced.add(room_id)
                self._screen.note(f"{invitation.inviter} invites you: /join accepts, /refuse refuses")

    # -- commands

    async def _command(self, line: str) -> None:
        try:
            name, *words = shlex.split(line) or [""]
        except ValueError:
            name, *words = line.split() or [""]
        run = self._commands.get(name.casefold())
        if run is None:
            self._screen.error(f"There is no /{name}: /help lists what there is.")
            return
        await run(words)

    async def _send(self, text: str) -> None:
        if self.current is None:
            self._screen.error("You are in no room: /create NAME makes one, /join accepts an invitation.")
            return
        await self.agent.send(self.current, text)

    async def _rooms(self, _words: list[str]) -> None:
        rooms = [room for room in self.agent.rooms if room.room_id not in self.agent.invitations]
        self._numbers = [*(room.room_id for room in rooms), *self.agent.invitations]
        lines = [
            RoomLine(
                number,
                room.room_id,
                room.title(self.agent.user_id),
                len(room.joined),
                self._unread[room.room_id],
                room.encrypted,
                current=room.room_id == self.current,
            )
            for number, room in enumerate(rooms, start=1)
        ]
        for number, invitation in enumerate(self.agent.invitations.values(), start=len(rooms) + 1):
            title = "direct chat" if invitation.direct else "room"
            lines.append(
                RoomLine(number, invitation.room_id, title, 0, 0, invitation.encrypted, invited_by=invitation.inviter)
            )
        if lines:
            self._screen.rooms(lines)
        else:
            self._screen.note("You are in no room yet: /create NAME @somebody:server makes one.")

    async def _room(self, words: list[str]) -> None:
        room_id = self._numbered(words)
        if room_id is None or room_id in self.agent.invitations:
            self._screen.error("Which room? /rooms numbers them, /room N goes there.")
        else:
            self._enter(room_id)

    async def _join(self, words: list[str]) -> None:
        room_id = self._invitation(words)
        if room_id is None:
            self._screen.error("There is no such invitation: /rooms lists them.")
            return
        await self.agent.join(room_id)
        self._enter(room_id)

    async def _refuse(self, words: list[str]) -> None:
        room_id = self._invitation(words)
        if room_id not in self.agent.invitations:
            self._screen.error("There is no such invitation: /rooms lists them.")
            return
        await self.agent.leave(room_id)
        self._announced.discard(room_id)
        self._screen.note("The invitation is refused.")

    async def _leave(self, _words: list[str]) -> None:
        if self.current is None:
            self._screen.error("You are in no room.")
            return
        room_id, title = self.current, self.title
        await self.agent.leave(room_id)
        self._announced.discard(room_id)
        self._unread.pop(room_id, None)
        self.current = None
        self._screen.note(f"You left {title}.")
        await self._rooms([])

    async def _members(self, _words: list[str]) -> None:
        room = self.agent.client.rooms.get(self.current or "")
        if room is None:
            self._screen.error("You are in no room.")
            return
        for user, membership in sorted(room.members.items()):
            self._screen.note(f"{room.name_of(user)}  {user}" + ("  (invited)" if membership == "invite" else ""))

    async def _invite(self, words: list[str]) -> None:
        if self.current is None or not words:
            self._screen.error("Whom? /invite @user:server, in a room.")
            return
        for user in words:
            await self.agent.invite(self.current, user)
            self._screen.note(f"{user} is invited.")

    async def _create(self, words: list[str]) -> None:
        name = " ".join(word for word in words if not word.startswith("@"))
        if not name:
            self._screen.error("What is it called? /create NAME [@user:server…]")
            return
        self._enter(await self.agent.create_room(name, [word for word in words if word.startswith("@")]))

    async def _direct(self, words: list[str]) -> None:
        if len(words) != 1:
            self._screen.error("With whom? /direct @user:server")
            return
        self._enter(await self.agent.direct_with(words[0]))

    async def _help(self, _words: list[str]) -> None:
        self._screen.note(HELP)

    async def _quit(self, _words: list[str]) -> None:
        raise Quit

    # -- helpers

    def _enter(self, room_id: str) -> None:
        self.current = room_id
        self._unread.pop(room_id, None)
        self._screen.note(f"— {self.title} —")
        for seen in self.agent.messages(room_id)[-_SHOWN:]:
            self._show(seen, changed=False)

    def _show(self, seen: Seen, *, changed: bool) -> None:
        self._shown.add(seen.event_id)
        room = self.agent.client.rooms.get(seen.room_id)
        name = room.name_of(seen.sender) if room else seen.sender
        self._screen.message(seen, name, self._title(seen.room_id), changed=changed)

    def _title(self, room_id: str) -> str:
        room = self.agent.client.rooms.get(room_id)
        return room.title(self.agent.user_id) if room else room_id

    def _invitation(self, words: list[str]) -> str | None:
        return self._numbered(words) if words else next(reversed(self.agent.invitations), None)

    def _numbered(self, words: list[str]) -> str | None:
        if len(words) != 1:
            return None
        if words[0].startswith("!"):
            return words[0]
        if not words[0].isdigit() or not 1 <= int(words[0]) <= len(self._numbers):
            return None
        return self._numbers[int(words[0]) - 1]
