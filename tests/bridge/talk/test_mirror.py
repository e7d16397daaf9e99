"""The mirror property: whatever is said and done on both sides, and wherever the bridge dies, page and rooms agree.

Each run is a random mix of a page and of the members of two rooms that are bound to one document, while the bridge is
killed between any two awaits; then all comes to rest. The seed is in the name of the test, and printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from bridge.talk.telling import MARK
from contract.events import Event, EventType
from contract.ids import EventId, MatrixId, RoomId
from tests.bridge.talk.square import COMMENTER, EDITOR, GUEST, HERE, ROOMS, THERE, Square
from workspace.comments import service
from workspace.comments.models import Comment, Thread
from workspace.errors import Refusal
from workspace.events.models import OutboxEvent

_STEPS, _KILLS = 160, 0.02
#: Each room has its own people who react, and the page one of its own: whose reaction it is then can be told.
_REACTING: Mapping[RoomId, tuple[MatrixId, ...]] = {HERE: (COMMENTER,), THERE: (EDITOR, GUEST)}
_KEYS = ("👍", "🎉")


class Mix:
    """Makes acts, from one source of chance."""

    def __init__(self, square: Square) -> None:
        self.square, self.chance, self.said = square, square.chance, 0

    def words(self) -> str:
        self.said += 1
        return f"mot{self.said}."

    def page(self) -> None:
        """Something is done on the page; what is refused is refused."""
        scene, chance = self.square.scene, self.chance
        if chance.random() < 0.06:
            self.square.rename()
            return
        there = list(Comment.objects.order_by("created_at", "number"))
        if not there or chance.random() < 0.06:
            service.start(scene.editor, scene.document.pk, self.words())
            return
        comment = chance.choice(there)
        by = comment.author or scene.owner
        acts: list[Callable[[], object]] = [
            lambda: service.reply(scene.owner, comment.thread_id, self.words()),
            lambda: service.edit(by, comment.pk, self.words()),
            lambda: service.delete(scene.owner, comment.pk),
            lambda: service.react(scene.owner, comment.pk, chance.choice(_KEYS)),
            lambda: service.unreact(scene.owner, comment.pk, chance.choice(_KEYS)),
            lambda: service.resolve(scene.owner, comment.thread_id),
            lambda: service.reopen(scene.owner, comment.thread_id),
        ]
        try:
            chance.choices(acts, (5, 3, 1, 2, 2, 1, 1))[0]()
        except Refusal:
            return

    def member(self, room: RoomId) -> None:
        """A member does something in a room, by what they see there."""
        square, chance = self.square, self.chance
        seen = View(square, room)
        roots = [*dict.fromkeys([*(message.root for message in seen.messages.values()), *seen.cards])]
        living = [message for message in seen.messages.values() if not message.is_gone]
        if not roots:
            return
        who = chance.choice((EDITOR, COMMENTER, GUEST))
        theirs = [message for message in living if message.sender == who]
        kind = chance.choices(("reply", "edit", "redact", "react", "unreact", "mark"), (6, 3, 2, 3, 2, 1))[0]
        if kind == "reply":
            square.writes(room, who, self.words(), thread_root=chance.choice(roots))
        elif kind == "edit" and theirs:
            square.writes(room, who, self.words(), replaces=chance.choice(theirs).event)
        elif kind == "redact" and theirs:
            square.takes_back(room, who, chance.choice(theirs).event)
        elif kind == "mark":
            self.marks(room, seen.firsts())
        elif living:
            self.reacts(room, living, takes_back=kind == "unreact")

    def reacts(self, room: RoomId, living: list[Message], *, takes_back: bool) -> None:
        """Somebody of this room reacts, or does not any more."""
        mine = [one for message in living for one in message.reactions if one.sender in _REACTING[room]]
        if takes_back and mine:
            one = self.chance.choice(mine)
            self.square.takes_back(room, one.sender or EDITOR, one.event)
            return
        target, key = self.chance.choice(living), self.chance.choice(_KEYS)
        who = self.chance.choice(_REACTING[room])
        if (who, key) not in {(one.sender, one.key) for one in target.reactions}:
            self.square.reacts(room, who, target.event, key)

    def marks(self, room: RoomId, roots: list[Message]) -> None:
        """The editor resolves a thread, or takes back that they did."""
        if not roots:
            return
        marks = [one for root in roots for one in root.marks if one.sender == EDITOR]
        if marks and self.chance.random() < 0.5:
            self.square.takes_back(room, EDITOR, self.chance.choice(marks).event)
        else:
            self.square.reacts(room, EDITOR, self.chance.choice(roots).event, "✅")


@dataclass
class Seen:
    """A reaction."""

    event: EventId
    sender: MatrixId | None
    key: str


@dataclass
class Message:
    """A comment as it stands in a room, with what a note of the bridge says of it."""

    event: EventId
    sender: MatrixId | None
    root: EventId
    text: str
    is_gone: bool
    reactions: list[Seen] = field(default_factory=list)
    marks: list[Seen] = field(default_factory=list)
    began: list[Seen] = field(default_factory=list)


class View:
    """A room as its members see it."""

    def __init__(self, square: Square, room: RoomId) -> None:
        self.square, self.back = square, square.homeserver.taken_back
        self.messages: dict[EventId, Message] = {}
        self.states: list[tuple[EventId, bool]] = []
        self.cards: list[EventId] = []
        notes: dict[EventId, tuple[EventId, bool]] = {}
        for event, sender, content in square.homeserver.timeline.get(room, ()):
            relation, body = content.get("m.relates_to", {}), str(content.get("body", ""))
            kind, target = relation.get("rel_type"), relation.get("event_id")
            if kind == "m.annotation":
                self._reacted(event, sender, relation)
            elif kind == "m.replace":
                self._edited(event, target, sender, body, notes)
            elif sender is None and kind == "m.thread" and body.startswith(("✅", "💬")):
                self.states.append((target, body.startswith("✅")))
            elif sender is None and body.startswith(("✏️", "🗑️")):
                self._noted(event, target, body, notes)
            elif kind == "m.thread" or body.startswith("💬"):
                self.messages[event] = Message(event, sender, target or event, _text(body), event in self.back)
            elif sender is None and body.startswith("📄"):
                self.cards.append(event)

    def firsts(self) -> list[Message]:
        """The first message of each discussion."""
        return list({message.root: message for message in reversed(self.messages.values())}.values())

    def _reacted(self, event: EventId, sender: MatrixId | None, relation: Mapping[str, Any]) -> None:
        message = self.messages.get(relation["event_id"])
        if message is not None and event not in self.back:
            seen = Seen(event, sender, relation["key"])
            lists = {"✅": message.marks, MARK: message.began}
            lists.get(seen.key, message.reactions).append(seen)

    def _edited(
        self, event: EventId, target: Any, sender: MatrixId | None, body: str, notes: Mapping[Any, Any]
    ) -> None:
        if sender is None and target in notes:
            self.messages[notes[target][0]].text = _text(body)
        elif target in self.messages and not any(about == target for about, _ in notes.values()):
            self.messages[target].text = _text(body)

    def _noted(self, event: EventId, root: Any, body: str, notes: dict[EventId, tuple[EventId, bool]]) -> None:
        """Which message a note is about, the bridge's own table says: for people, the author and the thread do."""
        about = self.square.about(event)
        if about is None:
            return  # the bridge died before it knew, and will
        notes[event] = (about, True)
        if body.startswith("🗑️"):
            self.messages[about].is_gone = True
        elif event not in self.back:
            self.messages[about].text = _text(body)


