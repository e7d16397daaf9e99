"""What each role may do with comments, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from contract.events import EventType
from tests.workspace.comments import talk
from tests.workspace.comments.talk import GUEST, Scene, origin
from workspace.accounts.models import MatrixIdentity, User
from workspace.comments import errors, reading, service
from workspace.comments.models import Comment, Mention, Reaction, Taken, Thread
from workspace.docs import service as docs
from workspace.docs.errors import NotText
from workspace.errors import TooMany
from workspace.sharing import tree
from workspace.sharing.errors import NotAllowed, NotPossible, NotThere
from workspace.sharing.models import Item
from workspace.sharing.roles import LinkReach, Role

ROLES = ("owner", "editor", "commenter", "reader", "nobody")

#: What somebody does to a thread that the commenter started, with a reply by the editor.
ACTS: dict[str, Callable[[User, Scene, Comment, Comment], object]] = {
    "read": lambda user, scene, first, reply: list(reading.comments(user, first.thread_id)),
    "start": lambda user, scene, first, reply: service.start(user, scene.document.pk, "x"),
    "reply": lambda user, scene, first, reply: service.reply(user, first.thread_id, "x"),
    "react": lambda user, scene, first, reply: service.react(user, first.pk, "👍"),
    "edit first": lambda user, scene, first, reply: service.edit(user, first.pk, "x"),
    "delete first": lambda user, scene, first, reply: service.delete(user, first.pk),
    "delete reply": lambda user, scene, first, reply: service.delete(user, reply.pk),
    "resolve": lambda user, scene, first, reply: service.resolve(user, first.thread_id),
    "reopen": lambda user, scene, first, reply: service.reopen(user, first.thread_id),
    "take guests": lambda user, scene, first, reply: service.take_guests(user, scene.document.pk, True),
}
FINE, LESS, OTHERS, GONE = None, NotAllowed, errors.NotYours, NotThere
#: For owner, editor, commenter, reader, nobody.
TABLE: dict[str, tuple[type[Exception] | None, ...]] = {
    "read": (FINE, FINE, FINE, FINE, GONE),
    "start": (FINE, FINE, FINE, LESS, GONE),
    "reply": (FINE, FINE, FINE, LESS, GONE),
    "react": (FINE, FINE, FINE, LESS, GONE),
    "edit first": (OTHERS, OTHERS, FINE, LESS, GONE),
    "delete first": (FINE, OTHERS, FINE, OTHERS, GONE),
    "delete reply": (FINE, FINE, OTHERS, OTHERS, GONE),
    "resolve": (FINE, FINE, FINE, LESS, GONE),
    "reopen": (FINE, FINE, FINE, LESS, GONE),
    "take guests": (FINE, LESS, LESS, LESS, GONE),
}


def talked(scene: Scene) -> tuple[Comment, Comment]:
    first = service.start(scene.commenter, scene.document.pk, "Et le budget ?")
    return first, service.reply(scene.editor, first.thread_id, "Il vient.")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", ACTS)
def test_each_role_may_do_what_it_says(scene: Scene, act: str, role: str) -> None:
    refused = TABLE[act][ROLES.index(role)]
    first, reply = talked(scene)
    if refused is None:
        ACTS[act](scene.of(role), scene, first, reply)
        return
    before = len(talk.told())
    with pytest.raises(refused):
        ACTS[act](scene.of(role), scene, first, reply)
    assert len(talk.told()) == before, "what is refused is not told"


def test_in_the_trash_owners_read_and_nobody_writes(scene: Scene) -> None:
    first, reply = talked(scene)
    tree.trash_item(scene.owner, scene.document.item)
    for act, does in ACTS.items():
        for role in ROLES:
            if role == "owner" and act == "read":
                does(scene.owner, scene, first, reply)
                continue
            with pytest.raises(NotPossible if role == "owner" else NotThere):
                does(scene.of(role), scene, first, reply)


def test_what_is_not_there_is_refused_as_what_may_not_be_read(scene: Scene) -> None:
    for act in (
        lambda: service.reply(scene.owner, uuid4(), "x"),
        lambda: service.edit(scene.owner, uuid4(), "x"),
        lambda: reading.thread(scene.owner, uuid4()),
        lambda: reading.comment(scene.owner, uuid4()),
        lambda: service.start(GUEST, uuid4(), "x"),
    ):
        with pytest.raises(NotThere):
            act()


def test_each_act_is_told_once_and_thinly(scene: Scene) -> None:
    first = service.start(scene.commenter, scene.document.pk, "mots secrets", origin=origin(1))
    service.edit(scene.commenter, first.pk, "autres mots secrets")
    service.edit(scene.commenter, first.pk, "autres mots secrets")
    service.react(scene.editor, first.pk, "👍")
    service.react(scene.editor, first.pk, "👍")
    service.unreact(scene.editor, first.pk, "👍")
    service.unreact(scene.editor, first.pk, "👍")
    service.resolve(scene.editor, first.thread_id)
    service.resolve(scene.editor, first.thread_id)
    service.reopen(scene.editor, first.thread_id)
    service.reopen(scene.editor, first.thread_id)
    service.delete(scene.commenter, first.pk, origin=origin(2))
    service.delete(scene.commenter, first.pk)
    assert talk.types() == [
        EventType.COMMENT_CREATED,
        EventType.COMMENT_UPDATED,
        EventType.REACTION_ADDED,
        EventType.REACTION_REMOVED,
        EventType.THREAD_RESOLVED,
        EventType.THREAD_REOPENED,
        EventType.COMMENT_DELETED,
    ]
    told = talk.told()
    assert {event.subject for event in told} == {scene.document.item.resource.name}
    assert {event.path for event in told} == {(scene.document.pk,)}
    assert {event.type.kind for event in told} == {None}, "no kind of item: a room gets no card of it"
    assert told[0].actor == scene.commenter.sub
    assert told[0].extra == {
        "thread": str(first.thread_id),
        "comment": str(first.pk),
        "version": 1,
        "origin_room": "!room:hub.test",
        "origin_event": "$1",
    }
    assert (told[6].extra or {})["origin_event"] == "$2"
    assert "origin_room" not in (told[1].extra or {})
    assert not any("secret" in event.to_json().decode() for event in told)


def test_a_deleted_comment_keeps_its_place_and_nothing_else(scene: Scene) -> None:
    first, reply = talked(scene)
    service.react(scene.owner, first.pk, "👍")
    service.delete(scene.owner, first.pk)
    gone, other = reading.comments(scene.reader, first.thread_id)
    assert (gone.number, gone.body, gone.deleted_at is not None, gone.version) == (1, "", True, 2)
    assert (other.pk, other.number) == (reply.pk, 2)
    assert not Reaction.objects.exists()
    for act in (
        lambda: service.edit(scene.commenter, first.pk, "x"),
        lambda: service.react(scene.owner, first.pk, "👍"),
    ):
        with pytest.raises(errors.CommentDeleted):
            act()
    service.reply(scene.editor, first.thread_id, "encore")
    assert [one.number for one in reading.comments(scene.reader, first.thread_id)] == [1, 2, 3]
    assert service.may_close(scene.commenter, first.thread, Role.COMMENTER), "it stays the thread of who started it"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ("", errors.CommentEmpty),
        (" \n\u200b\u200d\t", errors.CommentEmpty),
        ("x" * 10_001, errors.CommentTooLong),
        ("x" * 1_000_000, errors.CommentTooLong),
        ("a\x00b", NotText),
        ("\ud800", NotText),
    ],
)
def test_a_body_is_bounded_text(scene: Scene, body: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        service.start(scene.owner, scene.document.pk, body)
    assert not Thread.objects.exists()
    assert talk.told() == []


def test_as_much_as_a_comment_may_have_is_taken(scene: Scene) -> None:
    assert len(service.start(scene.owner, scene.document.pk, "é" * 10_000 + "\r\n").body) == 10_000


@pytest.mark.parametrize("key", ["👍", "❤️", "👨‍👩‍👧‍👦", "🇫🇷", "1️⃣", "👍🏽", "✅", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_an_emoji_is_a_reaction(scene: Scene, key: str) -> None:
    first, _reply = talked(scene)
    made = service.react(scene.owner, first.pk, key)
    assert service.react(scene.owner, first.pk, key.replace("\ufe0f", "")).pk == made.pk


@pytest.mark.parametrize("key", ["", " ", "ok", "1", "<b>", "👍 👍", "👍ok", "\u202e👍", "👍" * 17, "\ud800", "\ufe0f"])
def test_what_is_no_emoji_is_no_reaction(scene: Scene, key: str) -> None:
    first, _reply = talked(scene)
    with pytest.raises(errors.NotAnEmoji):
        service.react(scene.owner, first.pk, key)


def test_a_thread_stays_with_its_passage_and_says_when_that_is_gone(scene: Scene) -> None:
    one, two, three = reading.passages(scene.reader, scene.document.pk)
    assert [one.heading, two.heading] == [True, False]
    assert two.quote == "Relever les compteurs."
    first = service.start(scene.commenter, scene.document.pk, "Quand ?", passage=two.key)
    assert first.thread.quote == two.quote
    docs.update(scene.editor, scene.document.pk, based_on=1, content="Avant.\n\nRelever **les**\ncompteurs.\n")
    assert two.key in {passage.key for passage in reading.passages(scene.reader, scene.document.pk)}
    with pytest.raises(errors.PassageGone):
        service.start(scene.commenter, scene.document.pk, "x", passage=three.key)


@pytest.mark.parametrize("mention", ["reader", "nobody", "unknown"])
def test_only_who_is_seen_to_have_access_is_mentioned_and_is_told(scene: Scene, mention: str) -> None:
    id_ = uuid4() if mention == "unknown" else scene.of(mention).pk
    if mention != "reader":
        with pytest.raises(errors.CannotMention):
            service.start(scene.commenter, scene.document.pk, "@x", mentions={id_})
        assert not Thread.objects.exists()
        return
    first = service.start(scene.commenter, scene.document.pk, "@Reader", mentions={id_})
    (event,) = talk.told("COMMENT_MENTIONED")
    assert (event.extra or {})["user"] == scene.reader.sub
    service.edit(scene.commenter, first.pk, "@Reader !", mentions={id_})
    service.edit(scene.commenter, first.pk, "@Reader !!", mentions={id_, scene.owner.pk})
    assert len(talk.told("COMMENT_MENTIONED")) == 2, "who was told is not told again"
    service.edit(scene.commenter, first.pk, "personne", mentions=())
    assert not Mention.objects.exists()


def test_who_has_the_link_alone_comments_where_it_says_so_and_mentions_nobody(scene: Scene) -> None:
    tree.set_link(scene.owner, Item.objects.get(pk=scene.document.pk), LinkReach.AUTHENTICATED, Role.COMMENTER)
    assert service.start(scene.nobody, scene.document.pk, "x").number == 1
    assert reading.mentionable(scene.nobody, scene.document.item) == []
    with pytest.raises(errors.CannotMention):
        service.start(scene.nobody, scene.document.pk, "x", mentions={scene.owner.pk})


def test_a_guest_speaks_where_the_owner_allowed_it_and_takes_back_always(scene: Scene) -> None:
    first, _reply = talked(scene)
    with pytest.raises(errors.GuestsNotTaken):
        service.reply(GUEST, first.thread_id, "bonjour")
    service.take_guests(scene.owner, scene.document.pk, True)
    said = service.reply(GUEST, first.thread_id, "bonjour")
    assert (said.author, said.matrix_id, said.matrix_name) == (None, "@ali:culture.test", "Ali Durand")
    assert talk.told()[-1].actor is None
    service.react(GUEST, said.pk, "👍")
    service.edit(GUEST, said.pk, "bonsoir")
    other = talk.Guest(talk.MatrixId("@eve:culture.test"), "Ali Durand")
    for act in (service.delete, lambda who, pk: service.edit(who, pk, "x")):
        with pytest.raises(errors.NotYours):
            act(other, said.pk)
    service.take_guests(scene.owner, scene.document.pk, False)
    with pytest.raises(errors.GuestsNotTaken):
        service.edit(GUEST, said.pk, "encore")
    assert service.delete(GUEST, said.pk).deleted_at


def test_what_a_guest_said_is_theirs_once_they_are_linked(scene: Scene) -> None:
    service.take_guests(scene.owner, scene.document.pk, True)
    said = service.start(GUEST, scene.document.pk, "bonjour")
    with pytest.raises(errors.NotYours):
        service.edit(scene.commenter, said.pk, "moi")
    MatrixIdentity.objects.create(user=scene.commenter, matrix_id=GUEST.matrix_id)
    assert service.edit(scene.commenter, said.pk, "moi").body == "moi"


def test_who_wrote_on_another_version_is_told(scene: Scene) -> None:
    first, _reply = talked(scene)
    service.edit(scene.commenter, first.pk, "un", based_on=1)
    with pytest.raises(errors.CommentConflict):
        service.edit(scene.commenter, first.pk, "deux", based_on=1)


def test_there_are_bounds(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _reply = talked(scene)
    monkeypatch.setattr(service, "MAX_COMMENTS", 2)
    monkeypatch.setattr(service, "MAX_THREADS", 1)
    monkeypatch.setattr(service, "MAX_REACTIONS", 1)
    service.react(scene.owner, first.pk, "👍")
    for act in (
        lambda: service.reply(scene.owner, first.thread_id, "x"),
        lambda: service.start(scene.owner, scene.document.pk, "x"),
        lambda: service.react(scene.editor, first.pk, "🎉"),
    ):
        with pytest.raises(errors.Full):
            act()
    monkeypatch.setattr(service, "ACTS_A_MINUTE", 1)
    with pytest.raises(TooMany):
        # Three times: a minute may end in between.
        list(map(service.react, [scene.owner] * 3, [first.pk] * 3, "👍" * 3))


def test_what_is_deleted_for_good_takes_its_comments_along(scene: Scene) -> None:
    first, _reply = talked(scene)
    service.react(scene.owner, first.pk, "👍")
    service.take_guests(scene.owner, scene.document.pk, True)
    from django.utils import timezone

    from workspace.comments import from_rooms

    from_rooms.react(scene.owner, origin(9), first.pk, "🎉")
    tree.trash_item(scene.owner, scene.document.item)
    assert tree.purge_item(scene.document.pk, timezone.now()) == 1
    for model in (Thread, Comment, Reaction, Taken):
        assert not model.objects.exists()


def test_an_account_that_goes_leaves_its_words_without_a_name(scene: Scene) -> None:
    first, _reply = talked(scene)
    pk: UUID = first.pk
    MatrixIdentity.objects.filter(user=scene.commenter).delete()
    scene.commenter.accesses.all().delete()
    scene.commenter.delete()
    assert reading.comment(scene.reader, pk).author is None
    with pytest.raises(errors.NotYours):
        service.edit(scene.editor, pk, "x")
