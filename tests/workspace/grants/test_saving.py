"""A file is saved for somebody, within what they allowed; and not, where they no longer do."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from contract.grants import Act
from tests.workspace.drive.memory import MemoryStore
from tests.workspace.grants.world import ROOM, World, acting
from workspace.drive import service as drive
from workspace.drive.models import Discarded, File, Upload
from workspace.drive.store import Store, StoreConfig
from workspace.grants import delegations
from workspace.grants.models import Delegation, ScenarioToken

URL = "/api/v1.0/saves/"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 24


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    made = MemoryStore()
    monkeypatch.setattr(drive, "store", lambda: made)
    return made


def save_token(world: World, **more: Any) -> str:
    asked = {"resource": world.folder.pk, "room": ROOM, "max_bytes": 100, "media_types": "image/*"} | more
    return world.token("save", **asked)


def start(token: str, name: str = "photo.png", size: int = len(PNG), media_type: str = "image/png") -> Any:
    return acting(token).post(URL, {"filename": name, "size": size, "media_type": media_type})


def arrive(store: MemoryStore, started: Any, body: bytes = PNG, media_type: str = "image/png") -> str:
    upload = str(started.json()["upload"]["id"])
    store.put(f"incoming/{upload}", body, media_type=media_type)
    return upload


def finish(token: str, upload: str, service: str = "bridge") -> Any:
    return acting(token, service).post(f"{URL}{upload}/finish/")


def test_a_file_is_saved_into_the_folder_as_the_person(world: World, store: MemoryStore) -> None:
    token = save_token(world)
    started = start(token)
    assert started.status_code == 201
    upload = arrive(store, started)
    answer = finish(token, upload)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["id"], said["title"], said["media_type"]) == (started.json()["id"], "photo.png", "image/png")
    file = File.objects.select_related("item", "current").get()
    assert (file.item.parent_id, file.item.creator, file.current.author) == (  # type: ignore[union-attr]
        world.folder.pk,
        world.camille,
        world.camille,
    )
    assert finish(token, upload).json()["id"] == said["id"], "said twice, it is done once"
    assert world.book()[:3] == [("bridge", "trade", ""), ("bridge", "use", ""), ("bridge", "finish", "")]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"size": 101}, "too_large"),
        ({"media_type": "application/pdf"}, "other_type"),
        ({"name": "note.pdf", "media_type": ""}, "other_type"),
    ],
)
def test_what_is_larger_or_of_another_type_is_not_begun(
    world: World, store: MemoryStore, wanted: dict[str, Any], code: str
) -> None:
    answer = start(save_token(world), **wanted)
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert world.book()[-1] == ("bridge", "use", code)
    assert not Upload.objects.exists()


def test_it_begins_as_often_as_it_may(world: World, store: MemoryStore) -> None:
    token = save_token(world, uses=2)
    assert [start(token).status_code for _ in range(3)] == [201, 201, 403]
    assert Upload.objects.count() == 2


def test_a_name_that_says_another_type_does_not_get_it_past_the_token(world: World, store: MemoryStore) -> None:
    """Bytes that agree with the name and not with the declared type make a file of the name's type."""
    token = save_token(world)
    pdf = b"%PDF-1.7\n" + b"\x00" * 20
    upload = arrive(store, start(token, name="photo.pdf", size=len(pdf)), pdf)
    answer = finish(token, upload)
    assert (answer.status_code, answer.json()["code"]) == (403, "other_type")
    assert not File.objects.exists()
    assert store.objects == {}


def _revoke(world: World) -> None:
    delegations.revoke(Delegation.objects.get(user=world.camille, act=Act.SAVE))


def _too_late(_world: World) -> None:
    ScenarioToken.objects.update(expires_at=timezone.now())