def _text(body: str) -> str:
    return body.rsplit("\n", 1)[-1]


def _agree(square: Square) -> None:
    told = [Event.from_json(bytes(row.body)) for row in OutboxEvent.objects.order_by("pk")]
    for room in ROOMS:
        seen = View(square, room)
        shown: dict[EventId, list[str]] = {}
        for message in seen.messages.values():
            if not message.is_gone:
                shown.setdefault(message.root, []).append(message.text)
        wanted = {
            thread.pk: [one.body for one in thread.comments.filter(deleted_at=None)] for thread in Thread.objects.all()
        }
        assert sorted(map(sorted, shown.values())) == sorted(sorted(one) for one in wanted.values() if one), room
        _in_order(square, room, seen)
        _marked(room, seen)
        _reactions_agree(room, seen)
        _states_agree(square, room, seen, told)


def _in_order(square: Square, room: RoomId, seen: View) -> None:
    """What the bridge says of one thread is in its order, and so is what the members said."""
    for thread in Thread.objects.all():
        place = {comment.body: comment.number for comment in thread.comments.filter(deleted_at=None)}
        for ours in (True, False):
            numbers = [
                place[message.text]
                for message in seen.messages.values()
                if not message.is_gone and message.text in place and (message.sender is None) is ours
            ]
            assert numbers == sorted(numbers), (room, thread.pk)


