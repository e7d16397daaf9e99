"""The files of a device, which one process has at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.framework.errors import StoreInUse
from bots.framework.files import claimed


def test_a_second_process_is_not_the_same_device(tmp_path: Path) -> None:
    with claimed(tmp_path), pytest.raises(StoreInUse, match="in use"):
        claimed(tmp_path)


def test_what_was_let_go_can_be_claimed_again(tmp_path: Path) -> None:
    claimed(tmp_path).close()
    claimed(tmp_path).close()
