"""Who we are on a real homeserver: published once, recoverable, never somebody else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bots.framework.client import ClientSettings, SafeClient
from bots.framework.errors import DeviceKeysDiffer, IdentityReplaced, LoginRefused
from bots.framework.homeserver import Homeserver, quoted
from parvis.chat.agent import Agent
from tests.bots.conftest import Account, Servers
from tests.system.js_client import JsClient

pytestmark = pytest.mark.system


def settings(account: Account, folder: Path, name: str = "device", **more: Path) -> ClientSettings:
    return ClientSettings(account.url, account.user_id, account.password, folder / name, **more)


async def opened(settings_: ClientSettings) -> tuple[str, bool]:
    """Opens and closes a client: its device, and whether that is cross-signed."""
    async with await SafeClient.open(settings_) as client:
        return client.device_id, client.cross_signed


async def test_a_client_signs_in_once_and_is_the_same_device_ever_after(servers: Servers, tmp_path: Path) -> None:
    account = await servers.account("hub", "bot")
    first = await opened(settings(account, tmp_path))
    assert await opened(settings(account, tmp_path)) == first
    assert first[1]
    for file in (tmp_path / "device").iterdir():
        assert file.stat().st_mode & 0o077 == 0 or file.name.endswith(("-wal", "-shm")), file.name


async def test_a_wrong_password_is_refused_with_words(servers: Servers, tmp_path: Path) -> None:
    account = await servers.account("hub", "bot")
    wrong = ClientSettings(account.url, account.user_id, "wrong", tmp_path / "device")
    with pytest.raises(LoginRefused, match="cannot sign in with this password"):
        await SafeClient.open(wrong)


async def test_after_being_signed_out_a_client_signs_in_as_the_same_device(servers: Servers, tmp_path: Path) -> None:
    account = await servers.account("hub", "bot")
    async with await SafeClient.open(settings(account, tmp_path)) as client:
        device = client.device_id
        await client.homeserver.post("/logout", {})
    assert await opened(settings(account, tmp_path)) == (device, True)


async def test_two_devices_of_one_identity_are_both_cross_signed(servers: Servers, tmp_path: Path) -> None:
    account = await servers.account("hub", "person")
    one = await opened(settings(account, tmp_path, "one", secrets=tmp_path / "identity"))
    two = await opened(settings(account, tmp_path, "two", secrets=tmp_path / "identity"))
    assert one[0] != two[0]
    assert one[1]
    assert two[1]


async def test_an_identity_that_is_not_ours_is_not_touched(servers: Servers, tmp_path: Path) -> None:
    account = await servers.account("hub", "person")
    await opened(settings(account, tmp_path, "one"))
    with pytest.raises(IdentityReplaced, match=r"recovery\.key"):
        await SafeClient.open(settings(account, tmp_path, "two"))
    async with await SafeClient.open(settings(account, tmp_path, "two"), strict_identity=False) as client:
        assert not client.cross_signed


async def test_a_recovery_key_takes_an_identity_over(servers: Servers, tmp_path: Path) -> None:
    account = await servers.account("hub", "person")
    await opened(settings(account, tmp_path, "one"))
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "recovery.key").write_text((tmp_path / "one" / "recovery.key").read_text())
    assert (await opened(settings(account, tmp_path, "two")))[1]


async def test_the_recovery_key_verifies_a_client_of_the_other_stack(servers: Servers, tmp_path: Path) -> None:
    account = await servers.account("interieur", "person")
    log = tmp_path / "js.log"
    async with (
        await SafeClient.open(settings(account, tmp_path)) as client,
        JsClient.open(account.url, account.user_id, account.password, log=log) as js,
    ):
        recovery_key = (tmp_path / "device" / "recovery.key").read_text().strip()
        assert await js.call("recover", recovery_key=recovery_key) == {"cross_signing": True}
        await until_cross_signed(client, account.user_id, js.device_id)


async def until_cross_signed(client: SafeClient, user: str, device_id: str) -> None:
    """Until the homeserver has the device, signed by its owner's identity."""
    async with asyncio.timeout(20):
        while True:
            client.directory.changed([user])
            device = (await client.directory.of(user)).devices.get(device_id)
            if device is not None and device.cross_signed:
                return
            await asyncio.sleep(0.05)


async def test_an_identity_made_by_the_other_stack_is_left_alone(servers: Servers, tmp_path: Path) -> None:
    account = await servers.account("interieur", "person")
    log = tmp_path / "js.log"
    async with JsClient.open(account.url, account.user_id, account.password, log=log) as js:
        await js.call("bootstrap")
        async with await Agent.open(account.url, account.user_id, account.password, tmp_path / "agent") as agent:
            assert not agent.client.cross_signed
            await until_cross_signed(agent.client, account.user_id, js.device_id)


async def test_a_store_that_lost_its_keys_does_not_pretend(servers: Servers, tmp_path: Path) -> None:
    account = await servers.account("hub", "bot")
    await opened(settings(account, tmp_path))
    (tmp_path / "device" / "olm.db").unlink()
    with pytest.raises(DeviceKeysDiffer, match="remove the store"):
        await SafeClient.open(settings(account, tmp_path))


async def test_the_homeserver_never_runs_out_of_our_keys(servers: Servers, tmp_path: Path) -> None:
    """All of them are claimed while we are away, and some more: the fallback key serves, then there are new ones."""
    account, other = await servers.account("hub", "bot"), await servers.account("hub", "other")
    async with await Agent.open(account.url, account.user_id, account.password, tmp_path / "a") as agent:
        device = agent.client.device_id
        await agent.create_room("one sync more")
    claim = {"one_time_keys": {account.user_id: {device: "signed_curve25519"}}}
    async with await SafeClient.open(settings(other, tmp_path, "other")) as claimer:
        claimed = []
        for _ in range(55):
            answer = await claimer.homeserver.post("/keys/claim", claim)
            claimed.append(answer["one_time_keys"].get(account.user_id, {}).get(device))
        assert all(claimed)
        assert any("fallback" in next(iter(key.values())) for key in claimed)
        async with await Agent.open(account.url, account.user_id, account.password, tmp_path / "a") as agent:
            await _until_counted(agent.client.homeserver)
        fresh = (await claimer.homeserver.post("/keys/claim", claim))["one_time_keys"][account.user_id][device]
        assert "fallback" not in next(iter(fresh.values()))


async def _until_counted(homeserver: Homeserver) -> None:
    async with asyncio.timeout(20):
        while True:
            answer = await homeserver.post("/keys/upload", {})
            if answer["one_time_key_counts"].get("signed_curve25519", 0) > 0:
                return
            await asyncio.sleep(0.05)


async def test_a_private_note_of_ours_is_where_the_account_keeps_such_things(servers: Servers, tmp_path: Path) -> None:
    account = await servers.account("hub", "person")
    async with await SafeClient.open(settings(account, tmp_path)) as client:
        path = f"/user/{quoted(account.user_id)}/account_data/m.secret_storage.default_key"
        assert (await client.homeserver.get(path))["key"]
        for secret in ("identity.json", "recovery.key", "credentials.json", "store.key"):
            assert (tmp_path / "device" / secret).stat().st_mode & 0o777 == 0o600
