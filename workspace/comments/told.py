"""The events of comments: which document, which thread and comment, from which room; never a word of them."""

from __future__ import annotations

from contract.events import Event, EventType
from workspace.accounts.models import User
from workspace.comments.authors import Author, Origin
from workspace.comments.models import Comment, Thread
from workspace.events import outbox
from workspace.sharing import tree
from workspace.sharing.models import Item


def tell(
    what: EventType,
    item: Item,
    actor: Author,
    thread: Thread,
    *,
    comment: Comment | None = None,
    origin: Origin | None = None,
    **more: str | int | bool,
) -> None:
    """Emit that `what` happened to `thread`, or to `comment` in it. `origin` is what it was done by, if in a room."""
    extra: dict[str, str | int | bool] = {"thread": str(thread.pk)}
    if comment is not None:
        extra |= {"comment": str(comment.pk), "version": comment.version}
    if origin is not None:
        extra |= {"origin_room": origin.room, "origin_event": origin.event}
    who = tree.sub_of(actor) if isinstance(actor, User) else None
    subject, path = item.resource.name, tree.path_of(item.pk)
    outbox.emit(Event.now(what, "docs", subject, actor=who, path=path, extra=extra | more))
