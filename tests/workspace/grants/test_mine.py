"""What one allows and every use, over the API of people."""

from __future__ import annotations

from rest_framework.test import APIClient

from contract.grants import Act
from tests.workspace.grants.world import INES, ROOM, World
from tests.workspace.people import signed_in
from workspace.grants import delegations
from workspace.grants.models import Delegation

URL = "/api/v1.0/me/delegations/"


def test_one_sees_gives_and_revokes_what_one_allows(world: World) -> None:
    ines = signed_in(world.ines)
    assert ines.get(URL).json() == []
    given = ines.post(URL, {"service": "find", "act": "read"})
    assert (given.status_code, given.json()["service"], given.json()["act"]) == (201, "find", "read")
    assert [one["id"] for one in ines.get(URL).json()] == [given.json()["id"]]
    assert ines.delete(f"{URL}{given.json()['id']}/").status_code == 204
    assert ines.get(URL).json() == []


def test_nobody_gives_what_nobody_asks_nor_revokes_for_another(world: World) -> None:
    ines = signed_in(world.ines)
    assert ines.post(URL, {"service": "find", "act": "save"}).json()["code"] == "not_offered"
    assert ines.post(URL, {"service": "find", "act": "x"}).status_code == 400
    theirs = Delegation.objects.filter(user=world.camille).earliest("pk")
    assert ines.delete(f"{URL}{theirs.pk}/").status_code == 404
    assert delegations.living(world.camille).filter(pk=theirs.pk).exists()
    assert APIClient().get(URL).status_code == 401


def test_one_sees_every_use_and_no_item_that_one_may_not_read(world: World) -> None:
    world.token("read", resource=world.note.pk, room=ROOM)
    world.allow(world.ines, Act.READ)
    world.exchange("read", person=INES, resource=world.note.pk)
    mine = signed_in(world.camille).get("/api/v1.0/me/uses/").json()
    assert mine["count"] == 1
    [use] = mine["results"]
    assert (use["service"], use["what"], use["room"], use["refused"]) == ("bridge", "trade", ROOM, "")
    assert use["item"] == f"http://127.0.0.1:8400{world.note.url}"
    [theirs] = signed_in(world.ines).get("/api/v1.0/me/uses/").json()["results"]
    assert (theirs["item"], theirs["refused"]) == (None, "not_found")
