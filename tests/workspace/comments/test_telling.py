"""A room is told of a comment only where all of its members may read the document, at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from contract.answers import Question
from contract.client import WorkspaceClient
from contract.comments import CommentId, CommentQuestion
from contract.ids import ItemId, MatrixId
from contract.resources import Kind, link
from tests.workspace.comments.talk import GUEST, ROOM, Scene, origin
from workspace.api import services
from workspace.api.services import Scope, Service
from workspace.comments import service, telling
from workspace.comments.models import Comment
from workspace.rooms import service as rooms
from workspace.sharing import audience, tree
from workspace.sharing.models import Access, Item
from workspace.sharing.roles import LinkReach, Role

OWNER, READER, NOBODY, STRANGER = "@owner:i.test", "@reader:i.test", "@nobody:i.test", "@stranger:x.test"
TELL = "/api/v1.0/comments/tell/"


@pytest.fixture(autouse=True)
def _bound(scene: Scene) -> None:
    """The bridge keeps a room that is bound to the document."""
    rooms.put("bridge", ROOM, [MatrixId(OWNER)], None)
    rooms.bind("bridge", ROOM, link(settings.PARVIS.url, scene.document.item.resource), MatrixId(OWNER))


@pytest.fixture(autouse=True)
def _services(monkeypatch: pytest.MonkeyPatch) -> None:
    scopes = {"bridge": Scope.AUDIENCE, "find": Scope.IDENTITIES}
    tokens = {f"of-{name}".encode(): Service(name, frozenset({scope})) for name, scope in scopes.items()}
    monkeypatch.setattr(services, "of_token", tokens.get)


def ask(comment: UUID, *members: str) -> dict[str, Any]:
    (answer,) = telling.answer("bridge", {"room": members}, [CommentQuestion("room", CommentId(comment))])
    return answer


def test_a_comment_is_told_only_where_all_may_read(scene: Scene) -> None:
    first = service.start(scene.commenter, scene.document.pk, "mots secrets")
    assert ask(first.pk, OWNER, READER)["comment"]["text"] == "mots secrets"
    for members, cannot in (((OWNER, NOBODY), 1), ((STRANGER, NOBODY, STRANGER), 2), ((OWNER, STRANGER), 1)):
        assert ask(first.pk, *members) == {"cannot": cannot, "comment": None}
    assert ask(first.pk) == {"cannot": 0, "comment": None}, "an empty audience is told nothing"
    assert ask(uuid4(), OWNER, READER) == {"cannot": 2, "comment": None}
    Access.objects.filter(user=scene.reader).delete()
    assert ask(first.pk, OWNER, READER) == {"cannot": 1, "comment": None}
    tree.set_link(scene.owner, Item.objects.get(pk=scene.document.pk), LinkReach.PUBLIC, Role.READER)
    assert ask(first.pk, STRANGER)["comment"] is not None
    tree.trash_item(scene.owner, scene.document.item)
    assert ask(first.pk, OWNER, READER) == {"cannot": 1, "comment": None}
    assert ask(first.pk, OWNER)["comment"] is not None


def test_the_audience_of_a_comment_is_that_of_its_document(scene: Scene) -> None:
    first = service.start(scene.commenter, scene.document.pk, "x")
    item = ItemId(scene.document.pk)
    for members in ((OWNER,), (OWNER, NOBODY), (STRANGER,), (), (READER, READER)):
        (answer,) = audience.answer({"room": members}, [Question("room", item)])
        assert ask(first.pk, *members)["cannot"] == answer["cannot"]


def test_a_service_is_told_only_of_what_a_room_of_its_own_is_bound_to(scene: Scene) -> None:
    first = service.start(scene.commenter, scene.document.pk, "x")
    question = CommentQuestion("room", CommentId(first.pk))
    assert telling.answer("other", {"room": [OWNER]}, [question]) == [{"cannot": 1, "comment": None}]
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, scene.owner)
    tree.move_item(scene.owner, Item.objects.get(pk=scene.document.pk), folder)
    rooms.unbind("bridge", ROOM, scene.document.pk, MatrixId(OWNER))
    assert ask(first.pk, OWNER) == {"cannot": 1, "comment": None}
    rooms.bind("bridge", ROOM, link(settings.PARVIS.url, folder.resource), MatrixId(OWNER))
    assert ask(first.pk, OWNER)["comment"] is not None, "a room hears of what is in the folder that it is bound to"


def told_over_http(audiences: dict[str, Sequence[str]], *comments: Comment) -> Any:
    """What the client of the bridge makes of what the API answers."""
    api = APIClient(headers={"Authorization": "Bearer of-bridge"})

    def carry(request: httpx.Request) -> httpx.Response:
        assert request.url.path == TELL
        answer = api.generic("POST", TELL, request.content, content_type="application/json")
        return httpx.Response(answer.status_code, content=answer.content)

    async def run() -> Any:
        transport = httpx.MockTransport(carry)
        async with WorkspaceClient("http://workspace.test", "of-bridge", transport=transport) as workspace:
            questions = [CommentQuestion(name, CommentId(one.pk)) for name in audiences for one in comments]
            return await workspace.comments(
                {name: [MatrixId(one) for one in members] for name, members in audiences.items()}, questions
            )

    coroutine = run()
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited for something")


def test_the_client_reads_what_the_api_tells(scene: Scene) -> None:
    service.take_guests(scene.owner, scene.document.pk, True)
    passage = next(iter(telling.reading.passages(scene.reader, scene.document.pk)))
    first = service.start(scene.commenter, scene.document.pk, "**un**", passage=passage.key, origin=origin(1))
    reply = service.reply(GUEST, first.thread_id, "deux")
    service.edit(scene.commenter, first.pk, "**une**")
    service.react(scene.owner, first.pk, "👍")
    service.react(scene.editor, first.pk, "👍")
    service.delete(GUEST, reply.pk)
    service.resolve(scene.editor, first.thread_id)
    one, two, three, four = told_over_http({"all": [OWNER, READER], "some": [NOBODY]}, first, reply)
    assert (three.cannot, three.comment, four.cannot, four.comment) == (1, None, 1, None)
    assert (one.comment.id, one.comment.thread, one.comment.document) == (first.pk, first.thread_id, scene.document.pk)
    assert (one.comment.text, one.comment.version, one.comment.number) == ("**une**", 2, 1)
    assert (one.comment.author, one.comment.guest, one.comment.quote) == ("Commenter", None, "Calendrier")
    assert (one.comment.resolved, one.comment.resolved_by, dict(one.comment.reactions)) == (True, "Editor", {"👍": 2})
    assert (one.comment.origin_room, one.comment.origin_event) == ("!room:hub.test", "$1")
    assert one.comment.edited_at > one.comment.created_at
    assert (two.comment.author, two.comment.guest) == ("Ali Durand", "@ali:culture.test")
    assert (two.comment.text, two.comment.deleted, two.comment.edited_at) == ("", True, None)


def test_only_a_service_with_the_scope_may_ask(scene: Scene) -> None:
    body = {"audiences": {}, "questions": []}
    for token, status in (("of-find", 403), ("unknown", 401), ("of-bridge", 200)):
        assert APIClient(headers={"Authorization": f"Bearer {token}"}).post(TELL, body).status_code == status
    client = APIClient()
    client.force_login(scene.owner)
    assert client.post(TELL, body).status_code in (401, 403)
    bad = APIClient(headers={"Authorization": "Bearer of-bridge"})
    asked = {"audiences": {"a": []}, "questions": [{"audience": "b", "comment": str(uuid4())}]}
    assert bad.post(TELL, asked).status_code == 400


def test_many_questions_are_answered_in_as_many_queries_as_one(scene: Scene) -> None:
    first = service.start(scene.commenter, scene.document.pk, "x")
    rest = [service.reply(scene.commenter, first.thread_id, "x") for _ in range(5)]
    for one in rest:
        service.react(scene.owner, one.pk, "👍")
    queries = []
    for asked in ([rest[0]], rest):
        with CaptureQueriesContext(
            connection,
        ) as caught:
            telling.answer("bridge", {"a": [OWNER]}, [CommentQuestion("a", CommentId(one.pk)) for one in asked])
        queries.append(len(caught))
    assert queries[0] == queries[1]
