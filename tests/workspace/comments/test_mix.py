"""Any mix of acts, by anybody, from the page and from two rooms, each event of a room brought again at random.

What must hold of the comments is looked at after each act. The seed is in the name of the test.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from contract.ids import RoomId
from tests.workspace.comments import talk
from tests.workspace.comments.talk import GUEST, ROOM, Scene, origin
from workspace.comments import from_rooms, service
from workspace.comments.authors import Author, Origin
from workspace.comments.models import Comment, Reaction, Taken, Thread
from workspace.errors import Refusal

OTHER = RoomId("!other:hub.test")
_STEPS = 100

Act = Callable[[], object]


class Mix:
    """Makes acts, from one source of chance."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.chance = random.Random(seed)
        self.scene = scene
        self.origins: list[Origin] = []
        self.brought: list[Act] = []

    def next(self) -> Act:
        """Something new, or what was done before once more."""
        if self.brought and self.chance.random() < 0.3:
            return self.chance.choice(self.brought)
        act = self.chance.choice((self.by_page, self.by_room))()
        self.brought.append(act)
        return act

    def author(self) -> Author:
        scene = self.scene
        return self.chance.choice((scene.owner, scene.editor, scene.commenter, scene.reader, scene.nobody, GUEST))

    def comment(self) -> Comment | None:
        """Any of them, or none for a new thread."""
        there = list(Comment.objects.order_by("created_at", "number"))
        return self.chance.choice(there) if there and self.chance.random() > 0.1 else None

    def by_page(self) -> Act:
        who, comment, document = self.author(), self.comment(), self.scene.document.pk
        if comment is None:
            return lambda: service.start(who, document, "page")
        editor, pk, thread, body = self.scene.editor, comment.pk, comment.thread_id, f"page {self.chance.random()}"
        allowed = self.chance.random() < 0.7
        return self.chance.choice(
            (
                lambda: service.reply(who, thread, body),
                lambda: service.edit(who, pk, body),
                lambda: service.delete(who, pk),
                lambda: service.react(who, pk, "👍"),
                lambda: service.unreact(who, pk, "👍"),
                lambda: service.resolve(editor, thread),
                lambda: service.reopen(editor, thread),
                lambda: service.take_guests(self.scene.owner, document, allowed),
            )
        )

    def by_room(self) -> Act:
        who, comment = self.author(), self.comment()
        target = self.chance.choice(self.origins) if self.origins else origin("none")
        one = origin(len(self.origins), self.chance.choice((ROOM, OTHER)))
        self.origins.append(one)
        body = f"salon {self.chance.random()}"
        if comment is None:
            return lambda: from_rooms.start(who, one, self.scene.document.pk, body)
        pk, thread = comment.pk, comment.thread_id
        return self.chance.choice(
            (
                lambda: from_rooms.reply(who, one, thread, body),
                lambda: from_rooms.edit(who, one, target, body),
                lambda: from_rooms.redact(who, one, target),
                lambda: from_rooms.react(who, one, pk, "🎉"),
                lambda: from_rooms.resolve(who, one, thread),
                lambda: from_rooms.reopen(who, one, thread),
            )
        )


@pytest.mark.parametrize("seed", range(6))
def test_any_mix_in_any_order_keeps_what_must_hold(scene: Scene, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "ACTS_A_MINUTE", 10_000)
    monkeypatch.setattr(service, "MAX_COMMENTS", 12)
    mix = Mix(scene, seed)
    done = refused = 0
    for _ in range(_STEPS):
        before, events = state(), len(talk.told())
        try:
            mix.next()()
            done += 1
        except Refusal:
            refused += 1
            assert (state(), len(talk.told())) == (before, events), "what is refused changes nothing"
        if len(talk.told()) == events:
            assert state() == before, "what changes something is told"
        holds()
    assert min(done, refused) > 5, "both kinds were tried"


def state() -> list[object]:
    """All that people read of comments."""
    return [
        list(Thread.objects.order_by("pk").values_list("pk", "resolved_at")),
        list(Comment.objects.order_by("pk").values_list("pk", "body", "version", "deleted_at")),
        list(Reaction.objects.order_by("pk").values_list("pk", "key")),
    ]


def holds() -> None:
    """What must hold of the comments, whatever was done."""
    for thread in Thread.objects.all():
        numbers = list(thread.comments.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1)), "no gap, none twice, never without the first"
        assert (thread.resolved_at is None) or thread.resolved_by is not None
    origins = list(Comment.objects.exclude(origin_event="").values_list("origin_room", "origin_event"))
    assert len(origins) == len(set(origins))
    taken = set(Taken.objects.filter(act="said").values_list("room", "event"))
    assert taken == set(origins), "what came from a room is remembered"
    for comment in Comment.objects.all():
        assert (comment.body == "") == (comment.deleted_at is not None)
        assert comment.deleted_at is None or not comment.reactions.exists()
    told = [(event.extra or {}) for event in talk.told("COMMENT_CREATED")]
    assert sorted(str(extra["comment"]) for extra in told) == sorted(
        str(pk) for pk in Comment.objects.values_list("pk", flat=True)
    )
    sources = [
        (extra["origin_room"], extra["origin_event"])
        for event in talk.told()
        if (extra := event.extra or {}) and "origin_event" in extra
    ]
    assert len(sources) == len(set(sources)), "no event of a room does something twice"
