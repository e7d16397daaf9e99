"""What is said and done in rooms, taken in: each event of a room once, however often and by however many it is brought.

The caller has proved who sent the event: a person whose linked Matrix id it is and who lets the bridge comment for
them, or a guest without a linked account. The rights of that person are checked here, by `service`, as on the page.
What is refused is not remembered: the same event may be brought again once it is allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from workspace.accounts import linking
from workspace.accounts.models import User
from workspace.comments import service
from workspace.comments.authors import Author, Guest, Origin, is_by
from workspace.comments.errors import GuestIsLinked, NotYours
from workspace.comments.models import Comment, Reaction, Taken, Thread
from workspace.events import outbox
from workspace.sharing.errors import NotThere

_Done = tuple[Taken.Act, Thread, Comment | None, Reaction | None]


def start(author: Author, origin: Origin, document_id: UUID, body: str) -> Comment:
    """A new thread on the whole document, by a message of a room. Answers its first comment, the earlier one where the
    event was taken before.
    """

    def act() -> _Done:
        comment = service.start(author, document_id, body, origin=origin)
        return Taken.Act.SAID, comment.thread, comment, None

    return _comment(_once(author, origin, act))


def reply(author: Author, origin: Origin, thread_id: UUID, body: str) -> Comment:
    """A message in the thread of a room that shows `thread_id`."""

    def act() -> _Done:
        comment = service.reply(author, thread_id, body, origin=origin)
        return Taken.Act.SAID, comment.thread, comment, None

    return _comment(_once(author, origin, act))


def edit(author: Author, origin: Origin, target: Origin, body: str) -> Comment:
    """An edit, `origin`, of the message `target`. Raises `NotThere` where that was not taken in."""

    def act() -> _Done:
        comment = service.edit(author, _said(target), body, origin=origin)
        return Taken.Act.EDITED, comment.thread, comment, None

    return _comment(_once(author, origin, act))


def redact(author: Author, origin: Origin, target: Origin) -> Taken | None:
    """A redaction, `origin`, of `target`: a message goes, a reaction is taken back, a thread that it resolved is open.

    None where `target` was not taken in, or did something that has no undoing (an edit, a redaction): nothing happens.
    """

    def act(taken: Taken) -> _Done:
        match taken.act:
            case Taken.Act.SAID:
                service.delete(author, _comment(taken).pk, origin=origin)
            case Taken.Act.REACTED if taken.reaction is not None:
                if not is_by(taken.reaction, author):
                    raise NotYours  # else a moderator who redacts it would take back the same of their own
                service.unreact(author, taken.reaction.comment_id, taken.reaction.key, origin=origin)
            case Taken.Act.RESOLVED:
                service.reopen(_person(author), taken.thread_id, origin=origin)
        return Taken.Act.REDACTED, taken.thread, taken.comment, None

    taken = _taken(target)
    if taken is None or taken.act not in (Taken.Act.SAID, Taken.Act.REACTED, Taken.Act.RESOLVED):
        return None
    return _once(author, origin, lambda: act(taken))


def react(author: Author, origin: Origin, comment_id: UUID, key: str) -> Reaction | None:
    """A reaction to the event that shows `comment_id` in a room. None where it was taken in and is gone again."""

    def act() -> _Done:
        reaction = service.react(author, comment_id, key, origin=origin)
        return Taken.Act.REACTED, reaction.comment.thread, reaction.comment, reaction

    return _once(author, origin, act).reaction


def resolve(author: Author, origin: Origin, thread_id: UUID) -> Thread:
    """A ✅ on a thread. Raises `NotYours` for a guest."""

    def act() -> _Done:
        return Taken.Act.RESOLVED, service.resolve(_person(author), thread_id, origin=origin), None, None

    return _once(author, origin, act).thread


def reopen(author: Author, origin: Origin, thread_id: UUID) -> Thread:
    """The opposite, where a room has a way to say it."""

    def act() -> _Done:
        return Taken.Act.REOPENED, service.reopen(_person(author), thread_id, origin=origin), None, None

    return _once(author, origin, act).thread


def said_by(origin: Origin) -> Comment | None:
    """The comment that a message of a room became."""
    taken = _taken(origin)
    return taken.comment if taken is not None and taken.act == Taken.Act.SAID else None


@outbox.in_turn
def _once(author: Author, origin: Origin, act: Callable[[], _Done]) -> Taken:
    """Do `act` unless `origin` was taken before; what was taken, then or now."""
    before = _taken(origin)
    if before is not None:
        return before
    if isinstance(author, Guest) and linking.people([author.matrix_id]):
        raise GuestIsLinked
    what, thread, comment, reaction = act()
    return Taken.objects.create(
        room=origin.room, event=origin.event, act=what, thread=thread, comment=comment, reaction=reaction
    )


def _taken(origin: Origin) -> Taken | None:
    rows = Taken.objects.select_related("thread", "comment__thread", "reaction")
    return rows.filter(room=origin.room, event=origin.event).first()


def _said(target: Origin) -> UUID:
    comment = said_by(target)
    if comment is None:
        raise NotThere
    return comment.pk


def _comment(taken: Taken) -> Comment:
    if taken.comment is None:
        raise NotThere  # the event was taken before, as something else
    return taken.comment


def _person(author: Author) -> User:
    if isinstance(author, Guest):
        raise NotYours
    return author
