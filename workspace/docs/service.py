"""What can be done with documents, for the API and the pages alike. Each function takes who does it, and checks.

Every save says which version it stands on: two people who edit at once never overwrite each other unseen. Saves take
turns (`outbox.in_turn`): what one has read of a document, nobody changes until it has saved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from contract.resources import Kind
from workspace.accounts.models import User
from workspace.docs.errors import DocumentTooLarge, NotText, VersionConflict
from workspace.docs.kept import Kept
from workspace.docs.models import Document, DocumentVersion
from workspace.docs.render import Rendered, render
from workspace.events import outbox
from workspace.sharing import doors, listing, titles, tree, who
from workspace.sharing.errors import NotThere
from workspace.sharing.models import Item
from workspace.sharing.roles import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

#: Bytes of UTF-8 that a document may have.
MAX_BYTES = 1 << 20
#: Characters of HTML that a process keeps.
_kept = Kept(20_000_000)

#: What is called after a save of a text: the document's id, its new version's number, the text before and the one now.
Watcher = Callable[[UUID, int, str, str], None]

_watchers: list[Watcher] = []


@outbox.in_turn
def create(actor: User, *, title: str, content: str = "", parent_id: UUID | None = None) -> Document:
    """A new document of `actor`, in a folder that they may edit or among their own."""
    text = clean(content)
    parent = None if parent_id is None else doors.open_item(actor, parent_id, Role.EDITOR, Kind.FOLDER)
    item = tree.create_item(Kind.DOCUMENT, title, parent, actor)
    document = Document.objects.create(item=item, content=text)
    _keep(document, actor)
    tree.announce(item, "created", actor)
    return document


def read(actor: User | AnonymousUser, document_id: UUID) -> Document:
    """The document as it is now."""
    return _document(doors.open_item(actor, document_id, Role.READER, Kind.DOCUMENT))


def mine(actor: User) -> QuerySet[Document]:
    """The documents that `actor`, or a team of theirs, has an access to, not in the trash; the latest first.

    What they may open by its link alone is not theirs.
    """
    items = listing.recent(actor).filter(kind=Kind.DOCUMENT).order_by()
    documents = Document.objects.filter(pk__in=items.values("pk")).select_related("item").defer("content")
    return documents.order_by("-item__updated_at", "pk")


@outbox.in_turn
def update(
    actor: User, document_id: UUID, *, based_on: int | None, title: str | None = None, content: str | None = None
) -> Document:
    """Save a title, a text, or both, on top of version `based_on` (None: of whatever there is).

    Raises `VersionConflict` where that is not the current one. What changes nothing makes no version.
    """
    text = None if content is None else clean(content)
    document = _document(doors.open_item(actor, document_id, Role.EDITOR, Kind.DOCUMENT))
    if based_on not in (None, document.version):
        raise _conflict(document)
    return _save(
        document,
        actor,
        document.item.title if title is None else titles.clean(title),
        document.content if text is None else text,
    )


def rename(actor: User, document_id: UUID, title: str) -> Document:
    """Save another title, on top of whatever there is: who saves on what they read before is told of it."""
    return update(actor, document_id, based_on=None, title=title)


def versions(actor: User | AnonymousUser, document_id: UUID) -> QuerySet[DocumentVersion]:
    """Every save, latest first, without the texts. Who reads by the link alone is shown the latest alone."""
    item = doors.open_item(actor, document_id, Role.READER, Kind.DOCUMENT)
    return _shown(actor, item).select_related("author").defer("content")


def version(actor: User | AnonymousUser, document_id: UUID, number: int) -> DocumentVersion:
    """What the document was after that save. Raises `NotThere` for an earlier one where `actor` reads by the link."""
    return _version(actor, doors.open_item(actor, document_id, Role.READER, Kind.DOCUMENT), number)


def last_save(document: Document) -> DocumentVersion:
    """Who saved it as it is, and when. The caller has read `document` through this module."""
    return DocumentVersion.objects.select_related("author").get(document=document, number=document.version)


@outbox.in_turn
def restore(actor: User, document_id: UUID, number: int, *, based_on: int | None = None) -> Document:
    """Bring back an earlier title and text, as a new version on top: nothing is lost by it.

    Raises `VersionConflict` as `update` does, where `based_on` is given.
    """
    document = _document(doors.open_item(actor, document_id, Role.EDITOR, Kind.DOCUMENT))
    if based_on not in (None, document.version):
        raise _conflict(document)
    old = _version(actor, document.item, number)
    return _save(document, actor, old.title, old.content)


def rendered(document_id: UUID, number: int, content: str) -> Rendered:
    """The safe HTML of that version, its passages named; made once. The caller has read `content` in this module."""
    html = _kept.get((document_id, number))
    if html is None:
        html = render(content, named=True)
        _kept.put((document_id, number), html)
    return html


def watch_saves(watcher: Watcher) -> None:
    """Have `watcher` called once another text is saved and committed. What it raises is logged; the save stays."""
    _watchers.append(watcher)


def clean(content: str) -> str:
    """`content` with `\\n` at the end of lines. Raises `DocumentTooLarge` or `NotText`."""
    text = content.replace("\r\n", "\n").replace("\r", "\n")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise NotText from error
    if "\x00" in text:
        raise NotText
    if size > MAX_BYTES:
        raise DocumentTooLarge(size, MAX_BYTES)
    return text


def _save(document: Document, actor: User, title: str, content: str) -> Document:
    item = document.item
    if (title, content) == (item.title, document.content):
        return document
    before = document.content
    document.version += 1
    document.content = content
    document.save(update_fields=["content", "version"])
    tree.touch(item, title)
    _keep(document, actor)
    tree.announce(item, "updated", actor, version=document.version)
    _tell_watchers(document.pk, document.version, before, content)
    return document


def _tell_watchers(document_id: UUID, number: int, before: str, content: str) -> None:
    def tell() -> None:
        for watcher in _watchers:
            watcher(document_id, number, before, content)

    if before != content:
        transaction.on_commit(tell, robust=True)


def _keep(document: Document, actor: User) -> None:
    DocumentVersion.objects.create(
        document=document,
        number=document.version,
        title=document.item.title,
        content=document.content,
        author=actor,
    )


def _document(item: Item) -> Document:
    document = Document.objects.select_related("item").filter(pk=item.pk).first()
    if document is None:
        raise NotThere
    return document


def _shown(actor: User | AnonymousUser, item: Item) -> QuerySet[DocumentVersion]:
    """What a link opens is what there is now: what was taken out of it before was never given to whoever has it."""
    saves = DocumentVersion.objects.filter(document_id=item.pk)
    return saves if who.has_access(actor, item) else saves.filter(number=F("document__version"))


def _version(actor: User | AnonymousUser, item: Item, number: int) -> DocumentVersion:
    found = _shown(actor, item).filter(number=number).select_related("author").first()
    if found is None:
        raise NotThere
    return found


def _conflict(document: Document) -> VersionConflict:
    last = (
        DocumentVersion.objects.select_related("author")
        .defer("content")
        .get(document=document, number=document.version)
    )
    return VersionConflict(document.version, last.author.name if last.author else None, last.created_at)
