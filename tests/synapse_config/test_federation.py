"""Real homeservers: members exchange, strangers and impostors do not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synapse_config.check import Check, Silent, check
from synapse_config.check.agent import Agent
from synapse_config.errors import HomeserverError
from synapse_config.model import Appservice, Federation, Gateway
from synapse_config.render import render
from synapse_config.run import Running, started

pytestmark = pytest.mark.system


class Told(Silent):
    """Keeps what a check told on the way."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.checks: list[Check] = []

    def trying(self, name: str, tried: str) -> None:
        self.tried.append(name)

    def checked(self, check: Check) -> None:
        self.checks.append(check)


def timeline_of(room_id: str) -> Any:
    def events(rooms: dict[str, Any]) -> list[str]:
        timeline = rooms.get("join", {}).get(room_id, {}).get("timeline", {}).get("events", [])
        return [event["event_id"] for event in timeline]

    return events


async def test_members_exchange_and_a_stranger_is_refused_both_ways(up: Running) -> None:
    """Two ministries invite, join and write; a real stranger may not invite, join, ask profiles or keys."""
    told = Told()
    report = await check(up.federation, up.rendered, progress=told)
    assert [check for check in report.checks if not check.ok] == []
    assert tuple(told.checks) == report.checks
    assert told.tried == [check.name for check in report.checks]
    names = {check.name for check in report.checks}
    assert "interieur ↔ culture: room" in names
    assert "interieur: older TLS" in names
    for member in ("hub", "interieur", "culture"):
        for what in ("invite", "join", "profile", "keys"):
            assert {f"stranger → {member}: {what}", f"{member} → stranger: {what}"} <= names


async def test_private_rooms_are_encrypted_from_the_start(up: Running) -> None:
    agent = await Agent.sign_in(up.rendered.hub)
    try:
        room_id = await agent.make_room("private_chat")
        state = await agent.asked("GET", f"/rooms/{room_id}/state/m.room.encryption")
        assert state["algorithm"] == "m.megolm.v1.aes-sha2"
        await agent.leave(room_id)
    finally:
        await agent.close()


async def test_a_member_that_was_killed_catches_up(up: Running) -> None:
    """What was written while a ministry was down is there when it is back, without anybody's doing."""
    one, other = [await Agent.sign_in(up.rendered.homeserver(name)) for name in ("interieur", "culture")]
    room_id = await one.make_room("private_chat")
    await one.invite(room_id, other.user_id)
    await other.wait(lambda rooms: room_id in rooms.get("invite", {}), "the invitation")
    await other.join(room_id, one.homeserver.server_name)
    await up.kill("culture")
    event_id = await one.post(room_id, "fr.parvis.test")
    await up.start("culture")
    events = timeline_of(room_id)
    await other.wait(lambda rooms: event_id in events(rooms), "what was written meanwhile", seconds=90)
    for agent in (other, one):
        await agent.leave(room_id)
        await agent.close()


async def test_a_member_that_takes_older_tls_is_found(up: Running, federation: Federation, tmp_path: Path) -> None:
    """As Synapse itself would, and as this federation did before."""
    lax = federation.only().shifted(300)
    rendered = render(lax, tmp_path)
    (tmp_path / "lax.yaml").write_text("modules: []\n")
    hub = replace(rendered.hub, overrides=(tmp_path / "lax.yaml",))
    async with started(Running(lax, replace(rendered, homeservers=(hub,)))):
        report = await check(lax, rendered, with_stranger=False)
    assert [(one.name, one.seen) for one in report.checks if not one.ok] == [
        ("hub: older TLS", "it answered 200 over TLSv1.2")
    ]


async def test_an_impostor_with_a_members_name_and_a_foreign_authority_is_refused(
    up: Running, federation: Federation, tmp_path: Path
) -> None:
    """Somebody takes the place of a listed homeserver, at its very address: only its certificate gives it away."""
    culture = federation.homeserver("culture")
    impostor = replace(
        federation,
        homeservers=(replace(culture, hub=True),),
        gateway=Gateway(port=federation.gateway.port + 50),
        appservice=Appservice(port=federation.appservice.port + 50),
    )
    member = await Agent.sign_in(up.rendered.hub)
    assert not (await member.keys(f"@somebody:{culture.server_name}")).get("failures")
    await up.stop("culture")
    try:
        async with started(Running(impostor, render(impostor, tmp_path / "impostor"))):
            answer = await member.keys(f"@somebody:{culture.server_name}")
            assert list(answer["failures"]) == [culture.server_name]
            assert not answer["device_keys"]
            failed = {one.name: one.seen for one in (await check(up.federation, up.rendered)).checks if not one.ok}
            assert "certificate verify failed" in failed["culture: TLS"]
            assert not any(
                name.startswith(("hub", "interieur ↔ hub", "gateway")) and "culture" not in name for name in failed
            )
    finally:
        await member.close()
        await up.start("culture")


async def test_a_federation_that_is_down_is_reported_and_raises_nothing(federation: Federation, tmp_path: Path) -> None:
    away = federation.shifted(400)
    report = await check(away, render(away, tmp_path))
    assert not report.ok
    assert all(one.advice for one in report.checks if not one.ok)


async def test_a_port_that_another_uses_is_said_and_not_taken_for_ours(
    up: Running, federation: Federation, tmp_path: Path
) -> None:
    with pytest.raises(HomeserverError, match=rf"gateway cannot listen on .*:{federation.gateway.port} "):
        async with started(Running(federation, render(federation, tmp_path))):
            pass
    assert up.processes


async def test_a_homeserver_that_cannot_start_is_said_with_its_last_words(
    federation: Federation, tmp_path: Path
) -> None:
    away = federation.shifted(500)
    rendered = render(away, tmp_path)
    rendered.hub.signing_key.write_text("not a key")
    with pytest.raises(HomeserverError, match=r"hub ended with code 1: .*signing"):
        async with started(Running(away, rendered), ["hub"]):
            pass
