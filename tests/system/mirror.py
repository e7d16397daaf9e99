"""A mix of what is done to discussions on the page and in two rooms, and whether all show the same in the end."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from parvis.browser import Refused
from parvis.errors import ParvisError
from parvis.tour.cast import Actor
from tests.system.conftest import PARVIS
from tests.system.killing import back
from tests.system.timeline import Said, Timeline, timeline

#: Seconds for which all may take to agree after the last act, and for which the page may be away.
_AGREE, _AWAY = 240.0, 90.0
#: What is reacted with in rooms, and on the page: whose reaction it is can be told by that and by the room.
_KEYS, _PAGE_KEY, _MARK = ("👍", "🎉"), "🎯", "💬"
#: What resolves a discussion, under its first message; under another it is a reaction as any, and not looked at here.
_RESOLVES = "✅"
#: How often each is done.
_ON_THE_PAGE = {"start": 1, "reply": 4, "edit": 2, "delete": 1, "react": 2, "resolve": 1, "reopen": 1}
_IN_A_ROOM = {"begin": 2, "reply": 6, "edit": 3, "redact": 2, "react": 3, "unreact": 2, "mark": 1, "unmark": 1}


@dataclass(frozen=True)
class Square:
    """Who is there, and what is talked about: documents by title."""

    camille: Actor
    ines: Actor
    rooms: tuple[str, str]
    documents: dict[str, str]


@dataclass
class Thread:
    """A discussion as the page has it."""

    id: str
    document: str
    resolved: bool
    comments: list[dict[str, Any]]

    @property
    def texts(self) -> list[str]:
        """What was not deleted, in order."""
        return [one["body"] for one in self.comments if not one["deleted"]]


class View:
    """The discussions of a room, by the root of their Matrix thread: what its members see."""

    def __init__(self, seen: Timeline, titles: dict[str, str]) -> None:
        self.unreadable = seen.unreadable
        self.discussions: dict[str, list[Said]] = {}
        self.states: dict[str, list[bool]] = {}
        self.cards: dict[str, str] = {}
        for said in seen.said:
            self._see(said, titles)

    def _see(self, said: Said, titles: dict[str, str]) -> None:
        one, first = said.seen, said.seen.body.split("\n")[0]
        ours = one.sender == PARVIS
        if one.thread is not None and ours and "\n" not in one.body and first.startswith(("✅ ", "💬 ")):
            self.states.setdefault(one.thread, []).append(first.startswith("✅"))
        elif one.thread is not None:
            self.discussions.setdefault(one.thread, []).append(said)
        elif ours and first.startswith("💬 ") and one.reply_to is not None:
            self.discussions.setdefault(one.event_id, []).insert(0, said)
        elif ours and first.startswith("📄 ") and first[2:] in titles:
            self.cards[one.event_id] = titles[first[2:]]

    @property
    def messages(self) -> list[Said]:
        """All of them."""
        return [said for discussion in self.discussions.values() for said in discussion]


def text_of(said: Said) -> str:
    """What somebody said, without what the bridge says of it."""
    return said.seen.body.rsplit("\n", 1)[-1]


@dataclass
class Mirror:
    """Makes acts, from one source of chance, and compares."""

    square: Square
    chance: random.Random
    words: int = 0
    done: Counter[str] = field(default_factory=Counter)
    closed: set[str] = field(default_factory=set)
    #: What was said before somebody had joined, whose key they were not given.
    unreadable: set[str] = field(default_factory=set)
    #: What was written in each room, and the reactions made there: event, message, key.
    written: dict[str, set[str]] = field(default_factory=dict)
    reactions: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)

    def summary(self) -> str:
        """What was done."""
        return ", ".join(f"{count} {what}" for what, count in sorted(self.done.items()))

    async def begin(self) -> None:
        """Nothing was said yet but in the rooms' beginning."""
        for room in self.square.rooms:
            for reader in (self.square.camille, self.square.ines):
                self.unreadable |= set((await self.view(reader, room)).unreadable)

    async def act(self) -> None:
        """Something is done somewhere."""
        if self.chance.random() < 0.4:
            await self._on_the_page(self._one_of(_ON_THE_PAGE))
        else:
            await self._in_a_room(self._one_of(_IN_A_ROOM), self.chance.choice(self.square.rooms))

    async def come_to_rest(self) -> None:
        """Something is said last, everywhere: in a room it comes after all that was done there. Then every discussion
        that is open is resolved on the page, which both rooms are told.
        """
        for document in self.square.documents.values():
            await self._start(document)
        for room in self.square.rooms:
            view = await self.view(self.square.camille, room)
            await self._write(self.square.camille, room, thread=next(iter(view.cards)))
        await self._agree()
        for thread in await self.threads():
            if not thread.resolved:
                await self._try("POST", f"threads/{thread.id}/resolve/", None, self._is(thread.id, resolved=True))
                self.closed.add(thread.id)
        await self._agree()

    async def told(self) -> list[str]:
        """What the agents were told in private of words that were not taken in."""
        found = []
        for actor in (self.square.camille, self.square.ines):
            chat = await actor.client.direct_with(PARVIS)
            found += [seen.body for seen in actor.client.messages(chat) if "reste dans le salon" in seen.body]
        return found

    # -- on the page

    async def threads(self) -> list[Thread]:
        """What the page has."""
        found = []
        for document in self.square.documents.values():
            answer = await self._get(f"documents/{document}/threads/?limit=100")
            for one in answer["results"]:
                comments = (await self._get(f"threads/{one['id']}/comments/?limit=100"))["results"]
                found.append(Thread(one["id"], document, one["resolved"], comments))
        return found

    async def _on_the_page(self, what: str) -> None:
        threads = await self.threads()
        if what == "start" or not threads:
            await self._start(self.chance.choice(list(self.square.documents.values())))
            return
        thread = self.chance.choice(threads)
        alive = [one for one in thread.comments if not one["deleted"]]
        in_rooms = {text for texts in self.written.values() for text in texts}
        mine = [one for one in alive if one["mine"] and one["body"] not in in_rooms]
        if what == "reply":
            body = self._words()
            await self._try("POST", f"threads/{thread.id}/comments/", {"body": body}, self._said(body))
        elif what == "edit" and mine:
            body = self._words()
            await self._try("PATCH", f"comments/{self.chance.choice(mine)['id']}/", {"body": body}, self._said(body))
        elif what == "delete" and mine:
            await self._try("DELETE", f"comments/{self.chance.choice(mine)['id']}/", None, None)
        elif what == "react" and alive:
            one = self.chance.choice(alive)
            away = "remove/" if any(key["key"] == _PAGE_KEY for key in one["reactions"]) else ""
            await self._try("POST", f"comments/{one['id']}/reactions/{away}", {"key": _PAGE_KEY}, None)
        elif what in ("resolve", "reopen") and thread.resolved is not (what == "resolve"):
            await self._try(
                "POST", f"threads/{thread.id}/{what}/", None, self._is(thread.id, resolved=what == "resolve")
            )
        else:
            return
        self.done[f"page {what}"] += 1

    async def _start(self, document: str) -> None:
        body = self._words()
        await self._try("POST", f"documents/{document}/threads/", {"body": body}, self._said(body))
        self.done["page start"] += 1

    def _said(self, body: str) -> Callable[[], Awaitable[bool]]:
        async def is_there() -> bool:
            return any(body in thread.texts for thread in await self.threads())

        return is_there

    def _is(self, thread: str, *, resolved: bool) -> Callable[[], Awaitable[bool]]:
        async def is_so() -> bool:
            return bool((await self._get(f"threads/{thread}/"))["resolved"]) is resolved

        return is_so

    async def _try(self, method: str, path: str, body: Any, is_done: Callable[[], Awaitable[bool]] | None) -> None:
        """Do it once. Where the answer was lost with its sender, it is looked up; None: done twice it is done once."""
        deadline = time.monotonic() + _AWAY
        while True:
            try:
                await self.square.camille.browser.api(method, path, body)
                return
            except ParvisError as error:
                if isinstance(error, Refused) and error.status < 500 and error.status != 429:
                    return  # it is refused: somebody was faster
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(1.0 if isinstance(error, Refused) else 0.2)
            await back(self.square.camille)
            if is_done is not None and await is_done():
                return

    async def _get(self, path: str) -> Any:
        deadline = time.monotonic() + _AWAY
        while True:
            try:
                return await self.square.camille.browser.api("GET", path)
            except ParvisError as error:
                if (isinstance(error, Refused) and error.status < 500) or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)  # it is on its way up

    # -- in the rooms

    async def view(self, actor: Actor, room: str) -> View:
        """A room as that agent sees it."""
        return View(await timeline(actor, room), self.square.documents)

    async def _in_a_room(self, what: str, room: str) -> None:
        actor = self.chance.choice((self.square.camille, self.square.ines))
        view = await self.view(actor, room)
        theirs = [said for said in view.messages if said.seen.sender == actor.person.user_id]
        if what == "begin" and view.cards:
            await self._write(actor, room, thread=self.chance.choice(list(view.cards)))
        elif what == "reply" and view.discussions:
            await self._write(actor, room, thread=self.chance.choice(list(view.discussions)))
        elif what == "edit" and theirs:
            text = self._words()
            self.written.setdefault(room, set()).add(text)
            await actor.client.edit(room, self.chance.choice(theirs).seen.event_id, text)
        elif what == "redact" and theirs:
            await actor.client.redact(room, self.chance.choice(theirs).seen.event_id)
        elif what in ("react", "unreact"):
            await self._react(room, view, takes_back=what == "unreact")
        elif what in ("mark", "unmark"):
            await self._mark(room, view, takes_back=what == "unmark")
        else:
            return
        self.done[f"room {what}"] += 1

    async def _write(self, actor: Actor, room: str, thread: str) -> None:
        text = self._words()
        self.written.setdefault(room, set()).add(text)
        await actor.client.send(room, text, thread=thread)

    def _reacting(self, room: str) -> Actor:
        """Each room has its own who reacts."""
        return self.square.camille if room == self.square.rooms[0] else self.square.ines

    async def _react(self, room: str, view: View, *, takes_back: bool) -> None:
        actor, made = self._reacting(room), self.reactions.setdefault(room, [])
        if takes_back:
            if made:
                event, _, _ = made.pop(self.chance.randrange(len(made)))
                await actor.client.redact(room, event)
            return
        key = self.chance.choice(_KEYS)
        there = {(message, key) for _, message, key in made}
        free = [said.seen.event_id for said in view.messages if (said.seen.event_id, key) not in there]
        if free:
            message = self.chance.choice(free)
            made.append((await actor.client.react(room, message, key), message, key))

    async def _mark(self, room: str, view: View, *, takes_back: bool) -> None:
        """Camille, whose documents they are, resolves by ✅ under what came first; and takes that back."""
        camille = self.square.camille
        made = self.reactions.setdefault(f"{room} marks", [])
        if takes_back and made:
            event, _, _ = made.pop()
            await camille.client.redact(room, event)
            return
        marked = {message for _, message, _ in made}
        firsts = [discussion[0].seen.event_id for discussion in view.discussions.values()]
        free = [first for first in firsts if first not in marked]
        if free and not takes_back:
            message = self.chance.choice(free)
            made.append((await camille.client.react(room, message, _RESOLVES), message, _RESOLVES))

    # -- whether they agree

    async def _agree(self) -> None:
        """Wait until page and rooms show the same; raises what they differ in where they do not come to it."""
        deadline = time.monotonic() + _AGREE
        while True:
            try:
                threads = await self.threads()
                for room in self.square.rooms:
                    for reader in (self.square.camille, self.square.ines):
                        self._compare(threads, room, await self.view(reader, room))
                break
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(1.0)  # rooms and page announce nothing here

    def _compare(self, threads: list[Thread], room: str, view: View) -> None:
        assert set(view.unreadable) <= self.unreadable, "something cannot be read"
        shown = {root: [text_of(said) for said in said_there] for root, said_there in view.discussions.items()}
        wanted = [sorted(thread.texts) for thread in threads if thread.texts]
        assert sorted(map(sorted, shown.values())) == sorted(wanted), "the same discussions, and nothing twice"
        ours = {text_of(said) for said in view.messages if said.seen.sender == PARVIS}
        assert not ours & self.written.get(room, set()), "what was said here is not said here again"
        by_text = {text: thread for thread in threads for text in thread.texts}
        for root, texts in shown.items():
            self._compare_one(by_text[texts[0]], room, view, root)

    def _compare_one(self, thread: Thread, room: str, view: View, root: str) -> None:
        discussion = view.discussions[root]
        if root in view.cards:
            assert view.cards[root] == thread.document, "under a card of its document"
        for sender in (PARVIS, self.square.camille.person.user_id, self.square.ines.person.user_id):
            texts = [text_of(said) for said in discussion if said.seen.sender == sender]
            assert texts == [text for text in thread.texts if text in texts], f"in the order in which {sender} spoke"
        comments = {one["body"]: one for one in thread.comments if not one["deleted"]}
        first = thread.comments[0]["body"] if root in view.cards else None
        for said in discussion:
            self._compare_reactions(comments[text_of(said)], room, said, is_begun=text_of(said) == first)
        if thread.id in self.closed:
            assert thread.resolved
            assert view.states.get(root, [])[-1:] == [True], "that it was resolved is said last"

    def _compare_reactions(self, comment: dict[str, Any], room: str, said: Said, *, is_begun: bool) -> None:
        there = [(sender, key) for sender, key in said.reactions if key != _RESOLVES]
        ours = [key for sender, key in there if sender == PARVIS]
        theirs = [key for sender, key in there if sender != PARVIS]
        assert ours.count(_MARK) == is_begun, "what began a discussion here, and nothing else, is marked, once"
        counted = {one["key"]: one["count"] for one in comment["reactions"] if one["key"] != _RESOLVES}
        elsewhere = {key for key, count in counted.items() if count > theirs.count(key)}
        assert sorted(key for key in ours if key != _MARK) == sorted(elsewhere), "each emoji from elsewhere once"
        assert all(counted.get(key, 0) >= theirs.count(key) for key in theirs), "each emoji from here"

    # -- chance

    def _words(self) -> str:
        self.words += 1
        return f"mot{self.words}."

    def _one_of(self, acts: dict[str, int]) -> str:
        return self.chance.choices(list(acts), list(acts.values()))[0]