def _marked(room: RoomId, seen: View) -> None:
    """What began a discussion here has one mark of the bridge, and nothing else has."""
    firsts = {message.event for message in seen.firsts() if message.root in seen.cards}
    for message in seen.messages.values():
        wanted = [None] if message.event in firsts and not message.is_gone else []
        assert [one.sender for one in message.began] == wanted, (room, message)


def _reactions_agree(room: RoomId, seen: View) -> None:
    by_text = {message.text: message for message in seen.messages.values() if not message.is_gone}
    others = {who for where, people in _REACTING.items() if where != room for who in people}
    for comment in Comment.objects.filter(deleted_at=None):
        message = by_text[comment.body]
        ours = Counter(one.key for one in message.reactions if one.sender is None)
        theirs = {(one.sender, one.key) for one in message.reactions if one.sender is not None}
        assert not ours or max(ours.values()) == 1, "one of a kind is enough"
        elsewhere, here = set(), set()
        for reaction in comment.reactions.all():
            identity = reaction.author.matrix_identities.get().matrix_id if reaction.author else reaction.matrix_id
            if identity in others or identity == "@owner:i.test":
                elsewhere.add(reaction.key)
            else:
                here.add((identity, reaction.key))
        assert set(ours) == elsewhere, (room, comment.body)
        assert theirs == here, (room, comment.body)


def _states_agree(square: Square, room: RoomId, seen: View, told: list[Event]) -> None:
    """Each time that a thread was closed or opened elsewhere is said once, in order."""
    for root in {message.root for message in seen.messages.values()}:
        thread = square.thread_of(room, root)
        wanted = [
            event.type is EventType.THREAD_RESOLVED
            for event in told[square.known_since(room, thread, told) :]
            if event.type in (EventType.THREAD_RESOLVED, EventType.THREAD_REOPENED)
            and (event.extra or {})["thread"] == str(thread)
            and (event.extra or {}).get("origin_room") != room
        ]
        assert [state for where, state in seen.states if where == root] == wanted, (room, thread)


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 8))])
def test_page_and_rooms_agree_whatever_is_done_and_wherever_the_bridge_dies(
    new_square: Callable[[int], Square], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    square = new_square(seed)
    square.card()
    service.start(square.scene.editor, square.scene.document.pk, "premier.")
    mix, chance = Mix(square), square.chance
    square.fate.likelihood = _KILLS
    for _ in range(_STEPS):
        kind = chance.choices(("page", "member", "take", "deliver", "hear", "all"), (4, 6, 4, 9, 6, 5))[0]
        room = chance.choice(ROOMS)
        match kind:
            case "page":
                mix.page()
            case "member":
                mix.member(room)
            case "take":
                square.step(square.take_events)
            case "deliver":
                square.step(lambda: square.deliver(room))  # noqa: B023  # it is done before the next
            case "hear":
                square.step(lambda: square.hear(room))  # noqa: B023
            case _:
                square.together(
                    square.take_events,
                    *(partial(square.deliver, where) for where in ROOMS),
                    *(partial(square.hear, where) for where in ROOMS),
                )
    kills = square.fate.kills
    square.settle()
    with capsys.disabled():
        print(f" mirror: seed {seed}, {mix.said} texts, {Comment.objects.count()} comments, killed {kills} times")
    _agree(square)
    assert kills > 0
    assert Comment.objects.count() > 5
    assert Comment.objects.filter(number=1, origin_event="").exists(), "begun on the page"
    assert Comment.objects.filter(number=1).exclude(origin_event="").exists(), "begun in a room"
