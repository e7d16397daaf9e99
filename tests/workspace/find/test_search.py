"""What people find: their own, what is shared with them, what is open; and never what they may not read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from contract.resources import Kind
from tests.workspace.people import person, signed_in
from workspace.accounts.models import User
from workspace.docs import service as docs
from workspace.docs.models import Document
from workspace.find import indexing, service
from workspace.find.engines.tantivy import TantivyEngine
from workspace.sharing import tree
from workspace.sharing.models import Item, Team
from workspace.sharing.roles import LinkReach, Role

pytestmark = pytest.mark.django_db

URL = "/api/v1.0/search/"
CatchUp = Callable[[], None]


def found(user: User, words: str = "sobriété", **options: Any) -> list[UUID]:
    return [hit.item for hit in service.search(user, words, **options).hits]


def folder(owner: User, parent: Item | None = None) -> Item:
    return tree.create_item(Kind.FOLDER, "Dossier", parent, owner)


def document(owner: User, parent: Item | None = None, title: str = "Plan de sobriété") -> Document:
    return docs.create(owner, title=title, content="Le **texte**.", parent_id=parent.pk if parent else None)


def test_a_document_is_found_by_title_and_by_text(camille: User, catch_up: CatchUp) -> None:
    one = document(camille)
    catch_up()
    (hit,) = service.search(camille, "textes").hits
    assert (hit.item, hit.kind, hit.title) == (one.pk, Kind.DOCUMENT, "Plan de sobriété")
    assert hit.excerpt == "Le <mark>texte</mark>"
    assert hit.url.endswith(f"/docs/{one.pk}/")
    assert found(camille) == [one.pk]


def test_what_changed_is_found_as_it_is_now(camille: User, catch_up: CatchUp) -> None:
    one = document(camille)
    docs.update(camille, one.pk, based_on=1, title="Budget", content="Autre chose")
    catch_up()
    assert found(camille) == []
    assert found(camille, "budget") == [one.pk]


def test_others_find_nothing_until_it_is_shared_and_nothing_after_it_is_taken_back(
    camille: User, ines: User, catch_up: CatchUp
) -> None:
    one = document(camille)
    catch_up()
    assert found(ines) == []
    access = tree.grant(camille, one.item, Role.READER, user=ines)
    assert found(ines) == [one.pk]
    tree.revoke(camille, access)
    assert service.search(ines, "sobriété").total == 0


def test_an_access_on_a_folder_lets_find_what_hangs_under_it(camille: User, ines: User, catch_up: CatchUp) -> None:
    top = folder(camille)
    one = document(camille, folder(camille, top))
    catch_up()
    tree.grant(camille, top, Role.READER, user=ines)
    assert found(ines) == [one.pk]
    assert set(found(ines, "dossier")) == {top.pk, one.item.parent_id}


def test_a_team_finds_what_it_has(camille: User, ines: User, catch_up: CatchUp) -> None:
    one = document(camille)
    catch_up()
    team = Team.objects.create(slug="equipe", name="Équipe")
    team.members.add(ines)
    tree.grant(camille, one.item, Role.READER, team=team)
    assert found(ines) == [one.pk]
    team.members.remove(ines)
    assert found(ines) == []


@pytest.mark.parametrize("reach", [LinkReach.AUTHENTICATED, LinkReach.PUBLIC])
def test_what_is_open_by_its_link_is_found_by_those_who_have_it_and_not_by_strangers(
    camille: User, ines: User, catch_up: CatchUp, reach: LinkReach
) -> None:
    top = folder(camille)
    one = document(camille, top)
    tree.set_link(camille, top, reach, Role.READER)
    catch_up()
    assert service.search(ines, "sobriété").total == 0
    assert found(camille) == [one.pk]
    tree.grant(camille, one.item, Role.READER, user=ines)
    assert found(ines) == [one.pk]


def test_what_moved_to_where_only_a_link_opens_it_is_found_no_longer(
    camille: User, ines: User, catch_up: CatchUp
) -> None:
    shared, opened = folder(camille), folder(camille)
    tree.grant(camille, shared, Role.READER, user=ines)
    tree.set_link(camille, opened, LinkReach.AUTHENTICATED, Role.READER)
    one = document(camille, shared)
    catch_up()
    assert found(ines) == [one.pk]
    tree.move_item(camille, one.item, opened)
    assert service.search(ines, "sobriété").total == 0, "the index does not know yet, the rights do"


def test_what_is_in_the_trash_is_found_by_nobody_and_comes_back(camille: User, catch_up: CatchUp) -> None:
    top = folder(camille)
    one = document(camille, top)
    catch_up()
    tree.trash_item(camille, top)
    assert service.search(camille, "sobriété").total == 0, "the index does not know yet, the rights do"
    catch_up()
    assert found(camille) == []
    tree.restore_item(camille, top)
    catch_up()
    assert found(camille) == [one.pk]


def test_what_was_moved_is_found_by_those_who_have_it_now(camille: User, ines: User, catch_up: CatchUp) -> None:
    shared = folder(camille)
    tree.grant(camille, shared, Role.READER, user=ines)
    inner = folder(camille, shared)
    one = document(camille, inner)
    catch_up()
    assert found(ines) == [one.pk]
    tree.move_item(camille, inner, None)
    assert service.search(ines, "sobriété").total == 0, "the index does not know yet, the rights do"
    catch_up()
    assert found(ines) == []
    assert found(camille) == [one.pk]


def test_events_twice_or_in_any_order_make_the_same_index(camille: User, index: TantivyEngine) -> None:
    from contract.events import Event
    from workspace.events.models import OutboxEvent

    one = document(camille)
    gone = document(camille)
    tree.trash_item(camille, gone.item)
    told = [Event.from_json(bytes(row.body)) for row in OutboxEvent.objects.order_by("-pk")]
    for _ in range(2):
        indexing.index(index, told)
    assert found(camille) == [one.pk]


def test_a_rebuild_finds_what_events_would(camille: User, ines: User, index: TantivyEngine) -> None:
    one = document(camille)
    shared = document(ines)
    tree.grant(ines, shared.item, Role.READER, user=camille)
    tree.trash_item(camille, document(camille).item)
    assert indexing.rebuild(index) == 2
    assert set(found(camille)) == {one.pk, shared.pk}


def test_pages_and_totals_agree(camille: User, catch_up: CatchUp) -> None:
    made = {document(camille).pk for _ in range(7)}
    catch_up()
    pages = [found(camille, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert {item for page in pages for item in page} == made
    assert service.search(camille, "sobriété", limit=3).total == 7


def test_the_kinds_can_be_told_apart(camille: User, catch_up: CatchUp) -> None:
    one = folder(camille)
    document(camille, title="Dossier")
    catch_up()
    assert found(camille, "dossier", kind=Kind.FOLDER) == [one.pk]


class TestAudience:
    """In a room, an answer shows what everybody in it may read."""

    def test_all_must_be_able_to_read(self, camille: User, ines: User, catch_up: CatchUp) -> None:
        both, mine = document(camille), document(camille)
        tree.grant(camille, both.item, Role.READER, user=ines)
        catch_up()
        answer = service.search_for_audience(camille, service.Audience((ines,)), "sobriété")
        assert [hit.item for hit in answer.hits] == [both.pk]
        assert [hit.item for hit in answer.asker_hits] == [mine.pk]
        assert (answer.total, answer.asker_only) == (1, 1)

    def test_what_the_asker_alone_may_read_is_apart_however_much_there_is_of_the_rest(
        self, camille: User, ines: User, catch_up: CatchUp
    ) -> None:
        shared = folder(camille)
        tree.grant(camille, shared, Role.READER, user=ines)
        both = {document(camille, shared, title="Sobriété, sobriété").pk for _ in range(7)}
        mine = {document(camille).pk for _ in range(3)}
        catch_up()
        answer = service.search_for_audience(camille, service.Audience((ines,)), "sobriété", limit=2)
        assert {hit.item for hit in answer.hits} <= both
        assert {hit.item for hit in answer.asker_hits} <= mine
        assert (len(answer.hits), len(answer.asker_hits)) == (2, 2)
        assert (answer.total, answer.asker_only) == (7, 3)

    def test_the_asker_counts_even_if_not_named(self, camille: User, ines: User, catch_up: CatchUp) -> None:
        document(ines)
        catch_up()
        answer = service.search_for_audience(camille, service.Audience((ines,)), "sobriété")
        assert (answer.total, answer.asker_only) == (0, 0)

    def test_who_is_linked_to_no_account_has_nothing_be_it_public(self, camille: User, catch_up: CatchUp) -> None:
        public = document(camille)
        tree.set_link(camille, public.item, LinkReach.PUBLIC, Role.READER)
        catch_up()
        answer = service.search_for_audience(camille, service.Audience(strangers=True), "sobriété")
        assert (answer.hits, answer.total) == ((), 0)
        assert [hit.item for hit in answer.asker_hits] == [public.pk]

    def test_what_a_member_may_read_by_the_link_alone_is_for_the_asker(
        self, camille: User, ines: User, catch_up: CatchUp
    ) -> None:
        opened = document(camille)
        tree.set_link(camille, opened.item, LinkReach.AUTHENTICATED, Role.READER)
        catch_up()
        answer = service.search_for_audience(camille, service.Audience((ines,)), "sobriété")
        assert (answer.hits, [hit.item for hit in answer.asker_hits]) == ((), [opened.pk])
        theirs = service.search_for_audience(ines, service.Audience((camille,)), "sobriété")
        assert (theirs.hits, theirs.asker_hits) == ((), ())

    def test_a_large_room_costs_no_more_queries_than_a_small_one(
        self, camille: User, catch_up: CatchUp, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        one = document(camille)
        team = Team.objects.create(slug="salon", name="Salon")
        members = tuple(person(f"membre.{number}") for number in range(40))
        team.members.add(*members)
        tree.grant(camille, one.item, Role.READER, team=team)
        catch_up()
        with django_assert_max_num_queries(10):
            answer = service.search_for_audience(camille, service.Audience(members), "sobriété")
        assert [hit.item for hit in answer.hits] == [one.pk]

    def test_nobody_else_is_oneself_alone(self, camille: User, catch_up: CatchUp) -> None:
        document(camille)
        catch_up()
        answer = service.search_for_audience(camille, service.Audience(), "sobriété")
        assert (answer.total, answer.asker_hits, answer.asker_only) == (1, (), 0)


class TestApi:
    """`GET /api/v1.0/search/`."""

    def test_it_answers_what_the_service_does(self, camille: User, catch_up: CatchUp) -> None:
        one = document(camille)
        catch_up()
        body = signed_in(camille).get(URL, {"q": "sobriete"}).json()
        assert (body["total"], body["asker_hits"], body["asker_only"]) == (1, [], 0)
        assert body["hits"][0]["item"] == str(one.pk)
        assert set(body["hits"][0]) == {"item", "kind", "title", "excerpt", "url", "updated_at"}

    def test_who_is_not_signed_in_is_asked_to(self) -> None:
        assert APIClient().get(URL, {"q": "x"}).status_code == 401

    @pytest.mark.parametrize(
        "query", [{"limit": 0}, {"limit": 51}, {"offset": -1}, {"kind": "x"}, {"order": "x"}, {"offset": 10**6}]
    )
    def test_a_question_that_makes_no_sense_is_refused(self, camille: User, query: dict[str, Any]) -> None:
        assert signed_in(camille).get(URL, {"q": "x"} | query).status_code == 400

    @pytest.mark.usefixtures("index")
    def test_too_many_words_are_refused_with_the_limit(self, camille: User) -> None:
        answer = signed_in(camille).get(URL, {"q": "mot " * 101})
        assert (answer.status_code, answer.json()["code"]) == (400, "search_too_long")

    def test_while_there_is_no_index_it_says_so(
        self, camille: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
    ) -> None:
        monkeypatch.setattr(service, "engine", lambda: TantivyEngine(tmp_path / "none"))
        answer = signed_in(camille).get(URL, {"q": "x"})
        assert (answer.status_code, answer.json()["code"]) == (503, "search_unavailable")

    def test_an_excerpt_is_escaped(self, camille: User, catch_up: CatchUp) -> None:
        docs.create(camille, title="<i>Note</i>", content="`<script>alert(1)</script>` sobriété")
        catch_up()
        (hit,) = signed_in(camille).get(URL, {"q": "sobriété"}).json()["hits"]
        assert hit["excerpt"] == "&lt;script&gt;alert(1)&lt;/script&gt; <mark>sobriété</mark>"
        assert hit["title"] == "<i>Note</i>"


def test_somebody_new_finds_nothing(camille: User, catch_up: CatchUp) -> None:
    document(camille)
    catch_up()
    assert service.search(person("louis.petit"), "sobriété").total == 0
