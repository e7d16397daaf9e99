"""A discussion on the page is a thread in the rooms, and the other way round."""

from __future__ import annotations

from typing import Any

from bridge.ports import Sealed
from contract.ids import EventId, RoomId
from tests.bridge.talk.square import COMMENTER, EDITOR, GUEST, HERE, THERE, Killed, Square
from workspace.comments import service
from workspace.comments.models import Comment, Reaction, Thread
from workspace.grants.models import Delegation
from workspace.rooms.models import PersonOptions
from workspace.sharing import tree
from workspace.sharing.roles import LinkReach, Role


def said(square: Square, room: RoomId) -> list[dict[str, Any]]:
    return [dict(content) for _, sender, content in square.homeserver.timeline.get(room, ()) if sender is None]


def bodies(square: Square, room: RoomId) -> list[str]:
    return [content["body"] for content in said(square, room) if "body" in content]


def started(square: Square, text: str = "Bonjour *à tous*\n<b>x</b>") -> Comment:
    first = service.start(square.scene.editor, square.scene.document.pk, text)
    square.settle()
    return first


def root_of(square: Square, room: RoomId) -> Any:
    """The first message of the first thread."""
    return next(event for event, _, content in square.homeserver.timeline[room] if "💬" in content.get("body", ""))


def test_a_comment_replies_to_the_card_and_is_the_root_of_its_thread(square: Square) -> None:
    first = started(square)
    service.reply(square.scene.owner, first.thread_id, "Oui")
    square.settle()
    for room in (HERE, THERE):
        (card, _, shown), (root, _, comment), (_, _, reply) = square.homeserver.timeline[room]
        assert "Plan secret" in shown["body"]
        assert comment["m.relates_to"] == {"m.in_reply_to": {"event_id": card}}
        intro = "💬 Editor · une réponse dans ce fil devient un commentaire du document\u00a0:"
        assert comment["body"] == f"{intro}\nBonjour *à tous*\n<b>x</b>"
        assert "&lt;b&gt;x&lt;/b&gt;" in comment["formatted_body"]
        assert comment["m.mentions"] == {}
        assert reply["m.relates_to"]["rel_type"] == "m.thread"
        assert reply["m.relates_to"]["event_id"] == root
        assert reply["body"] == "Owner\u00a0:\nOui"


def test_an_edit_edits_and_a_deletion_takes_back_with_its_edits(square: Square) -> None:
    first = started(square)
    service.edit(square.scene.editor, first.pk, "Bonsoir")
    square.settle()
    edit = said(square, HERE)[-1]
    assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": root_of(square, HERE)}
    assert edit["m.new_content"]["body"].endswith("Bonsoir")
    service.delete(square.scene.editor, first.pk)
    square.settle()
    events = [event for event, _, content in square.homeserver.timeline[HERE]]
    assert square.homeserver.taken_back >= set(events[1:])
    assert events[0] not in square.homeserver.taken_back


def test_where_somebody_may_not_read_nothing_is_shown(square: Square) -> None:
    square.homeserver.members[HERE] |= {"@x:ailleurs.test"}  # type: ignore[arg-type]
    tree.set_link(square.scene.owner, square.scene.document.item, LinkReach.RESTRICTED, Role.READER)
    first = started(square, "mots secrets")
    service.react(square.scene.owner, first.pk, "👍")
    service.edit(square.scene.editor, first.pk, "mots secrets aussi")
    service.resolve(square.scene.editor, first.thread_id)
    square.settle()
    everything = str(square.homeserver.timeline[HERE])
    for word in ("secret", "Editor", "👍", str(square.scene.document.pk)):
        assert word not in everything
    assert "2 membres du salon n’y ont pas accès" in everything


def test_what_is_said_in_the_thread_is_a_comment_and_goes_to_the_other_room_alone(square: Square) -> None:
    first = started(square)
    mine = square.writes(HERE, COMMENTER, "D’accord", thread_root=root_of(square, HERE))
    square.settle()
    comment = Comment.objects.get(number=2)
    assert (comment.author, comment.body, comment.origin_event) == (square.scene.commenter, "D’accord", mine)
    assert bodies(square, THERE)[-1] == "Commenter\u00a0:\nD’accord"
    assert not any("D’accord" in body for body in bodies(square, HERE))
    square.writes(HERE, COMMENTER, "Pas d’accord", replaces=mine)
    square.settle()
    comment.refresh_from_db()
    assert comment.body == "Pas d’accord"
    assert "Pas d’accord" in bodies(square, THERE)[-1]
    square.takes_back(HERE, COMMENTER, mine)
    square.settle()
    comment.refresh_from_db()
    assert comment.deleted_at is not None
    assert not any("d’accord" in body for body in bodies(square, HERE))
    assert first.thread.comments.count() == 2