@pytest.mark.parametrize(("change", "code"), [(_revoke, "revoked"), (_too_late, "expired_token")])
def test_what_is_no_longer_allowed_at_the_end_leaves_nothing(
    world: World, store: MemoryStore, change: Callable[[World], None], code: str
) -> None:
    token = save_token(world)
    upload = arrive(store, start(token))
    change(world)
    assert finish(token, upload).json()["code"] == code
    assert world.book()[-1] == ("bridge", "finish", code)
    assert (File.objects.exists(), Upload.objects.exists(), store.objects) == (False, False, {})


def test_revoked_while_it_is_looked_at_it_leaves_nothing_either(world: World, store: MemoryStore) -> None:
    token = save_token(world)
    upload = arrive(store, start(token))
    store.before_copy = lambda: _revoke(world)
    assert finish(token, upload).json()["code"] == "revoked"
    assert (File.objects.exists(), Upload.objects.exists(), store.objects) == (False, False, {})
    assert not Discarded.objects.exists(), "the copy is gone, and its note with it"
    assert world.book()[-1] == ("bridge", "finish", "revoked")


def test_what_a_store_keeps_of_it_goes_when_it_is_tidied(world: World, store: MemoryStore) -> None:
    token = save_token(world)
    upload = arrive(store, start(token))
    store.before_copy = lambda: (_revoke(world), setattr(store, "stuck", None))
    finish(token, upload)
    assert not File.objects.exists()
    copies = {key for key in store.objects if not key.startswith("incoming/")}
    assert copies == set(Discarded.objects.values_list("key", flat=True)) != set()


def test_one_token_does_not_finish_or_end_what_another_began(world: World, store: MemoryStore) -> None:
    first, second = save_token(world), save_token(world)
    upload = arrive(store, start(first))
    assert finish(second, upload).json()["code"] == "other_target"
    assert finish(world.token("read", resource=world.folder.pk), upload).json()["code"] == "other_target"
    assert finish(first, upload, "find").json()["code"] == "other_service"
    assert finish(first, upload).status_code == 200


def test_a_token_to_save_tells_nothing_of_other_files(world: World, store: MemoryStore) -> None:
    theirs = drive.declare(world.camille, filename="autre.png", size=len(PNG), media_type="image/png")
    store.put(f"incoming/{theirs.upload_id}", PNG, media_type="image/png")
    drive.publish(world.camille, theirs.file_id)
    token = save_token(world)
    start(token)
    assert finish(token, str(theirs.file_id)).json()["code"] == "other_target"


def test_what_did_not_arrive_as_announced_can_be_sent_again(world: World, store: MemoryStore) -> None:
    token = save_token(world)
    started = start(token)
    upload = str(started.json()["upload"]["id"])
    assert finish(token, upload).json()["code"] == "not_uploaded"
    arrive(store, started)
    assert finish(token, upload).status_code == 200


def test_the_form_for_the_store_lives_no_longer_than_the_token(
    world: World, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    form = store.form

    def heard(key: str, *, size: int, media_type: str, seconds: int = 0) -> Any:
        told.append(seconds)
        return form(key, size=size, media_type=media_type)

    monkeypatch.setattr(store, "form", heard)
    start(save_token(world, minutes=2))
    start(save_token(world, minutes=60))
    assert 60 < told[0] <= 120
    assert told[1] == 900


def test_the_store_is_told_to_take_that_one_object_for_as_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3's own policy, as it is signed: nothing is sent for it."""
    real = Store(StoreConfig("http://127.0.0.1:1", "parvis", "key", "secret", "http://127.0.0.1"))
    real._prepared = True
    monkeypatch.setattr(drive, "store", lambda: real)
    started = start(save_token(world, minutes=2)).json()["upload"]
    policy = json.loads(base64.b64decode(started["fields"]["policy"]))
    assert {"key": f"incoming/{started['id']}"} in policy["conditions"]
    assert ["content-length-range", len(PNG), len(PNG)] in policy["conditions"]
    assert ["eq", "$Content-Type", "image/png"] in policy["conditions"]
    left = datetime.fromisoformat(policy["expiration"]) - timezone.now()
    assert timedelta(seconds=60) < left <= timedelta(minutes=2)
