"""Comments through the API, as a program has them."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.workspace.comments.talk import Scene
from tests.workspace.people import signed_in
from workspace.comments import reading, service
from workspace.docs import service as docs
from workspace.sharing import tree
from workspace.sharing.models import Item
from workspace.sharing.roles import LinkReach, Role

BASE = "/api/v1.0/"


@pytest.fixture
def api(scene: Scene) -> APIClient:
    return signed_in(scene.commenter)


def threads_of(scene: Scene) -> str:
    return f"{BASE}documents/{scene.document.pk}/threads/"


def started(api: APIClient, scene: Scene, **fields: Any) -> dict[str, Any]:
    answer = api.post(threads_of(scene), {"body": "Et le budget ?"} | fields)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_a_thread_is_started_answered_changed_and_closed(api: APIClient, scene: Scene) -> None:
    passage = api.get(f"{BASE}documents/{scene.document.pk}/passages/").json()[1]
    first = started(api, scene, passage=passage["key"], mentions=[str(scene.reader.pk)])
    assert (first["author"], first["mine"], first["number"], first["guest"]) == ("Commenter", True, 1, None)
    assert first["mentions"] == [{"id": str(scene.reader.pk), "name": "Reader"}]
    thread = f"{BASE}threads/{first['thread']}/"
    editor = signed_in(scene.editor)
    reply = editor.post(f"{thread}comments/", {"body": "Il vient."}).json()
    comment = f"{BASE}comments/{reply['id']}/"
    assert editor.patch(comment, {"body": "Il vient bientôt.", "version": 1}).json()["version"] == 2
    conflict = editor.patch(comment, {"body": "x", "version": 1})
    assert (conflict.status_code, conflict.json()["code"], conflict.json()["version"]) == (412, "version_conflict", 2)
    assert api.post(f"{comment}reactions/", {"key": "👍"}).json()["reactions"] == [
        {"key": "👍", "count": 1, "mine": True}
    ]
    assert api.post(f"{comment}reactions/remove/", {"key": "👍"}).json()["reactions"] == []
    assert editor.delete(comment).status_code == 204
    gone = api.get(comment).json()
    assert (gone["body"], gone["deleted"]) == ("", True)
    closed = api.post(f"{thread}resolve/").json()
    assert (closed["resolved"], closed["resolved_by"], closed["comments"]) == (True, "Commenter", 1)
    assert (closed["quote"], closed["gone"]) == ("Relever les compteurs.", False)
    for resolved, count in (("true", 1), ("false", 0)):
        assert api.get(threads_of(scene), {"resolved": resolved}).json()["count"] == count
    docs.update(scene.editor, scene.document.pk, based_on=1, content="Autre chose.")
    assert api.get(threads_of(scene)).json()["results"][0]["gone"] is True
    assert api.post(f"{thread}reopen/").json()["resolved"] is False
    listed = api.get(f"{thread}comments/", {"limit": 1}).json()
    assert (listed["count"], [one["number"] for one in listed["results"]]) == (2, [1])


def test_refusals_have_their_codes(api: APIClient, scene: Scene) -> None:
    first = started(api, scene)
    reader, nobody, other = signed_in(scene.reader), signed_in(scene.nobody), signed_in(scene.editor)
    comment, thread = f"{BASE}comments/{first['id']}/", f"{BASE}threads/{first['thread']}/"
    for answer, status, code in (
        (reader.post(threads_of(scene), {"body": "x"}), 403, "forbidden"),
        (nobody.get(threads_of(scene)), 404, "not_found"),
        (nobody.get(comment), 404, "not_found"),
        (nobody.get(thread), 404, "not_found"),
        (nobody.get(f"{thread}comments/"), 404, "not_found"),
        (nobody.post(f"{thread}comments/", {"body": "x"}), 404, "not_found"),
        (nobody.post(f"{thread}resolve/"), 404, "not_found"),
        (nobody.delete(comment), 404, "not_found"),
        (nobody.get(f"{BASE}documents/{scene.document.pk}/comment-options/"), 404, "not_found"),
        (APIClient().get(threads_of(scene)), 401, "not_signed_in"),
        (other.patch(comment, {"body": "x"}), 403, "not_yours"),
        (api.post(threads_of(scene), {"body": " "}), 400, "comment_empty"),
        (api.post(threads_of(scene), {"body": "x" * 10_001}), 413, "comment_too_long"),
        (api.post(threads_of(scene), {"body": "x", "passage": "0" * 20}), 409, "passage_gone"),
        (api.post(threads_of(scene), {"body": "x", "mentions": [str(scene.nobody.pk)]}), 400, "cannot_mention"),
        (api.post(threads_of(scene), {"body": "x", "title": "y"}), 400, "invalid"),
        (api.post(f"{comment}reactions/", {"key": "ok"}), 400, "not_an_emoji"),
        (api.get(threads_of(scene), {"resolved": "peut-être"}), 400, "invalid"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_owner_says_whether_guests_words_are_taken_in(api: APIClient, scene: Scene) -> None:
    options = f"{BASE}documents/{scene.document.pk}/comment-options/"
    assert api.get(options).json() == {"from_guests": False}
    assert api.put(options, {"from_guests": True}).status_code == 403
    assert signed_in(scene.owner).put(options, {"from_guests": True}).json() == {"from_guests": True}
    assert reading.takes_guests(scene.owner, scene.document.pk)


def test_what_everyone_may_read_is_read_with_its_comments_by_everyone_and_changed_by_none(scene: Scene) -> None:
    first = service.start(scene.commenter, scene.document.pk, "public aussi")
    tree.set_link(scene.owner, Item.objects.get(pk=scene.document.pk), LinkReach.PUBLIC, Role.READER)
    anyone = APIClient()
    assert anyone.get(f"{BASE}threads/{first.thread_id}/comments/").json()["results"][0]["body"] == "public aussi"
    for answer in (
        anyone.post(threads_of(scene), {"body": "x"}),
        anyone.patch(f"{BASE}comments/{first.pk}/", {"body": "x"}),
        anyone.delete(f"{BASE}comments/{first.pk}/"),
        anyone.post(f"{BASE}comments/{first.pk}/reactions/", {"key": "👍"}),
        anyone.post(f"{BASE}threads/{first.thread_id}/resolve/"),
    ):
        assert answer.status_code == 401
