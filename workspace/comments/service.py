"""What is done with comments, for the API, the pages and rooms alike. Each function takes who does it, and checks.

Commenters and above start threads, reply and react; who wrote a comment edits and deletes it; who started a thread and
editors resolve it and open it again; owners delete any comment. Nothing is written in the trash. A guest is somebody of
a room without an account, whose words are taken in where the document's owner allowed it.

All of it takes turns (`outbox.in_turn`), each with its event. `origin` is the event of a room that it was done by; that
it is done once is seen to by `from_rooms`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from uuid import UUID

from django.core.cache import cache
from django.utils import timezone

from contract.events import EventType
from contract.resources import Kind
from workspace.accounts.models import User
from workspace.comments import errors, reading, text
from workspace.comments.authors import Author, Guest, Origin, fields, is_by
from workspace.comments.models import Comment, CommentOptions, Mention, Reaction, Thread
from workspace.comments.told import tell
from workspace.docs.models import Document
from workspace.errors import TooMany
from workspace.events import outbox
from workspace.sharing import doors, tree
from workspace.sharing.errors import NotAllowed, NotThere
from workspace.sharing.models import Item
from workspace.sharing.roles import Role

MAX_THREADS, MAX_COMMENTS, MAX_REACTIONS, MAX_MENTIONS = 1_000, 500, 100, 20
#: What one person, or one guest, may do in a minute.
ACTS_A_MINUTE = 60


@outbox.in_turn
def start(
    author: Author,
    document_id: UUID,
    body: str,
    *,
    passage: str = "",
    mentions: Collection[UUID] = (),
    origin: Origin | None = None,
) -> Comment:
    """The first comment of a new thread, on the passage of that key or on the whole document.

    Raises `PassageGone`, `Full`, `CannotMention`, what `text.clean` does and what `reading.open_to_write` does.
    """
    item = _turn(author, document_id)
    if Thread.objects.filter(document=document_id).count() >= MAX_THREADS:
        raise errors.Full(MAX_THREADS)
    quote = _quote(document_id, passage) if passage else ""
    thread = Thread.objects.create(document_id=document_id, passage=passage, quote=quote)
    return _say(author, item, thread, body, mentions, origin)


@outbox.in_turn
def reply(
    author: Author, thread_id: UUID, body: str, *, mentions: Collection[UUID] = (), origin: Origin | None = None
) -> Comment:
    """One more comment in a thread, resolved or not. Raises what `start` does."""
    thread = _thread(thread_id)
    return _say(author, _turn(author, thread.document_id), thread, body, mentions, origin)


@outbox.in_turn
def edit(
    author: Author,
    comment_id: UUID,
    body: str,
    *,
    mentions: Collection[UUID] | None = None,
    based_on: int | None = None,
    origin: Origin | None = None,
) -> Comment:
    """Other words in the place of one's own. `mentions` replaces who is mentioned, where it is given.

    Raises `NotYours`, `CommentDeleted`, `CommentConflict` where `based_on` is not its version, and what `start` does.
    """
    comment = _comment(comment_id)
    item = _turn(author, comment.thread.document_id)
    if not is_by(comment, author):
        raise errors.NotYours
    _check_there(comment)
    if based_on not in (None, comment.version):
        raise errors.CommentConflict(comment.version)
    words = text.clean(body)
    before = set(comment.mentions.values_list("user_id", flat=True))
    wanted = before if mentions is None else set(mentions)
    if words == comment.body and wanted == before:
        return comment
    comment.body, comment.edited_at = words, timezone.now()
    comment.version += 1
    comment.save(update_fields=["body", "edited_at", "version"])
    tell(EventType.COMMENT_UPDATED, item, author, comment.thread, comment=comment, origin=origin)
    comment.mentions.filter(user__in=before - wanted).delete()
    _mention(author, item, comment, wanted - before)
    return comment


@outbox.in_turn
def delete(author: Author, comment_id: UUID, *, origin: Origin | None = None) -> Comment:
    """Take the words out of a comment of one's own, or of any where one owns the document; its place stays.

    A guest may take back what they said whatever is taken in now. Raises `NotYours`, `NotThere` or `NotPossible`.
    """
    comment = _comment(comment_id)
    item = _turn(author, comment.thread.document_id, Role.READER)
    if not is_by(comment, author) and not _owns(author, item):
        raise errors.NotYours
    if comment.deleted_at is not None:
        return comment
    comment.body, comment.deleted_at = "", timezone.now()
    comment.version += 1
    comment.save(update_fields=["body", "deleted_at", "version"])
    comment.reactions.all().delete()
    comment.mentions.all().delete()
    tell(EventType.COMMENT_DELETED, item, author, comment.thread, comment=comment, origin=origin)
    return comment


@outbox.in_turn
def resolve(author: User, thread_id: UUID, *, origin: Origin | None = None) -> Thread:
    """Nothing is left to say; a resolved thread stays so. Raises `NotThere`, `NotAllowed` or `NotPossible`."""
    thread = _thread(thread_id)
    item = _closing(author, thread)
    if thread.resolved_at is None:
        thread.resolved_at, thread.resolved_by = timezone.now(), author
        thread.save(update_fields=["resolved_at", "resolved_by"])
        tell(EventType.THREAD_RESOLVED, item, author, thread, origin=origin)
    return thread


@outbox.in_turn
def reopen(author: User, thread_id: UUID, *, origin: Origin | None = None) -> Thread:
    """There is more to say. Raises as `resolve` does."""
    thread = _thread(thread_id)
    item = _closing(author, thread)
    if thread.resolved_at is not None:
        thread.resolved_at = thread.resolved_by = None
        thread.save(update_fields=["resolved_at", "resolved_by"])
        tell(EventType.THREAD_REOPENED, item, author, thread, origin=origin)
    return thread


@outbox.in_turn
def react(author: Author, comment_id: UUID, key: str, *, origin: Origin | None = None) -> Reaction:
    """Answer with an emoji; the same again is the same reaction.

    Raises `NotAnEmoji`, `CommentDeleted`, `Full` and what `reading.open_to_write` does.
    """
    comment = _comment(comment_id)
    item = _turn(author, comment.thread.document_id)
    _check_there(comment)
    emoji = text.clean_key(key)
    for there in comment.reactions.filter(key=emoji):
        if is_by(there, author):
            return there
    if comment.reactions.count() >= MAX_REACTIONS:
        raise errors.Full(MAX_REACTIONS)
    made = Reaction.objects.create(comment=comment, key=emoji, **fields(author, origin))
    tell(EventType.REACTION_ADDED, item, author, comment.thread, comment=comment, origin=origin, key=emoji)
    return made


@outbox.in_turn
def unreact(author: Author, comment_id: UUID, key: str, *, origin: Origin | None = None) -> None:
    """Take a reaction of one's own back; where there is none, nothing happens. Raises `NotThere` or `NotPossible`."""
    comment = _comment(comment_id)
    item = _turn(author, comment.thread.document_id, Role.READER)
    emoji = text.clean_key(key)
    for there in comment.reactions.filter(key=emoji):
        if is_by(there, author):
            there.delete()
            tell(EventType.REACTION_REMOVED, item, author, comment.thread, comment=comment, origin=origin, key=emoji)


