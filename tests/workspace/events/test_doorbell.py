"""The doorbell: it wakes whoever hung it and whoever hung one beside it, and those who died are in nobody's way."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from workspace.events import doorbell


@pytest.fixture(autouse=True)
def run_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.PARVIS = replace(settings.PARVIS, run_dir=tmp_path)
    return tmp_path


async def test_everybody_is_woken_each_by_a_bell_of_their_own(run_dir: Path) -> None:
    async with (
        doorbell.hung("outbox") as relay,
        doorbell.hung("outbox", beside="1") as one,
        doorbell.hung("outbox", beside="2") as two,
        doorbell.hung("other", beside="1") as other,
    ):
        doorbell.ring("outbox")
        async with asyncio.timeout(5):
            await asyncio.gather(relay.rung(), one.rung(), two.rung())
        await other.wait(0.01)
        assert not other._rung.is_set()
    assert _bells(run_dir) == []


async def test_a_bell_of_somebody_who_died_is_taken_down_and_the_others_ring(run_dir: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(run_dir / "outbox.0.bell"))
    async with doorbell.hung("outbox", beside="1") as bell:
        doorbell.ring("outbox")
        async with asyncio.timeout(5):
            await bell.rung()
    assert _bells(run_dir) == []


def test_where_nobody_listens_ringing_does_nothing() -> None:
    doorbell.ring("outbox")


def _bells(run_dir: Path) -> list[str]:
    return [path.name for path in run_dir.iterdir()]
