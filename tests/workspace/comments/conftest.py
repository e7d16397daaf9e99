"""What the tests of comments share."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from tests.workspace.comments import talk


@pytest.fixture
def scene(db: None) -> talk.Scene:
    cache.clear()  # what somebody of these ids did in the same minute is no act of theirs here
    return talk.scene()
