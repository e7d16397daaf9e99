"""`stage` in a test's own database, with a browser that shows nothing for each person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

from contract.resources import Kind
from tests.workspace.pages import stage
from workspace.accounts.models import User
from workspace.drive.models import File, FileVersion
from workspace.sharing import tree
from workspace.sharing.models import Item


@dataclass(frozen=True)
class Scene:
    """Who there is and what there is. `paths` are the pages as Camille has them."""

    people: dict[str, User]
    items: dict[str, Item]
    paths: dict[str, str]

    def browser(self, who: str | None, *, csrf: bool = False, language: str = "en") -> Client:
        """The browser of somebody, or of nobody who is signed in."""
        client = Client(enforce_csrf_checks=csrf, headers={"Accept-Language": language})
        if who is not None:
            client.force_login(self.people[who], backend="workspace.accounts.backends.Backend")
        return client

    def path(self, name: str, end: str = "") -> str:
        """The page of an item, or what is under it."""
        return self.items[name].url + end


def set_up() -> Scene:
    """Everything of `stage` but what needs a store: a file is there as an upload would leave it."""
    people = stage.people()
    items = stage.things(people)
    items["file"] = _file(people["camille"], items["folder"])
    stage.room(people, items)
    return Scene(people, items, stage.paths(items) | stage.links())


def words(answer: Any) -> str:
    """The page as text, one space where there are any."""
    return " ".join(answer.content.decode().split())


def said(answer: HttpResponse) -> list[str]:
    """What the page that a form led to says about it."""
    return [str(message) for message in answer.context["messages"]]  # type: ignore[attr-defined]


def _file(author: User, folder: Item) -> Item:
    item = tree.create_item(Kind.FILE, "Diagnostic.pdf", folder, author)
    file = File.objects.create(item=item, media_type="application/pdf", size=2048)
    version = FileVersion.objects.create(
        id=uuid4(),
        file=file,
        number=1,
        key=str(uuid4()),
        etag="x",
        size=2048,
        media_type="application/pdf",
        author=author,
    )
    file.current = version
    file.save(update_fields=["current"])
    return item