@outbox.in_turn
def take_guests(owner: User, document_id: UUID, allowed: bool) -> None:
    """Say whether words of people without a linked account are taken in. Raises `NotThere`, `NotAllowed` and so on."""
    tree.check_alive(doors.open_item(owner, document_id, Role.OWNER, Kind.DOCUMENT))
    CommentOptions.objects.update_or_create(document_id=document_id, defaults={"from_guests": allowed})


def may_close(author: User, thread: Thread, role: Role) -> bool:
    """Whether `author`, who has `role` on the document, may resolve `thread` and open it again."""
    if role >= Role.EDITOR:
        return True
    return role >= Role.COMMENTER and is_by(thread.comments.get(number=1), author)


def _say(
    author: Author, item: Item, thread: Thread, body: str, mentions: Collection[UUID], origin: Origin | None
) -> Comment:
    words = text.clean(body)
    number = thread.comments.count() + 1
    if number > MAX_COMMENTS:
        raise errors.Full(MAX_COMMENTS)
    comment = Comment.objects.create(thread=thread, number=number, body=words, **fields(author, origin))
    tell(EventType.COMMENT_CREATED, item, author, thread, comment=comment, origin=origin)
    _mention(author, item, comment, set(mentions))
    return comment


def _mention(author: Author, item: Item, comment: Comment, wanted: set[UUID]) -> None:
    if not wanted:
        return
    if len(wanted) + comment.mentions.count() > MAX_MENTIONS:
        raise errors.Full(MAX_MENTIONS)
    offered = {user.pk: user for user in reading.mentionable(author, item)} if isinstance(author, User) else {}
    if not wanted <= offered.keys():
        raise errors.CannotMention
    for user in sorted((offered[one] for one in wanted), key=lambda one: str(one.pk)):
        Mention.objects.create(comment=comment, user=user)
        if user.sub:
            tell(EventType.COMMENT_MENTIONED, item, author, comment.thread, comment=comment, user=user.sub)


def _turn(author: Author, document_id: UUID, role: Role = Role.COMMENTER) -> Item:
    """The item, for an act of `author` that needs `role`; a guest who takes something back needs none."""
    if role is Role.COMMENTER:
        item = reading.open_to_write(author, document_id)
    else:
        if isinstance(author, Guest):
            item = reading.item_of(document_id)
        else:
            item = doors.open_item(author, document_id, role, Kind.DOCUMENT)
        tree.check_alive(item)
    _spend(author)
    return item


def _spend(author: Author) -> None:
    """Count one act of `author`. Raises `TooMany`."""
    who = str(author.pk) if isinstance(author, User) else author.matrix_id
    key = f"comments.acts.{hashlib.sha256(who.encode()).hexdigest()}.{timezone.now():%H%M}"
    cache.add(key, 0, timeout=120)
    if cache.incr(key) > ACTS_A_MINUTE:
        raise TooMany


def _closing(author: User, thread: Thread) -> Item:
    item = doors.open_item(author, thread.document_id, Role.READER, Kind.DOCUMENT)
    tree.check_alive(item)
    if not may_close(author, thread, doors.role_on(author, item.pk) or Role.READER):
        raise NotAllowed(Role.EDITOR)
    _spend(author)
    return item


def _owns(author: Author, item: Item) -> bool:
    return isinstance(author, User) and doors.role_on(author, item.pk) is Role.OWNER


def _thread(thread_id: UUID) -> Thread:
    found = Thread.objects.filter(pk=thread_id).first()
    if found is None:
        raise NotThere
    return found


def _comment(comment_id: UUID) -> Comment:
    found = Comment.objects.select_related("thread", "author").filter(pk=comment_id).first()
    if found is None:
        raise NotThere
    return found


def _check_there(comment: Comment) -> None:
    if comment.deleted_at is not None:
        raise errors.CommentDeleted


def _quote(document_id: UUID, passage: str) -> str:
    document = Document.objects.select_related("item").filter(pk=document_id).first()
    for one in reading.passages_of(document) if document else ():
        if one.key == passage:
            return one.quote
    raise errors.PassageGone