def test_what_is_said_elsewhere_stays_in_the_room(square: Square) -> None:
    started(square)
    other = square.writes(HERE, COMMENTER, "bonjour")
    square.writes(HERE, COMMENTER, "dans un autre fil", thread_root=other)
    card = square.homeserver.timeline[HERE][0][0]
    square.writes(HERE, COMMENTER, "en réponse à la carte", reply_to=card)
    square.reacts(HERE, COMMENTER, card, "👍")
    square.settle()
    assert Comment.objects.count() == 1
    assert not Reaction.objects.exists()


def test_nobody_takes_back_or_edits_what_somebody_else_said(square: Square) -> None:
    started(square)
    mine = square.writes(HERE, COMMENTER, "à moi", thread_root=root_of(square, HERE))
    square.settle()
    square.takes_back(HERE, EDITOR, mine)
    square.takes_back(HERE, EDITOR, root_of(square, HERE))
    square.writes(HERE, EDITOR, "à moi aussi", replaces=mine)
    square.settle()
    assert sorted(Comment.objects.values_list("body", flat=True)) == ["Bonjour *à tous*\n<b>x</b>", "à moi"]


def test_the_page_changes_a_message_of_a_member_by_a_note_under_it(square: Square) -> None:
    started(square)
    mine = square.writes(HERE, COMMENTER, "un", thread_root=root_of(square, HERE))
    square.settle()
    comment = Comment.objects.get(number=2)
    service.edit(square.scene.commenter, comment.pk, "deux")
    square.settle()
    assert bodies(square, HERE)[-1] == "✏️ Commenter a modifié ce commentaire sur la page\u00a0:\ndeux"
    square.writes(HERE, COMMENTER, "trois", replaces=mine)
    square.settle()
    assert bodies(square, HERE)[-1].endswith("trois")
    service.delete(square.scene.owner, comment.pk)
    square.settle()
    assert "supprimé" in bodies(square, HERE)[-1]
    assert mine not in square.homeserver.taken_back


def test_reactions_go_both_ways_and_are_not_doubled(square: Square) -> None:
    first = started(square)
    theirs = square.reacts(HERE, COMMENTER, root_of(square, HERE), "👍️")
    square.settle()
    assert Reaction.objects.get().author == square.scene.commenter
    keys = [content["m.relates_to"].get("key") for content in said(square, THERE)[1:]]
    assert keys[-1] == "👍"
    assert not any("key" in content.get("m.relates_to", {}) for content in said(square, HERE))
    service.react(square.scene.owner, first.pk, "👍")
    square.settle()
    assert said(square, HERE)[-1]["m.relates_to"]["key"] == "👍"
    assert sum("key" in content.get("m.relates_to", {}) for content in said(square, THERE)) == 1
    square.takes_back(HERE, COMMENTER, theirs)
    service.unreact(square.scene.owner, first.pk, "👍")
    square.settle()
    reactions = {
        event
        for room in (HERE, THERE)
        for event, sender, content in square.homeserver.timeline[room]
        if sender is None and "key" in content.get("m.relates_to", {})
    }
    assert len(reactions) == 2
    assert reactions <= square.homeserver.taken_back


def test_a_check_mark_resolves_and_without_it_the_thread_is_open(square: Square) -> None:
    started(square)
    mark = square.reacts(HERE, EDITOR, root_of(square, HERE), "✅")
    square.settle()
    assert Thread.objects.get().resolved_by == square.scene.editor
    assert bodies(square, THERE)[-1] == "✅ Editor a clos cette discussion."
    assert not any("✅" in body for body in bodies(square, HERE))
    square.takes_back(HERE, EDITOR, mark)
    square.settle()
    assert Thread.objects.get().resolved_at is None
    assert bodies(square, THERE)[-1] == "💬 Editor a rouvert cette discussion."


