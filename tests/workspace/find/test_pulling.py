"""What the indexer pulls from a real NATS is not lost on the way."""

from __future__ import annotations

from pathlib import Path

import nats
import pytest

from tests.workspace.events.nats import Nats, free_port
from workspace.find import indexer

pytestmark = pytest.mark.system


@pytest.mark.parametrize("company", [0.05, 0.000_05])
async def test_an_event_that_waits_for_company_in_vain_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, company: float
) -> None:
    """However little time there is for more: a busy machine may have none left when it is asked for them."""
    monkeypatch.setattr(indexer, "_COMPANY_SECONDS", company)
    server = Nats(tmp_path / "nats", free_port())
    await server.start()
    client = await nats.connect(server.url, allow_reconnect=False)
    try:
        jetstream = client.jetstream()
        await jetstream.add_stream(name="s", subjects=["s"])
        subscription = await jetstream.pull_subscribe("s", durable="d")
        for number in range(20):
            await jetstream.publish("s", b"%d" % number)
            (message,) = await indexer._pulled(subscription)
            assert message.data == b"%d" % number
            await message.ack()
    finally:
        await client.close()
        await server.kill()
