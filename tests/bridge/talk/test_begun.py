"""A discussion begun in a room: in the thread of a card that shows a document that the room follows, there alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bridge.ports import Permanent
from bridge.talk.telling import MARK
from contract.ids import EventId, MatrixId, RoomId
from tests.bridge.talk.square import COMMENTER, EDITOR, GUEST, HERE, OWNER, THERE, Killed, Square
from tests.bridge.talk.test_talk import bodies, said
from workspace.comments import service
from workspace.comments.models import Comment, Thread
from workspace.grants.models import Delegation
from workspace.rooms import service as rooms
from workspace.sharing import tree
from workspace.sharing.models import Access
from workspace.sharing.roles import LinkReach, Role


def marks(square: Square, room: RoomId) -> list[EventId]:
    """The messages that the bridge says were taken in as the first of a discussion."""
    return [
        content["m.relates_to"]["event_id"]
        for event, sender, content in square.homeserver.timeline[room]
        if sender is None
        and content.get("m.relates_to", {}).get("key") == MARK
        and event not in square.homeserver.taken_back
    ]


def told(square: Square, who: MatrixId) -> list[str]:
    """What the bridge has told somebody in private."""
    return bodies(square, RoomId(f"!direct-{who}"))


def begun(square: Square, text: str = "Qui relit ?") -> tuple[EventId, EventId]:
    """A card, and what somebody says first in its thread."""
    card = square.card()[0]
    first = square.writes(HERE, COMMENTER, text, thread_root=card)
    square.settle()
    return card, first


def test_what_is_said_under_a_card_begins_a_discussion_and_what_follows_is_in_it(square: Square) -> None:
    card, first = begun(square)
    comment = Comment.objects.get()
    assert (comment.author, comment.body, comment.origin_event) == (square.scene.commenter, "Qui relit ?", first)
    assert marks(square, HERE) == [first]
    assert marks(square, THERE) == []
    root = said(square, THERE)[-1]
    assert root["body"].startswith("💬 Commenter")
    assert root["body"].endswith("Qui relit ?")
    assert not any("Qui relit" in body for body in bodies(square, HERE)), "it is there already"

    square.writes(HERE, EDITOR, "Moi.", thread_root=card)
    square.settle()
    service.reply(square.scene.owner, comment.thread_id, "Merci.")
    square.settle()
    assert list(comment.thread.comments.values_list("body", flat=True)) == ["Qui relit ?", "Moi.", "Merci."]
    answer = said(square, HERE)[-1]
    assert answer["body"] == "Owner\u00a0:\nMerci."
    assert answer["m.relates_to"]["rel_type"] == "m.thread"
    assert answer["m.relates_to"]["event_id"] == card
    assert marks(square, HERE) == [first], "once"


def test_a_check_mark_under_what_began_it_resolves_it_and_under_nothing_else(square: Square) -> None:
    card, first = begun(square)
    reply = square.writes(HERE, EDITOR, "Moi.", thread_root=card)
    square.settle()
    for other in (card, reply):
        square.reacts(HERE, EDITOR, other, "✅")
    square.settle()
    assert Thread.objects.get().resolved_at is None
    square.reacts(HERE, EDITOR, first, "✅")
    square.settle()
    assert Thread.objects.get().resolved_by == square.scene.editor
    service.reopen(square.scene.editor, Thread.objects.get().pk)
    square.settle()
    assert bodies(square, HERE)[-1] == "💬 Editor a rouvert cette discussion."
    assert said(square, HERE)[-1]["m.relates_to"]["event_id"] == card


def test_each_card_has_one_discussion(square: Square) -> None:
    cards = [square.card()[0] for _ in range(2)]
    for card in cards:
        for text in ("un", "deux"):
            square.writes(HERE, COMMENTER, text, thread_root=card)
    square.settle()
    assert [thread.comments.count() for thread in Thread.objects.all()] == [2, 2]
    assert len(marks(square, HERE)) == 2


def test_what_begins_on_the_page_has_a_thread_of_its_own(square: Square) -> None:
    card, _ = begun(square)
    service.start(square.scene.editor, square.scene.document.pk, "Autre chose")
    square.settle()
    assert said(square, HERE)[-1]["m.relates_to"] == {"m.in_reply_to": {"event_id": card}}


def test_its_first_message_is_edited_and_taken_back_as_any_other(square: Square) -> None:
    card, first = begun(square)
    square.writes(HERE, COMMENTER, "Qui relit vraiment ?", replaces=first)
    square.settle()
    assert Comment.objects.get().body == "Qui relit vraiment ?"
    square.takes_back(HERE, COMMENTER, first)
    square.settle()
    assert Comment.objects.get().deleted_at is not None
    assert marks(square, HERE) == []
    square.writes(HERE, COMMENTER, "Je reprends.", thread_root=card)
    square.settle()
    assert Comment.objects.get(number=2).thread == Thread.objects.get(), "the card has its discussion"


def test_a_reaction_like_the_mark_is_there_already(square: Square) -> None:
    _, first = begun(square)
    comment = Comment.objects.get()
    service.react(square.scene.owner, comment.pk, MARK)
    square.settle()
    assert marks(square, HERE) == [first]
    service.unreact(square.scene.owner, comment.pk, MARK)
    square.settle()
    assert marks(square, HERE) == [first]


def test_where_the_bridge_may_not_react_it_is_taken_in_all_the_same(square: Square) -> None:
    card = square.card()[0]

    async def refused(*_: object) -> EventId:
        raise Permanent("M_FORBIDDEN", "may not react")

    square.homeserver.react = refused  # type: ignore[method-assign]
    for text in ("un", "deux"):
        square.writes(HERE, COMMENTER, text, thread_root=card)
    square.settle()
    assert Thread.objects.get().comments.count() == 2
    service.reply(square.scene.owner, Thread.objects.get().pk, "trois")
    square.settle()
    assert said(square, HERE)[-1]["m.relates_to"]["event_id"] == card


def test_nothing_begins_under_a_bare_card_and_what_has_begun_goes_on_when_cards_are(square: Square) -> None:
    card, _ = begun(square)
    tree.set_link(square.scene.owner, square.scene.document.item, LinkReach.RESTRICTED, Role.READER)
    bare = square.card()[0]
    assert "secret" not in bodies(square, HERE)[-1]
    square.writes(HERE, COMMENTER, "sur quoi ?", thread_root=bare)
    square.writes(HERE, COMMENTER, "encore", thread_root=card)
    square.settle()
    assert sorted(Comment.objects.values_list("body", flat=True)) == ["Qui relit ?", "encore"]


def test_a_card_that_was_hidden_begins_nothing_and_ends_nothing(square: Square) -> None:
    card, _ = begun(square)
    other = square.card()[0]
    for hidden in (card, other):
        square.takes_back(HERE, OWNER, hidden)
        square.writes(HERE, COMMENTER, "là-dessous", thread_root=hidden)
    square.settle()
    assert Thread.objects.get().comments.count() == 2
    service.start(square.scene.editor, square.scene.document.pk, "Ailleurs")
    square.settle()
    (shown, _, _), (_, _, root) = square.homeserver.timeline[HERE][-2:]
    assert root["m.relates_to"] == {"m.in_reply_to": {"event_id": shown}}, "under a card that is there"


def test_cards_in_the_thread_of_a_card_are_said_and_not_taken_in(square: Square) -> None:
    square.in_threads = True
    card, _ = begun(square)
    square.rename()
    square.settle()
    later = square.homeserver.timeline[HERE][-1]
    assert later[2]["m.relates_to"]["event_id"] == card
    square.writes(HERE, COMMENTER, "d’un autre client", thread_root=later[0])
    square.settle()
    assert Comment.objects.count() == 1


def unbound(square: Square) -> None:
    rooms.unbind("bridge", HERE, square.scene.document.pk, OWNER)


def unwanted(square: Square) -> None:
    square.wants = False


@pytest.mark.parametrize("so", [unbound, unwanted])
def test_where_the_room_does_not_hear_of_the_document_nothing_begins_and_nobody_is_told(
    square: Square, so: Callable[[Square], None]
) -> None:
    card = square.card()[0]
    Delegation.objects.filter(user=square.scene.commenter).delete()
    so(square)
    for who in (COMMENTER, EDITOR, GUEST):
        square.writes(HERE, who, "entre nous", thread_root=card)
    square.settle()
    assert not Comment.objects.exists()
    assert told(square, COMMENTER) == []


def test_who_may_not_is_told_once_and_begins_nothing(square: Square) -> None:
    card = square.card()[0]
    service.take_guests(square.scene.owner, square.scene.document.pk, False)
    Delegation.objects.filter(user=square.scene.commenter).delete()
    Access.objects.filter(user=square.scene.editor).delete()  # what is left is to read, as all may
    refused = [
        square.writes(HERE, who, text, thread_root=card)
        for text in ("un", "deux")
        for who in (COMMENTER, GUEST, EDITOR)
    ]
    square.writes(HERE, COMMENTER, "trois", replaces=refused[0])
    square.reacts(HERE, OWNER, refused[0], "👍")
    square.takes_back(HERE, COMMENTER, refused[0])
    square.settle()
    assert not Comment.objects.exists()
    for who, words in ((COMMENTER, "page de votre compte"), (GUEST, "parvis link"), (EDITOR, "pas le droit")):
        (word,) = told(square, who)
        assert words in word
    owners = square.writes(HERE, OWNER, "enfin", thread_root=card)
    square.settle()
    assert Comment.objects.get().origin_event == owners
    assert marks(square, HERE) == [owners]


def test_a_guest_begins_one_where_the_owner_takes_guests(square: Square) -> None:
    card = square.card()[0]
    square.homeserver.names[GUEST] = "Ali"
    square.writes(HERE, GUEST, "je passe", thread_root=card)
    square.settle()
    assert Comment.objects.get().matrix_id == GUEST
    assert bodies(square, THERE)[-1].startswith(f"💬 Ali (invité, {GUEST})")


def test_wherever_the_bridge_dies_it_begins_once(square: Square) -> None:
    """It dies at the first of its steps, then at the second, and so on until there are no more."""
    steps, kills = 0, -1
    turns = (lambda: square.hear(HERE), square.take_events, lambda: square.deliver(HERE))
    while kills:
        card = square.card()[0]
        kills, left = 0, steps

        def point() -> None:
            nonlocal kills, left
            left -= 1
            if left == -1:
                kills += 1
                raise Killed

        square.fate.point = point  # type: ignore[method-assign]
        first = square.writes(HERE, COMMENTER, f"n° {steps}.", thread_root=card)
        for _ in range(40):  # what is told of it may come before the answer, or after
            for do in turns[:: 1 if steps % 2 else -1]:
                square.step(do)
        square.fate.point = lambda: None  # type: ignore[method-assign]
        square.settle()
        comment = Comment.objects.get(body=f"n° {steps}.")
        assert (comment.number, comment.origin_event) == (1, first)
        assert marks(square, HERE)[-1] == first
        assert marks(square, HERE).count(first) == 1
        steps += 1
    assert Thread.objects.count() == steps
    assert steps > 20


def dies_after_sending(square: Square, is_it: Callable[[str], bool]) -> EventId:
    """Something is sent to the room, and the bridge dies before it knows as what event."""
    send, sent = square.homeserver.send, []

    async def last(room: RoomId, txn_id: str, sealed: Any) -> EventId:
        event = await send(room, txn_id, sealed)
        if is_it(txn_id):
            sent.append(event)
            raise Killed
        return event

    square.homeserver.send = last  # type: ignore[method-assign]
    while not sent:
        square.step(square.take_events)
        square.step(lambda: square.deliver(HERE))
    square.homeserver.send = send  # type: ignore[method-assign]
    return sent[0]


def test_what_comes_while_a_card_is_being_sent_is_not_lost(square: Square) -> None:
    square.rename()
    card = dies_after_sending(square, lambda txn_id: txn_id.startswith("parvis.card."))
    square.writes(HERE, COMMENTER, "déjà", thread_root=card)
    assert not square.step(lambda: square.hear(HERE)), "it is told again later"
    square.settle()
    assert Comment.objects.get().body == "déjà"


def test_nor_while_the_card_is_being_sent_to_which_a_comment_replies(square: Square) -> None:
    service.start(square.scene.editor, square.scene.document.pk, "page")
    card = dies_after_sending(square, lambda txn_id: txn_id.startswith("parvis.talk.card."))
    square.writes(HERE, COMMENTER, "salon", thread_root=card)
    assert not square.step(lambda: square.hear(HERE)), "it is told again later"
    square.settle()
    assert sorted(Comment.objects.values_list("number", "body")) == [(1, "page"), (1, "salon")]
    assert Thread.objects.count() == 2


def test_what_may_have_been_sent_bare_begins_nothing(square: Square) -> None:
    tree.set_link(square.scene.owner, square.scene.document.item, LinkReach.RESTRICTED, Role.READER)
    service.start(square.scene.editor, square.scene.document.pk, "page")
    card = dies_after_sending(square, lambda txn_id: txn_id.startswith("parvis.talk.card."))
    tree.set_link(square.scene.owner, square.scene.document.item, LinkReach.PUBLIC, Role.READER)
    square.writes(HERE, COMMENTER, "sur quoi ?", thread_root=card)
    square.settle()
    assert Comment.objects.get().body == "page"


def test_the_threads_of_others_do_not_wait_for_what_is_being_sent(square: Square) -> None:
    square.rename()
    other = square.writes(HERE, EDITOR, "bonjour")
    square.homeserver.messages[other] = square.queues[HERE].popleft()  # type: ignore[assignment]
    dies_after_sending(square, lambda txn_id: txn_id.startswith("parvis.card."))
    square.writes(HERE, COMMENTER, "bonjour", thread_root=other)
    assert square.step(lambda: square.hear(HERE))
