"""A real S3 for the whole session, and a bucket of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.workspace.drive import seaweed
from workspace.drive.store import Store, StoreConfig

FIRST_PORT = 23000
ORIGIN = "http://127.0.0.1:23100"


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seaweed.Seaweed]:
    """SeaweedFS, started once."""
    with seaweed.running(tmp_path_factory.mktemp("s3"), FIRST_PORT) as keys:
        yield keys


@pytest.fixture
def store(s3: seaweed.Seaweed) -> Store:
    """An empty store."""
    return Store(StoreConfig(s3.url, f"test-{uuid4().hex}", s3.access_key, s3.secret_key, ORIGIN))