def test_a_guest_comments_where_the_owner_allowed_it_and_else_is_told_once(square: Square) -> None:
    started(square)
    square.homeserver.names[GUEST] = "Ali\0 \u202eDurand\n" + "x" * 300
    square.writes(HERE, GUEST, "je passe", thread_root=root_of(square, HERE))
    square.settle()
    assert Comment.objects.get(number=2).matrix_id == GUEST
    said_there = bodies(square, THERE)[-1]
    assert said_there.startswith("Ali Durand x")
    assert said_there.endswith(f"… (invité, {GUEST})\u00a0:\nje passe")
    service.take_guests(square.scene.owner, square.scene.document.pk, False)
    for text in ("encore", "et encore"):
        square.writes(HERE, GUEST, text, thread_root=root_of(square, HERE))
    square.reacts(HERE, GUEST, root_of(square, HERE), "✅")
    square.settle()
    assert Comment.objects.count() == 2
    assert Thread.objects.get().resolved_at is None
    (told,) = bodies(square, RoomId(f"!direct-{GUEST}"))
    assert "parvis link" in told


def test_who_has_not_allowed_it_or_may_not_is_told_once(square: Square) -> None:
    started(square)
    Delegation.objects.filter(user=square.scene.commenter).delete()
    for text in ("un", "deux"):
        square.writes(HERE, COMMENTER, text, thread_root=root_of(square, HERE))
    square.settle()
    assert Comment.objects.count() == 1
    (told,) = bodies(square, RoomId(f"!direct-{COMMENTER}"))
    assert "page de votre compte" in told


def test_a_mention_is_told_in_a_room_of_theirs_once(square: Square) -> None:
    scene = square.scene
    service.start(scene.editor, scene.document.pk, "dis-moi", mentions=[scene.commenter.pk])
    square.settle()
    mentions = [content for room in (HERE, THERE) for content in said(square, room) if content["m.mentions"]]
    assert [one["m.mentions"] for one in mentions] == [{"user_ids": [COMMENTER]}]
    assert mentions[0]["body"] == "👋 Editor vous mentionne ici."


def test_a_mention_is_told_in_private_to_who_chose_so(square: Square) -> None:
    scene = square.scene
    PersonOptions.objects.create(user=scene.commenter, mentions="direct")
    service.start(scene.editor, scene.document.pk, "dis-moi", mentions=[scene.commenter.pk])
    square.settle()
    assert not any(content["m.mentions"] for room in (HERE, THERE) for content in said(square, room))
    (told,) = bodies(square, RoomId(f"!direct-{COMMENTER}"))
    assert "Plan secret" in told
    assert told.endswith("dis-moi")


def dies_after_sending(square: Square, room: RoomId) -> None:
    """The next comment arrives in the room, and the bridge dies before it knows."""
    send = square.homeserver.send

    async def last(where: RoomId, txn_id: str, sealed: Sealed) -> EventId:
        event = await send(where, txn_id, sealed)
        if not txn_id.startswith("parvis.talk.card"):
            raise Killed
        return event

    square.homeserver.send = last  # type: ignore[method-assign]
    while square.step(lambda: square.deliver(room)):
        square.step(square.take_events)
    square.homeserver.send = send  # type: ignore[method-assign]


def test_what_was_changed_between_a_death_and_the_next_attempt_is_shown(square: Square) -> None:
    first = service.start(square.scene.editor, square.scene.document.pk, "avant")
    dies_after_sending(square, HERE)
    service.edit(square.scene.editor, first.pk, "après")
    square.settle()
    assert [body.rsplit("\n", 1)[-1] for body in bodies(square, HERE)[1:]] == ["avant", "après"]


def test_what_was_deleted_between_a_death_and_the_next_attempt_is_taken_back(square: Square) -> None:
    first = service.start(square.scene.editor, square.scene.document.pk, "avant")
    dies_after_sending(square, HERE)
    service.delete(square.scene.editor, first.pk)
    square.settle()
    assert root_of(square, HERE) in square.homeserver.taken_back
    assert not any("💬" in body for body in bodies(square, THERE))


def test_a_reply_to_what_the_bridge_does_not_know_yet_that_it_said_is_not_lost(square: Square) -> None:
    service.start(square.scene.editor, square.scene.document.pk, "avant")
    dies_after_sending(square, HERE)
    square.writes(HERE, COMMENTER, "oui", thread_root=root_of(square, HERE))
    assert not square.step(lambda: square.hear(HERE)), "it is told again later"
    square.settle()
    assert Comment.objects.get(number=2).body == "oui"
