"""What the forms of the pages do, and what they refuse."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from tests.workspace.pages.scene import Scene, said, set_up, words
from tests.workspace.pages.stage import HOSTILE
from tests.workspace.people import person
from workspace.accounts.models import MatrixIdentity, User
from workspace.docs import service as docs
from workspace.docs.pages import PREVIEWS_A_MINUTE
from workspace.sharing import tree
from workspace.sharing.models import Access, Item
from workspace.sharing.roles import LinkReach, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return set_up()


def posted(scene: Scene, who: str, path: str, **fields: Any) -> Any:
    return scene.browser(who).post(path, fields, follow=True)


def fresh(item: Item) -> Item:
    return Item.objects.get(pk=item.pk)


def written(scene: Scene) -> str:
    return docs.read(scene.people["camille"], scene.items["plan"].pk).content


def test_a_document_is_written_and_shown(scene: Scene) -> None:
    page = posted(scene, "camille", "/docs/new/", title="Note", content="# Un\r\n\r\ndeux", version="0")
    assert said(page) == ["The document was created."]
    assert re.search(r'<h1 id="passage-\w+">Un ', words(page))


def test_a_document_is_written_into_the_folder_that_was_open(scene: Scene) -> None:
    folder = scene.items["folder"]
    posted(scene, "ines", "/docs/new/", title="Note", content="", version="0", parent=str(folder.pk))
    assert Item.objects.get(title="Note").parent_id == folder.pk


def test_a_save_on_top_of_what_was_read_is_the_next_version(scene: Scene) -> None:
    page = posted(scene, "ines", scene.path("plan", "edit/"), title="Plan", content="Neuf", version="3")
    assert said(page) == ["The document was saved."]
    assert (written(scene), fresh(scene.items["plan"]).title) == ("Neuf", "Plan")


def test_two_who_wrote_in_different_places_are_put_together_and_asked(scene: Scene) -> None:
    item, base = scene.items["plan"], written(scene)
    docs.update(scene.people["ines"], item.pk, based_on=3, content=base.replace("19 °C", "18 °C"))
    mine = base.replace("Comparer", "Comparer deux fois")
    answer = scene.browser("camille").post(
        scene.path("plan", "edit/"), {"title": item.title, "content": mine, "version": "3"}
    )
    assert answer.status_code == 409
    text = answer.context["written"]
    assert "18 °C" in text.content
    assert "Comparer deux fois" in text.content
    assert text.version == 4
    assert "Inès Benali saved this document while you were writing." in words(answer)
    assert "18 °C" in written(scene), "nothing was saved over Inès's text"
    assert "deux fois" not in written(scene)
    page = posted(scene, "camille", scene.path("plan", "edit/"), title=text.title, content=text.content, version="4")
    assert said(page) == ["The document was saved."]


def test_two_who_wrote_in_the_same_line_find_both_in_the_editor(scene: Scene) -> None:
    item, base = scene.items["plan"], written(scene)
    docs.update(scene.people["ines"], item.pk, based_on=3, content=base.replace("19 °C", "18 °C"))
    answer = scene.browser("camille").post(
        scene.path("plan", "edit/"),
        {"title": item.title, "content": base.replace("19 °C", "20 °C"), "version": "3"},
    )
    assert answer.status_code == 409
    assert "18 °C" in answer.context["written"].content
    assert "20 °C" in answer.context["written"].content
    assert "In one place you both changed the same lines" in words(answer)
    assert 'role="alert"' in words(answer)


def test_what_cannot_be_saved_comes_back_with_the_reason(scene: Scene) -> None:
    answer = scene.browser("camille").post(
        scene.path("plan", "edit/"), {"title": " ", "content": "Pas perdu", "version": "3"}
    )
    assert answer.status_code == 400
    assert "Pas perdu" in words(answer)
    assert "A title is needed." in words(answer)


def test_what_went_into_the_trash_while_one_wrote_comes_back_with_the_reason(scene: Scene) -> None:
    tree.trash_item(scene.people["camille"], fresh(scene.items["plan"]))
    answer = scene.browser("camille").post(
        scene.path("plan", "edit/"), {"title": "Plan", "content": "Pas perdu", "version": "3"}
    )
    assert answer.status_code == 400
    assert "Pas perdu" in words(answer)
    assert "This is in the trash. Restore it first." in words(answer)


def test_a_text_that_is_too_long_comes_back_with_the_reason(scene: Scene) -> None:
    path, text = scene.path("plan", "edit/"), "é" * 1_000_000
    assert 'enctype="multipart/form-data"' in words(scene.browser("camille").get(path)), "so that it arrives"
    for more in ({}, {"preview": "1"}):
        answer = scene.browser("camille").post(path, {"title": "Plan", "content": text, "version": "3", **more})
        assert answer.status_code == 400
        assert "This text is too long: it has 1954 KiB, and a document may have 1024." in words(answer)
        assert answer.context["written"].content == text


def test_what_is_larger_than_any_request_may_be_is_called_so_with_the_limit(scene: Scene) -> None:
    answer = scene.browser("camille").post(
        scene.path("plan", "edit/"), {"title": "Plan", "content": "a" * (5 << 20), "version": "3"}
    )
    assert answer.status_code == 413
    assert "larger than 4 MiB" in words(answer)
    assert "your browser still has what you wrote" in words(answer)


def test_previews_beyond_what_a_person_needs_wait(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)  # or a minute may end meanwhile
    browser = scene.browser("camille")
    for _ in range(PREVIEWS_A_MINUTE):
        assert browser.post("/docs/preview/", {"content": "**fort**"}).status_code == 200
    answer = browser.post("/docs/preview/", {"content": "**fort**"})
    assert (answer.status_code, answer.content.decode()) == (429, "Too many at once. Try again in a moment.")
    answer = browser.post(
        scene.path("plan", "edit/"), {"title": "Plan", "content": "Pas perdu", "version": "3", "preview": "1"}
    )
    assert "Too many at once." in words(answer)
    assert "Pas perdu" in words(answer)
    assert scene.browser("ines").post("/docs/preview/", {"content": "a"}).status_code == 200


def test_a_preview_without_scripts_is_the_editor_with_the_text_rendered(scene: Scene) -> None:
    answer = scene.browser("camille").post(
        scene.path("plan", "edit/"), {"title": "Plan", "content": "**fort**", "version": "3", "preview": "1"}
    )
    assert "<strong>fort</strong>" in words(answer)
    assert "**fort**" in words(answer)
    assert "fort" not in written(scene)


def test_an_earlier_version_is_brought_back_on_top(scene: Scene) -> None:
    page = posted(scene, "camille", scene.path("plan", "versions/1/restore/"), version="3")
    assert said(page) == ["Version 1 is the current one again. Nothing was lost."]
    assert docs.read(scene.people["camille"], scene.items["plan"].pk).version == 4


def test_any_two_versions_are_compared(scene: Scene) -> None:
    page = scene.browser("camille").get(scene.path("plan", "versions/3/?against=1"))
    assert page.context["against"].number == 1
    assert [one.number for one in page.context["others"]] == [2, 1]
    assert scene.browser("camille").get(scene.path("plan", "versions/3/?against=77")).status_code == 404


def test_titles_and_texts_are_shown_as_they_were_written_and_do_nothing(scene: Scene) -> None:
    browser = scene.browser("camille")
    for path in ("/", "/docs/", scene.path("hostile"), scene.path("hostile", "edit/"), scene.path("hostile", "share/")):
        page = browser.get(path).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "\u202e" not in page
    assert "\u202e" in HOSTILE
    assert "&lt;b&gt;gras&lt;/b&gt;" in browser.get(scene.path("hostile")).content.decode()


def test_words_that_are_searched_are_shown_as_words(scene: Scene) -> None:
    page = scene.browser("camille").get("/search/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


FORMS = [
    "/language/",
    "/docs/new/",
    "/docs/preview/",
    "/drive/folders/",
    "{plan}edit/",
    "{plan}versions/1/restore/",
    "{plan}comments/",
    "{plan}comments/options/",
    "{plan}share/person/",
    "{plan}share/team/",
    "{plan}share/link/",
    "{plan}move/",
    "{plan}trash/",
    "{plan}rename/",
    "{folder}rename/",
    "{folder}trash/",
    "{gone}restore/",
    "/account/identities/1/remove/",
    "/oidc/logout/",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_does_not_come_from_our_pages_does_nothing(scene: Scene, form: str) -> None:
    path = form.format(**{name: item.url for name, item in scene.items.items()})
    answer = scene.browser("camille", csrf=True).post(path, {"title": "Pris"})
    assert answer.status_code == 403
    assert "This page was open for too long" in words(answer)


def test_a_link_of_ours_is_not_confirmed_by_another_site(scene: Scene) -> None:
    answer = scene.browser("camille", csrf=True).post(scene.paths["link-good"])
    assert answer.status_code == 403
    assert not MatrixIdentity.objects.filter(matrix_id="@camille.good:interieur.gouv.test").exists()


def test_opening_a_link_links_nothing_and_confirming_it_does_once(scene: Scene) -> None:
    path = scene.paths["link-good"]
    page = words(scene.browser("camille").get(path))
    assert "@camille.good:interieur.gouv.test" in page
    assert "camille.martin@agents.gouv.test" in page
    assert not MatrixIdentity.objects.filter(matrix_id="@camille.good:interieur.gouv.test").exists()
    assert said(posted(scene, "camille", path)) == ["@camille.good:interieur.gouv.test is now linked to your account."]
    again = scene.browser("louis").post(path)
    assert again.status_code == 410
    assert "This address has been used." in words(again)
    assert MatrixIdentity.objects.get(matrix_id="@camille.good:interieur.gouv.test").user == scene.people["camille"]


@pytest.mark.parametrize(
    ("name", "why"),
    [("used", "has been used"), ("expired", "is too old"), ("unknown", "is not one of ours")],
)
def test_a_link_that_is_no_longer_good_says_why_and_what_to_do(scene: Scene, name: str, why: str) -> None:
    answer = scene.browser("camille").get(scene.paths[f"link-{name}"])
    assert answer.status_code == 410
    assert why in words(answer)
    assert "!parvis link" in words(answer)


def test_a_matrix_id_of_ones_own_is_removed_and_nobody_elses(scene: Scene) -> None:
    mine = scene.people["camille"].matrix_identities.get()
    path = f"/account/identities/{mine.pk}/remove/"
    assert posted(scene, "ines", path).status_code == 404
    assert said(posted(scene, "camille", path)) == [
        "@camille.martin:interieur.gouv.test is no longer linked to your account."
    ]
    assert not scene.people["camille"].matrix_identities.exists()


def test_the_language_is_chosen_and_stays(scene: Scene) -> None:
    browser = scene.browser("camille", language="en")
    answer = browser.post("/language/", {"language": "fr", "next": "/docs/"})
    assert answer.headers["Location"] == "/docs/"
    assert '<html lang="fr">' in words(browser.get("/docs/"))
    other = scene.browser("camille", language="en")
    assert '<html lang="fr">' in words(other.get("/docs/")), "it is the person's, in every browser"
    assert browser.post("/language/", {"language": "tlh"}).status_code == 400


def test_who_is_not_signed_in_chooses_the_language_of_the_browser(scene: Scene) -> None:
    browser = scene.browser(None, language="en")
    browser.post("/language/", {"language": "fr"})
    assert '<html lang="fr">' in words(browser.get("/"))


@pytest.mark.parametrize("next_", ["https://evil.test/", "//evil.test/", "javascript:alert(1)"])
def test_a_form_leads_to_no_other_site(scene: Scene, next_: str) -> None:
    assert scene.browser("camille").post("/language/", {"language": "fr", "next": next_}).headers["Location"] == "/"


def test_an_owner_shares_with_a_person(scene: Scene) -> None:
    path = scene.path("plan", "share/person/")
    page = posted(scene, "camille", path, email="ALI.durand@agents.gouv.test", role="editor")
    assert said(page) == ["Ali Durand now has access."]
    assert Access.objects.get(user=scene.people["nobody"], item=scene.items["plan"]).role == Role.EDITOR
    page = posted(scene, "camille", path, email="nul@part.test", role="editor")
    assert said(page) == ["Nobody here has the address “nul@part.test”. They must have signed in once."]


def test_where_several_have_an_address_one_of_them_is_chosen(scene: Scene) -> None:
    other = User.objects.create(
        sub="sub-other", username="sub-other", email="Ali.Durand@agents.gouv.test", full_name="Ali Durand (ailleurs)"
    )
    path = scene.path("plan", "share/person/")
    page = posted(scene, "camille", path, email="ali.durand@agents.gouv.test", role="editor")
    assert "Several people have the address “ali.durand@agents.gouv.test”." in words(page)
    assert "Ali Durand (ailleurs)" in words(page)
    assert not Access.objects.filter(item=scene.items["plan"], user__full_name__startswith="Ali").exists()
    page = posted(scene, "camille", path, email="ali.durand@agents.gouv.test", role="editor", person=str(other.pk))
    assert said(page) == ["Ali Durand (ailleurs) now has access."]
    assert Access.objects.get(item=scene.items["plan"], user=other).role == Role.EDITOR
    louis = scene.people["louis"]
    page = posted(scene, "camille", path, email="ali.durand@agents.gouv.test", role="owner", person=str(louis.pk))
    assert said(page) == ["Nobody here has the address “ali.durand@agents.gouv.test”. They must have signed in once."]


def test_an_owner_shares_with_a_room_of_theirs_only(scene: Scene) -> None:
    team = scene.people["camille"].teams.get()
    path = scene.path("plan", "share/team/")
    assert said(posted(scene, "camille", path, team=str(team.pk), role="reader")) == [f"{team.name} now has access."]
    tree.grant(scene.people["camille"], scene.items["plan"], Role.OWNER, user=scene.people["louis"])
    page = posted(scene, "louis", path, team=str(team.pk), role="editor")
    assert said(page) == ["Choose a room or a team that you are in."]


def test_many_who_have_access_are_shown_a_page_at_a_time(scene: Scene) -> None:
    for number in range(60):
        tree.grant(scene.people["camille"], scene.items["plan"], Role.READER, user=person(f"agent.n{number:02}"))
    browser = scene.browser("camille")
    assert words(browser.get(scene.path("plan"))).count('class="person__name"') == 20
    assert "And 44 more." in words(browser.get(scene.path("plan")))
    first, last = (browser.get(scene.path("plan", f"share/?page={page}")) for page in (1, 2))
    assert len(first.context["grants"].object_list) == 50
    assert len(last.context["grants"].object_list) == 14
    assert "Page 1 of 2" in words(first)


def test_an_access_is_changed_and_taken_away(scene: Scene) -> None:
    access = Access.objects.get(user=scene.people["louis"])
    path = scene.path("plan", f"share/{access.pk}/")
    assert said(posted(scene, "camille", path, role="editor")) == ["The role of Louis Petit was changed."]
    assert said(posted(scene, "camille", path, role="editor", remove="1")) == ["Louis Petit no longer has access."]
    assert scene.browser("louis").get(scene.path("plan")).status_code == 404


def test_the_last_owner_stays(scene: Scene) -> None:
    access = Access.objects.get(user=scene.people["camille"], item=scene.items["folder"])
    page = posted(scene, "camille", scene.path("folder", f"share/{access.pk}/"), role="owner", remove="1")
    assert said(page) == ["Someone must own this. Make somebody else an owner first."]


def test_the_link_is_opened_and_closed(scene: Scene) -> None:
    path = scene.path("plan", "share/link/")
    posted(scene, "camille", path, reach="authenticated", role="reader")
    assert scene.browser("nobody").get(scene.path("plan")).status_code == 200
    posted(scene, "camille", path, reach="restricted", role="reader")
    assert scene.browser("nobody").get(scene.path("plan")).status_code == 404
    assert fresh(scene.items["plan"]).link_reach == LinkReach.RESTRICTED


def test_what_is_put_in_the_trash_is_brought_back(scene: Scene) -> None:
    page = posted(scene, "camille", scene.path("plan", "trash/"))
    assert said(page) == ["“Plan de sobriété énergétique” is in the trash."]
    assert page.request["PATH_INFO"] == scene.path("folder")
    assert scene.browser("louis").get(scene.path("plan")).status_code == 404
    assert "Plan de sobriété" in words(scene.browser("camille").get("/drive/trash/"))
    assert said(posted(scene, "camille", scene.path("plan", "restore/"))) == ["“Plan de sobriété énergétique” is back."]
    assert scene.browser("louis").get(scene.path("plan")).status_code == 200


def test_the_folder_that_one_walked_to_is_the_end_of_the_way(scene: Scene) -> None:
    page = words(scene.browser("camille").get(scene.path("plan", f"move/?parent={scene.items['inner'].pk}")))
    assert '<span aria-current="page">Plans</span>' in page
    assert 'href=""' not in page


def test_a_folder_is_made_renamed_and_moved(scene: Scene) -> None:
    folder = scene.items["folder"]
    posted(scene, "ines", "/drive/folders/", title="Photos", parent=str(folder.pk))
    made = Item.objects.get(title="Photos")
    assert made.parent_id == folder.pk
    assert said(posted(scene, "ines", made.url + "rename/", title="Images")) == ["The name was changed."]
    inner = scene.items["inner"]
    posted(scene, "camille", made.url + "move/", parent=str(inner.pk))
    assert fresh(made).parent_id == inner.pk


def test_a_name_that_cannot_be_leaves_the_person_where_they_were(scene: Scene) -> None:
    path = scene.path("folder")
    page = posted(scene, "camille", path + "rename/", title=" \u202e ", next=path)
    assert said(page) == ["A title is needed."]
    assert page.request["PATH_INFO"] == path


def test_a_reader_who_posts_anyway_is_refused(scene: Scene) -> None:
    for end in ("edit/", "share/link/", "share/person/", "trash/", "move/", "versions/1/restore/", "comments/"):
        assert posted(scene, "louis", scene.path("plan", end), title="x", content="x").status_code == 403, end
    assert written(scene).startswith("# Objectifs")


def test_a_stranger_who_posts_is_told_nothing(scene: Scene) -> None:
    for end in ("edit/", "share/link/", "trash/", "move/", "versions/1/restore/", "comments/"):
        assert posted(scene, "nobody", scene.path("plan", end), title="x", content="x").status_code == 404, end
