"""Who is shown which page, and what is on it for them. Rights are those of the services; pages add nothing to them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.workspace.pages.scene import Scene, set_up, words
from workspace.find import service as find
from workspace.find.engines.tantivy import TantivyEngine
from workspace.sharing import tree
from workspace.sharing.roles import LinkReach, Role

pytestmark = pytest.mark.django_db

#: What differs between any two answers: the token of a form, and the address that one asked for.
_SECRETS = re.compile(r'value="[^"]*"')
#: Pages that anybody who is signed in has.
OWN = ("home", "docs", "drive", "trash", "search-empty", "account", "link-good")
#: Pages of things that are Camille's, and the least role that opens them.
OF_THINGS = {
    "document": "reader",
    "document-thread": "reader",
    "document-resolved": "reader",
    "versions": "reader",
    "version": "reader",
    "version-first": "reader",
    "document-edit": "editor",
    "share-document": "owner",
    "move": "owner",
    "folder": "editor",
    "file": "editor",
    "document-new": "editor",
    "share-folder": "owner",
    "seal": "owner",
    "document-in-trash": "owner",
}
#: Louis reads the plan, Inès edits the folder that it is in, Camille owns it, and nothing is shared with Ali.
ROLES = {"louis": ["reader"], "ines": ["reader", "editor"], "camille": ["reader", "editor", "owner"], "nobody": []}


@pytest.fixture
def scene() -> Scene:
    return set_up()


@pytest.mark.parametrize("who", ["camille", "nobody"])
@pytest.mark.parametrize("name", OWN)
def test_everybody_has_their_own_pages(scene: Scene, name: str, who: str) -> None:
    assert scene.browser(who).get(scene.paths[name]).status_code == 200


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize(("name", "least"), OF_THINGS.items())
def test_a_page_opens_for_the_role_that_it_needs(scene: Scene, name: str, least: str, who: str) -> None:
    answer = scene.browser(who).get(scene.paths[name])
    assert (answer.status_code == 200) is (least in ROLES[who])
    if answer.status_code != 200:
        assert answer.status_code in {403, 404}


@pytest.mark.parametrize("name", OF_THINGS)
def test_a_stranger_is_shown_the_page_of_what_is_not_there(scene: Scene, name: str) -> None:
    browser = scene.browser("nobody")
    shown, absent = browser.get(scene.paths[name]), browser.get(scene.paths["not-found"])
    assert shown.status_code == absent.status_code == 404
    assert "sobriété" not in words(shown)
    assert "Rénovation" not in words(shown)
    assert _SECRETS.sub("", words(shown)) == _SECRETS.sub("", words(absent)), "the two cannot be told apart"


@pytest.mark.parametrize("name", [*OWN, *OF_THINGS, "not-found"])
def test_who_is_not_signed_in_signs_in_first_and_comes_back(scene: Scene, name: str) -> None:
    answer = scene.browser(None).get(scene.paths[name])
    if name == "home":
        assert answer.status_code == 200
    else:
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/oidc/authenticate/?next=%2F")


def test_a_public_link_is_read_without_signing_in_and_names_nobody_who_has_access(scene: Scene) -> None:
    answer = scene.browser(None).get(scene.path("public"))
    assert answer.status_code == 200
    assert "Charte d’accueil du public" in words(answer)
    assert "Who has access" not in words(answer)
    assert "/edit/" not in words(answer)


def test_a_link_opens_no_history(scene: Scene) -> None:
    plan = scene.items["plan"]
    tree.set_link(scene.people["camille"], plan, LinkReach.AUTHENTICATED, Role.EDITOR)
    browser = scene.browser("nobody")
    page = words(browser.get(scene.paths["document"]))
    assert scene.path("plan", "versions/") not in page
    assert "Who has access" not in page
    assert browser.get(scene.paths["version-first"]).status_code == 404
    assert browser.get(scene.path("plan", "versions/3/?against=1")).status_code == 404
    latest = words(browser.get(scene.path("plan", "versions/3/")))
    assert "10 % en deux ans" not in latest
    listed = words(browser.get(scene.paths["versions"]))
    assert "Version 3" in listed
    assert "Version 2" not in listed
    assert "Inès" not in listed


def test_who_writes_by_the_link_and_was_not_quick_enough_sees_both_texts_and_no_older_one(scene: Scene) -> None:
    plan = scene.items["plan"]
    tree.set_link(scene.people["camille"], plan, LinkReach.AUTHENTICATED, Role.EDITOR)
    answer = scene.browser("nobody").post(
        scene.path("plan", "edit/"), {"title": "Plan", "content": "Mon texte", "version": "1"}
    )
    assert answer.status_code == 409
    assert "Mon texte" in words(answer)
    assert "15 % en deux ans" in words(answer)
    assert "10 % en deux ans" not in words(answer)


def test_a_public_folder_shows_what_it_holds_without_signing_in(scene: Scene) -> None:
    tree.set_link(scene.people["camille"], scene.items["folder"], LinkReach.PUBLIC, Role.READER)
    answer = scene.browser(None).get(scene.path("folder"))
    assert answer.status_code == 200
    assert scene.path("file") in words(answer)
    assert scene.path("folder", "share/") not in words(answer)


def test_a_reader_is_offered_nothing_that_they_may_not_do(scene: Scene) -> None:
    page = words(scene.browser("louis").get(scene.paths["document"]))
    for end in ("edit/", "share/", "move/", "trash/"):
        assert scene.path("plan", end) not in page
    assert "Rénovation" not in page, "the folder above is not shared with Louis"


def test_an_editor_may_write_and_not_share(scene: Scene) -> None:
    page = words(scene.browser("ines").get(scene.paths["document"]))
    assert scene.path("plan", "edit/") in page
    assert scene.path("plan", "share/") not in page


def test_an_owner_is_offered_everything(scene: Scene) -> None:
    page = words(scene.browser("camille").get(scene.paths["document"]))
    for end in ("edit/", "share/", "move/", "trash/"):
        assert scene.path("plan", end) in page


def test_what_is_in_the_trash_can_only_be_brought_back(scene: Scene) -> None:
    page = words(scene.browser("camille").get(scene.paths["document-in-trash"]))
    assert scene.path("gone", "restore/") in page
    for end in ("edit/", "share/", "move/"):
        assert f'"{scene.path("gone", end)}"' not in page


def test_a_search_shows_what_the_person_may_read(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workspace.find import indexing

    engine = TantivyEngine(tmp_path / "find")
    indexing.rebuild(engine)
    monkeypatch.setattr(find, "engine", lambda: engine)
    found = words(scene.browser("louis").get("/search/?q=chauffage"))
    assert "Plan de sobriété énergétique" in found
    assert "<mark>chauffage</mark>" in found
    assert "Plan de sobriété" not in words(scene.browser("nobody").get("/search/?q=chauffage"))


def test_a_search_says_that_it_is_being_prepared(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "engine", lambda: TantivyEngine(tmp_path / "none"))
    answer = scene.browser("louis").get("/search/?q=plan")
    assert answer.status_code == 200
    assert "The search is being prepared" in words(answer)


@pytest.mark.parametrize("path", ["/", "/docs/", "/signed-out/", "/sign-in/failed/", "/nowhere/"])
def test_every_page_keeps_itself_to_itself(scene: Scene, path: str) -> None:
    headers = scene.browser("camille").get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_pages_are_kept_by_no_cache(scene: Scene) -> None:
    assert "no-store" in scene.browser("camille").get(scene.paths["document"]).headers["Cache-Control"]
