"""Making accounts: what a homeserver answers, and what is said when it does not."""

import pytest

from synapse_config import accounts
from synapse_config.errors import HomeserverError
from synapse_config.run import Running

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens


async def test_a_homeserver_that_does_not_answer_is_said_to_with_what_to_look_at() -> None:
    with pytest.raises(HomeserverError, match=r"does not answer.*Is it running"):
        await accounts.register(NOBODY, "secret", "camille.martin", "password")
    with pytest.raises(HomeserverError, match="did not answer within 0 s"):
        await accounts.wait_ready(NOBODY, seconds=0.01)


def test_a_session_does_not_show_its_token() -> None:
    assert "syt_secret" not in repr(accounts.Session("@a:b.test", "DEVICE", "syt_secret"))


@pytest.mark.system
async def test_an_account_is_made_once_and_left_as_it_is_afterwards(up: Running) -> None:
    hub = up.rendered.hub
    shared = hub.registration_shared_secret
    first, second = "first-password-1", "second-password-2"
    assert await accounts.register(hub.client_url, shared, "ines", first, displayname="Inès")
    assert not await accounts.register(hub.client_url, shared, "ines", second)
    session = await accounts.sign_in(hub.client_url, "ines", first)
    assert session.user_id == "@ines:parvis.gouv.test"
    await accounts.sign_out(hub.client_url, session)
    with pytest.raises(HomeserverError, match="403 M_FORBIDDEN"):
        await accounts.sign_in(hub.client_url, "ines", second)


@pytest.mark.system
async def test_a_wrong_shared_secret_makes_no_account(up: Running) -> None:
    with pytest.raises(HomeserverError, match="403"):
        await accounts.register(up.rendered.hub.client_url, "guessed", "mallory", "a-long-password")


@pytest.mark.system
async def test_only_an_administrator_lifts_limits(up: Running) -> None:
    hub = up.rendered.hub
    bot, admin = await up.agent("hub", "bot"), await up.agent("hub", "operator", admin=True)
    with pytest.raises(HomeserverError, match="403"):
        await accounts.lift_limits(hub.client_url, bot, bot.user_id)
    await accounts.lift_limits(hub.client_url, admin, bot.user_id)
