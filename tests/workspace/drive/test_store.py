"""The store against a real S3: what a signed form lets through, and what it does not."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.workspace.drive.conftest import ORIGIN
from workspace.drive.store import NoObject, Store, StoreConfig, StoreUnavailable

pytestmark = pytest.mark.system


def post(store: Store, body: bytes, *, size: int | None = None, **changes: str) -> httpx.Response:
    form = store.form("incoming/one", size=len(body) if size is None else size, media_type="text/plain")
    return httpx.post(form.url, data=form.fields | changes, files={"file": ("x", body)}, headers={"Origin": ORIGIN})


def address(store: Store, key: str) -> str:
    return f"{store._config.url}/{store._config.bucket}/{key}"


def test_a_form_uploads_what_it_was_made_for(store: Store) -> None:
    answer = post(store, b"bonjour")
    assert answer.status_code == 201
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    stored = store.head("incoming/one")
    assert (stored.size, stored.media_type) == (7, "text/plain")
    assert store.beginning("incoming/one", 3) == b"bon"


def test_an_empty_file_can_be_uploaded(store: Store) -> None:
    assert post(store, b"").status_code == 201
    assert store.head("incoming/one").size == 0


@pytest.mark.parametrize("size", [6, 8])
def test_a_form_takes_no_other_size(store: Store, size: int) -> None:
    assert post(store, b"bonjour", size=size).status_code == 400
    with pytest.raises(NoObject):
        store.head("incoming/one")


@pytest.mark.parametrize(
    "change",
    [
        {"key": "files/another"},
        {"Content-Type": "text/html"},
        {"x-amz-meta-note": "1"},
        {"policy": "e30="},
        {"x-amz-signature": "0" * 64},
    ],
)
def test_a_form_cannot_be_changed(store: Store, change: dict[str, str]) -> None:
    assert post(store, b"bonjour", **change).status_code in (400, 403)
    with pytest.raises(NoObject):
        store.head("incoming/one")


def test_an_acl_that_a_browser_adds_opens_nothing(store: Store) -> None:
    """SeaweedFS lets the field pass, though the policy has it not; it must then have no effect."""
    post(store, b"bonjour", acl="public-read")
    assert httpx.get(address(store, "incoming/one")).status_code == 403


def test_nobody_reads_without_a_key(store: Store) -> None:
    store.put("files/one", b"1", media_type="text/plain")
    assert httpx.get(address(store, "files/one")).status_code == 403


def test_a_part_is_of_the_length_that_was_asked_for(store: Store) -> None:
    store.put("files/one", b"bonjour", media_type="text/plain")
    assert store.part("files/one", 3, 4) == b"jour"
    assert store.part("files/one", 0, 1) == b"b"
    for first, length in ((4, 4), (7, 1)):
        with pytest.raises(NoObject):
            store.part("files/one", first, length)
    with pytest.raises(NoObject):
        store.part("files/two", 0, 1)


def test_a_copy_is_of_the_very_object_that_was_looked_at(store: Store) -> None:
    first = store.put("incoming/one", b"first", media_type="text/plain")
    store.put("incoming/one", b"other", media_type="text/plain")
    with pytest.raises(NoObject):
        store.copy("incoming/one", "files/one", etag=first.etag)
    store.copy("incoming/one", "files/one", etag=store.head("incoming/one").etag)
    whole = io.BytesIO()
    store.fetch("files/one", whole)
    assert whole.getvalue() == b"other"


def test_deleting_twice_is_no_error(store: Store) -> None:
    store.put("files/one", b"1", media_type="text/plain")
    assert store.delete(["files/one", "files/never"]) == set()
    store.delete(["files/one"])
    with pytest.raises(NoObject):
        store.head("files/one")


def test_what_is_old_under_a_prefix_is_listed(store: Store) -> None:
    now = datetime.now(UTC)
    assert list(store.older("incoming/", now)) == []
    store.put("incoming/one", b"1", media_type="text/plain")
    store.put("files/two", b"2", media_type="text/plain")
    assert list(store.older("incoming/", now - timedelta(hours=1))) == []
    assert list(store.older("incoming/", now + timedelta(hours=1))) == ["incoming/one"]


def test_wrong_keys_are_a_store_that_is_not_available(store: Store) -> None:
    wrong = Store(replace(store._config, secret_key="wrong"))
    with pytest.raises(StoreUnavailable):
        wrong.form("incoming/one", size=1, media_type="text/plain")


def test_a_store_that_is_down_is_said_to_be_so() -> None:
    down = Store(StoreConfig("http://127.0.0.1:23099", "bucket", "a", "b", ORIGIN))
    with pytest.raises(StoreUnavailable):
        down.head("files/one")
