"""Comments on the page of a document, with forms alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.workspace.comments.talk import GUEST, Scene
from workspace.accounts.models import User
from workspace.comments import reading, service
from workspace.comments.models import Comment, CommentOptions, Reaction, Thread
from workspace.comments.section import with_links
from workspace.docs import service as docs
from workspace.docs.render import render
from workspace.sharing import tree
from workspace.sharing.models import Item
from workspace.sharing.roles import LinkReach, Role


def browser(user: User | None, language: str = "en") -> Client:
    client = Client(headers={"Accept-Language": language})
    if user is not None:
        client.force_login(user, backend="workspace.accounts.backends.Backend")
    return client


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def posted(scene: Scene, who: str, end: str, **fields: Any) -> Any:
    return browser(scene.of(who)).post(f"/docs/{scene.document.pk}/{end}", fields, follow=True)


def shown(scene: Scene, who: str | None, query: str = "") -> str:
    return words(browser(scene.of(who) if who else None).get(f"/docs/{scene.document.pk}/{query}"))


def test_each_passage_has_a_link_and_its_form_starts_a_thread_on_it(scene: Scene) -> None:
    page = shown(scene, "commenter")
    keys = re.findall(r'class="remark" href="\?on=([0-9a-f]{20})#comment-new"', page)
    assert keys == [one.key for one in reading.passages(scene.reader, scene.document.pk)]
    assert 'title="Comment on “Relever les compteurs.”"' in page
    form = shown(scene, "commenter", f"?on={keys[1]}")
    assert f'<input type="hidden" name="passage" value="{keys[1]}">' in form
    answer = posted(scene, "commenter", "comments/", body="Quand ?", passage=keys[1], mention=[str(scene.reader.pk)])
    assert answer.redirect_chain[-1][0].endswith(f"#comment-{Comment.objects.get().pk}")
    assert f'<a href="#passage-{keys[1]}">Relever les compteurs.</a>' in words(answer)
    assert "@Reader" in words(answer)
    docs.update(scene.editor, scene.document.pk, based_on=1, content="Autre chose.")
    page = shown(scene, "reader")
    assert "On a passage that is gone" in page
    assert f"#passage-{keys[1]}" not in page


def test_who_may_not_comment_is_offered_nothing(scene: Scene) -> None:
    service.start(scene.commenter, scene.document.pk, "mots")
    page = shown(scene, "reader")
    assert "mots" in page
    for offered in ('class="remark"', "comment-new", "Reply", "Resolve", "/react/", "/delete/", "comments/options/"):
        assert offered not in page
    tree.trash_item(scene.owner, scene.document.item)
    page = shown(scene, "owner")
    assert "mots" in page
    for offered in ('class="remark"', "comment-new", "Reply", "Resolve", "/react/", "/delete/", "comments/options/"):
        assert offered not in page


def test_a_thread_is_answered_resolved_shown_and_reopened(scene: Scene) -> None:
    first = service.start(scene.commenter, scene.document.pk, "Et le budget ?")
    thread = f"threads/{first.thread_id}/"
    assert "Il vient." in words(posted(scene, "editor", f"{thread}reply/", body="Il vient."))
    assert "The discussion is resolved" in words(posted(scene, "editor", f"{thread}close/"))
    assert "Et le budget" not in shown(scene, "reader")
    assert "All discussions are resolved." in shown(scene, "reader")
    page = shown(scene, "reader", "?resolved=1")
    assert "Et le budget" in page
    assert "Resolved by Editor" in page
    posted(scene, "editor", f"{thread}close/", reopen="1")
    assert "Et le budget" in shown(scene, "reader")


def test_a_comment_is_changed_reacted_to_and_deleted(scene: Scene) -> None:
    first = service.start(scene.commenter, scene.document.pk, "un")
    comment = f"comments/{first.pk}/"
    form = browser(scene.commenter).get(f"/docs/{scene.document.pk}/{comment}edit/")
    assert 'name="version" value="1"' in words(form)
    posted(scene, "commenter", f"{comment}edit/", body="deux", version="1")
    late = posted(scene, "commenter", f"{comment}edit/", body="trois", version="1")
    assert late.status_code == 412
    assert "trois" in words(late)
    assert 'name="version" value="2"' in words(late), "who was told may send it on top of what there is"
    posted(scene, "editor", f"{comment}react/", add="👍")
    assert 'aria-pressed="true"' in shown(scene, "editor")
    assert 'aria-pressed="true"' not in shown(scene, "commenter")
    posted(scene, "editor", f"{comment}react/", remove="👍")
    assert not Reaction.objects.exists()
    assert posted(scene, "editor", f"{comment}delete/").status_code == 200
    assert Comment.objects.get().body == "deux", "it is not the editor's"
    posted(scene, "commenter", f"{comment}delete/")
    assert "This comment was deleted." in shown(scene, "reader")
    assert browser(scene.commenter).get(f"/docs/{scene.document.pk}/{comment}edit/").status_code == 404


def test_a_text_that_cannot_be_taken_comes_back(scene: Scene) -> None:
    long = "x" * 10_001
    answer = posted(scene, "commenter", "comments/", body=long, mention=[str(scene.reader.pk)])
    assert answer.status_code == 413
    assert long in words(answer)
    assert "A comment has at most 10000 characters" in words(answer)
    assert f'value="{scene.reader.pk}" checked' in words(answer)
    first = service.start(scene.commenter, scene.document.pk, "un")
    for end in (f"threads/{first.thread_id}/reply/", f"comments/{first.pk}/edit/"):
        answer = posted(scene, "commenter", end, body=" ")
        assert answer.status_code == 400
        assert "Write something first." in words(answer)
    assert Thread.objects.count() == 1
    assert Comment.objects.get().body == "un"


def test_what_is_of_another_document_is_not_there(scene: Scene) -> None:
    other = docs.create(scene.commenter, title="Autre", content="")
    first = service.start(scene.commenter, scene.document.pk, "un")
    for end in (f"threads/{first.thread_id}/reply/", f"threads/{first.thread_id}/close/", f"comments/{first.pk}/edit/"):
        assert browser(scene.commenter).post(f"/docs/{other.pk}/{end}", {"body": "x"}).status_code == 404
    for end in ("delete/", "react/"):
        answer = browser(scene.commenter).post(f"/docs/{other.pk}/comments/{first.pk}/{end}", {"add": "👍"})
        assert answer.status_code == 404
    assert service.reading.comment(scene.commenter, first.pk).version == 1


@pytest.mark.parametrize(("who", "status"), [("reader", 403), ("nobody", 404)])
def test_who_posts_anyway_is_refused(scene: Scene, who: str, status: int) -> None:
    first = service.start(scene.commenter, scene.document.pk, "un")
    for end in ("comments/", f"threads/{first.thread_id}/reply/", f"threads/{first.thread_id}/close/"):
        assert posted(scene, who, end, body="x").status_code == status
    for end in ("edit/", "react/"):
        assert posted(scene, who, f"comments/{first.pk}/{end}", body="x", add="👍").status_code == status
    assert posted(scene, who, "comments/options/", from_guests="1").status_code == status
    assert (Comment.objects.count(), Reaction.objects.count(), CommentOptions.objects.count()) == (1, 0, 0)


def test_the_owner_lets_guests_words_in_and_they_are_marked(scene: Scene) -> None:
    posted(scene, "owner", "comments/options/", from_guests="1")
    service.start(GUEST, scene.document.pk, '<img src=x onerror="alert(1)"> **oui** [x](javascript:alert(1))\n\n# T')
    page = shown(scene, "reader")
    assert "Ali Durand" in page
    assert "@ali:culture.test, not linked" in page
    assert "\u202e" not in page
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page
    assert "<strong>T</strong>" in page, "a comment makes no headings in a page that has its own"
    posted(scene, "owner", "comments/options/", from_guests="0")
    assert not CommentOptions.objects.get().from_guests


def test_a_long_thread_shows_its_ends_and_all_of_it_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "ACTS_A_MINUTE", 1000)
    first = service.start(scene.commenter, scene.document.pk, "mot 1 fin")
    for number in range(2, 26):
        service.reply(scene.commenter, first.thread_id, f"mot {number} fin")
    page = shown(scene, "reader")
    assert [f"mot {number} fin" in page for number in (1, 2, 5, 6, 25)] == [True, False, False, True, True]
    assert "4 earlier comments" in page
    page = shown(scene, "reader", f"?thread={first.thread_id}")
    assert all(f"mot {number} fin" in page for number in range(1, 26))


def test_many_threads_are_shown_a_page_at_a_time(scene: Scene) -> None:
    for number in range(12):
        service.start(scene.commenter, scene.document.pk, f"fil {number} fin")
    assert "fil 0 fin" not in shown(scene, "reader")
    assert "fil 0 fin" in shown(scene, "reader", "?comments=2")
    assert "fil 11 fin" in shown(scene, "reader", "?comments=x&thread=x&on=x&resolved=x")


def test_a_public_document_is_shown_with_its_comments_to_anybody(scene: Scene) -> None:
    service.start(scene.commenter, scene.document.pk, "public aussi")
    tree.set_link(scene.owner, Item.objects.get(pk=scene.document.pk), LinkReach.PUBLIC, Role.READER)
    page = shown(scene, None)
    assert "public aussi" in page
    assert "<form" not in page[page.index('id="comments"') : page.index("<aside")]


def test_passages_of_the_same_words_are_one_and_quotes_are_escaped() -> None:
    rendered = render('a\n\na\n\n> a "quote" <b>\n\n- serré\n\n![x](y)', named=True)
    assert [one.quote for one in rendered.passages] == ["a", 'a "quote" <b>', "x"]
    html = with_links(rendered.html, rendered.passages)
    assert html.count('class="remark"') == 3
    assert 'title="Commenter «\u00a0a &quot;quote&quot; &lt;b&gt;\u00a0»"' in html
    assert render("a").passages == ()
    assert "id=" not in render("a").html
