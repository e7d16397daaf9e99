"""A token opens what it names, for its service, while it lives; each misuse is refused and shown to its owner."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.db import DatabaseError
from django.utils import timezone
from rest_framework.test import APIClient

from contract.grants import Act
from contract.resources import Kind
from tests.workspace.grants.world import BRIDGE, CAMILLE, ROOM, World, acting, as_service
from workspace.accounts import linking, people
from workspace.accounts.models import MatrixIdentity
from workspace.api import services
from workspace.docs import service as docs
from workspace.grants import delegations, uses, using
from workspace.grants.authentication import Presented
from workspace.grants.errors import Misuse
from workspace.grants.models import Delegation, ScenarioToken, Use
from workspace.sharing import tree
from workspace.sharing.models import Access, Item
from workspace.sharing.roles import Role


def content(item: Item) -> str:
    return f"/api/v1.0/items/{item.pk}/content/"


def held() -> Any:
    """A request that presents the last token."""
    token = ScenarioToken.objects.select_related("delegation__user").latest("pk")
    return cast("Any", SimpleNamespace(auth=Presented(token, BRIDGE)))


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_document_is_read_once_by_the_token_that_names_it(world: World) -> None:
    token = world.token("read", resource=world.note.pk, room=ROOM)
    answer = acting(token).get(content(world.note))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    said = answer.json()
    assert (said["title"], said["markdown"], said["kind"]) == ("Note", "# Secret\n", "document")
    assert refused(acting(token).get(content(world.note))) == (403, "spent_token")
    assert world.book() == [("bridge", "trade", ""), ("bridge", "use", ""), ("bridge", "use", "spent_token")]


def test_a_folder_has_a_title_and_no_content(world: World) -> None:
    said = acting(world.token("read", resource=world.folder.pk)).get(content(world.folder)).json()
    assert said["title"] == "Dossier"
    assert not {"markdown", "download"} & set(said)


MISUSES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "other_act": ({"act": "comment"}, {"act": Act.READ}),
    "other_target": ({}, {"item": "folder"}),
    "other_room": ({}, {"room": "!another:hub.test"}),
    "too_large": ({"max_bytes": 10}, {"size": 11}),
    "other_type": ({"media_types": "image/* application/pdf"}, {"media_type": "text/plain"}),
}


@pytest.mark.parametrize("code", MISUSES)
def test_a_use_outside_its_bounds_is_refused_shown_and_takes_nothing(world: World, code: str) -> None:
    asked, wanted = MISUSES[code]
    world.token(**({"act": "read", "resource": world.note.pk, "room": ROOM} | asked))
    item = world.folder if wanted.pop("item", None) else world.note
    act = wanted.pop("act", Act.READ)
    with pytest.raises(Misuse) as error:
        using.use(held(), act, item=item.pk, **wanted)
    assert error.value.code == code
    assert world.book()[-1] == ("bridge", "use", code)
    shown = Use.objects.latest("pk")
    assert (shown.item, shown.act, shown.room) == (item.pk, act, ROOM)
    assert ScenarioToken.objects.get().uses_left == 1


def test_what_is_within_its_bounds_is_let_in(world: World) -> None:
    world.token("read", resource=world.note.pk, max_bytes=10, media_types="image/* application/pdf", uses=2, room=ROOM)
    for media_type in ("image/png", "application/pdf"):
        user = using.use(held(), Act.READ, item=world.note.pk, size=10, media_type=media_type, room=ROOM)
        assert user == world.camille


def test_a_token_for_a_search_opens_nothing_and_one_for_an_item_does_not_search(world: World) -> None:
    assert refused(acting(world.token()).get(content(world.note))) == (403, "other_target")
    token = world.token(resource=world.note.pk)
    assert refused(acting(token).post("/api/v1.0/search/", {"q": "x"})) == (403, "other_target")


def test_too_late_is_refused_and_shown(world: World) -> None:
    token = world.token("read", resource=world.note.pk)
    ScenarioToken.objects.update(expires_at=timezone.now())
    assert refused(acting(token).get(content(world.note))) == (401, "expired_token")
    assert world.book()[-1] == ("bridge", "use", "expired_token")


def test_another_application_does_not_use_it_and_nobody_does_without_a_credential(world: World) -> None:
    world.allow(world.camille, Act.READ, service="find")
    token = world.token("read", resource=world.note.pk)
    for client, service in (
        (acting(token, "find"), "find"),
        (acting(token, "nobody"), ""),
        (APIClient(headers={"Authorization": f"Bearer {token}"}), ""),
        (APIClient(headers={"Authorization": f"Bearer {token}", "Parvis-Service": "of-bridge"}), ""),
    ):
        assert refused(client.get(content(world.note))) == (403, "other_service")
        assert world.book()[-1] == (service, "use", "other_service")
    assert acting(token).get(content(world.note)).status_code == 200, "it is as good as before"


def test_a_credential_is_no_token_and_a_guess_is_none(world: World) -> None:
    assert refused(as_service("bridge").get(content(world.note))) == (401, "unknown_token")
    assert refused(acting("guess").get(content(world.note))) == (401, "unknown_token")
    assert APIClient().get(content(world.note)).status_code == 401
    here = APIClient()
    here.force_login(world.camille)
    assert here.get(content(world.note)).status_code == 401, "people have pages and an API of their own"


def _revoke(world: World) -> None:
    delegations.revoke(Delegation.objects.get(user=world.camille, act=Act.READ))


def _end(world: World) -> None:
    Delegation.objects.update(expires_at=timezone.now())


def _unlink(world: World) -> None:
    MatrixIdentity.objects.create(user=world.camille, matrix_id="@autre:interieur.gouv.test")
    linking.unlink(MatrixIdentity.objects.get(matrix_id=CAMILLE))


def _give_to_another(world: World) -> None:
    _unlink(world)
    MatrixIdentity.objects.create(user=world.ines, matrix_id=CAMILLE)


def _deactivate(world: World) -> None:
    people.set_active(world.camille, False)


def _lose(world: World) -> None:
    tree.grant(world.camille, world.note, Role.OWNER, user=world.ines)
    tree.revoke(world.camille, Access.objects.get(item=world.note, user=world.camille))


def _delete(world: World) -> None:
    Item.objects.filter(pk=world.note.pk).delete()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_revoke, "revoked"),
        (_end, "revoked"),
        (_unlink, "not_linked"),
        (_give_to_another, "not_linked"),
        (_deactivate, "revoked"),
        (_lose, "not_found"),
        (_delete, "not_found"),
    ],
)
def test_what_it_stands_on_is_looked_at_when_it_is_used(
    world: World, change: Callable[[World], None], code: str
) -> None:
    token = world.token("read", resource=world.note.pk)
    change(world)
    assert acting(token).get(content(world.note)).json()["code"] == code
    assert world.book()[-1] == ("bridge", "use", code)


def test_giving_it_again_brings_no_token_back(world: World) -> None:
    token = world.token("read", resource=world.note.pk)
    _revoke(world)
    delegations.give(world.camille, "bridge", Act.READ)
    assert refused(acting(token).get(content(world.note))) == (403, "revoked")


def test_a_thief_of_the_bridges_database_and_credential_reads_nothing_that_nobody_named(world: World) -> None:
    """They have the credential, tokens that were left, and every id; and what Camille does not allow stays shut."""
    left = world.token("read", resource=world.folder.pk)
    Delegation.objects.filter(user=world.camille).update(revoked_at=timezone.now())
    secret = docs.create(world.ines, title="Plan social").item  # she allows nothing
    for item in (secret, world.note, world.folder):
        for path in (f"documents/{item.pk}/", f"items/{item.pk}/", f"files/{item.pk}/", f"items/{item.pk}/content/"):
            for client in (as_service("bridge"), acting(left), acting("of-bridge")):
                assert client.get(f"/api/v1.0/{path}").status_code in (401, 403, 404), path
    assert as_service("bridge").post("/api/v1.0/search/", {"q": "plan"}).status_code == 401
    for person in (CAMILLE, "@ines.benali:culture.gouv.test"):
        for act in Act:
            answer = world.exchange(act, person=person, resource=secret.pk)
            assert answer.json()["code"] == "not_allowed"
    assert ("bridge", "trade", "not_allowed") in world.book(world.ines), "and she sees that somebody tried"


def test_what_the_operator_took_from_a_service_it_does_no_longer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token = world.token("read", resource=world.note.pk)
    less = dataclasses.replace(BRIDGE, acts=frozenset({Act.SAVE}))
    monkeypatch.setattr(services, "of_token", lambda _token: less)
    assert refused(acting(token).get(content(world.note))) == (403, "other_act")


def test_who_tries_again_and_again_does_not_fill_the_book(world: World) -> None:
    token = world.token("read", resource=world.note.pk)
    for _ in range(30):
        acting(token, "find").get(content(world.note))
    assert Use.objects.exclude(refused="").count() == 20


def test_the_book_is_kept_for_a_year_and_tokens_for_days(world: World) -> None:
    world.token("read", resource=world.note.pk)
    world.token("read", resource=world.note.pk)
    first = Use.objects.earliest("pk")
    Use.objects.filter(pk=first.pk).update(at=timezone.now() - uses.KEPT)
    ScenarioToken.objects.filter(pk=first.token_id).update(expires_at=timezone.now() - uses.TOKENS_KEPT)
    assert uses.tidy() == 2
    assert world.book() == [("bridge", "trade", "")]
    assert ScenarioToken.objects.count() == 1
    assert uses.tidy() == 0


async def test_it_is_tidied_again_and_again_also_when_the_database_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    enough, outcomes = asyncio.Event(), [DatabaseError(), 0, 3]
    loop = asyncio.get_running_loop()

    def tidy() -> int:
        outcome = outcomes.pop(0) if outcomes else 0
        if not outcomes:
            loop.call_soon_threadsafe(enough.set)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(uses, "tidy", tidy)
    monkeypatch.setattr(uses, "_EVERY", timedelta(0))
    task = asyncio.create_task(uses.now_and_then())
    await asyncio.wait_for(enough.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_words_are_in_the_askers_language(world: World) -> None:
    token = world.token("read", resource=world.note.pk)
    for language, said in (("fr", "autre élément"), ("en", "another item")):
        answer = acting(token).get(content(world.folder), headers={"Accept-Language": language})
        assert said in answer.json()["message"]


def test_an_item_of_another_kind_than_documents_is_read_by_its_own_application(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.workspace.drive.memory import MemoryStore
    from workspace.drive import service as drive

    store = MemoryStore()
    monkeypatch.setattr(drive, "store", lambda: store)
    declared = drive.declare(world.camille, filename="plan.txt", size=2, media_type="text/plain")
    store.put(f"incoming/{declared.upload_id}", b"ok", media_type="text/plain")
    item = drive.publish(world.camille, declared.file_id).item
    assert item.kind == Kind.FILE
    said = acting(world.token("read", resource=item.pk)).get(content(item)).json()
    assert (said["media_type"], said["size"]) == ("text/plain", 2)
    assert said["download"] == f"http://127.0.0.1:8400/api/v1.0/files/{item.pk}/content/"
