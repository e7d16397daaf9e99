"""A hub and a ministry, both real, and people in them; started when the first test asks for them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bots.find.search import Search
from bots.framework.bot import Bot
from bots.framework.client import ClientSettings
from bots.framework.trust import Trust
from contract.client import WorkspaceClient
from contract.ids import MatrixId
from synapse_config import accounts
from synapse_config.config import load
from synapse_config.model import Limits, Rate
from synapse_config.run import Running, running
from tests.bots.fake_workspace import TOKEN, FakeWorkspace, serving

ROOT = Path(__file__).parents[2]
#: 8400 + 18600 = 27000, the first port of these tests' range.
PORT_SHIFT = 18_600


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in."""

    url: str
    user_id: str
    password: str


@dataclass(frozen=True)
class Servers:
    """The running homeservers, `hub` and `interieur`."""

    federation: Running
    admins: dict[str, accounts.Session]

    async def account(self, homeserver: str, name: str) -> Account:
        """A new account, `name` made unique, without rate limits."""
        one = self.federation.rendered.homeserver(homeserver)
        user, password = f"{name}.{secrets.token_hex(3)}", secrets.token_urlsafe(12)
        await accounts.register(one.client_url, one.registration_shared_secret, user, password)
        user_id = f"@{user}:{one.server_name}"
        if homeserver not in self.admins:
            self.admins[homeserver] = await self.federation.agent(
                homeserver, f"admin{secrets.token_hex(3)}", admin=True
            )
        await accounts.lift_limits(one.client_url, self.admins[homeserver], user_id)
        return Account(one.client_url, user_id, password)


@pytest.fixture(scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    many = Rate(1000, 1000)
    limits = Limits(
        messages=many, logins=many, logins_per_address=many, joins=many, joins_per_room=many, invites=many, rooms=many
    )
    federation = replace(load(ROOT / "federation.toml").shifted(PORT_SHIFT), limits=limits)
    async with running(federation, tmp_path_factory.mktemp("federation"), names=["hub", "interieur"]) as federation_:
        yield Servers(federation_, {})


@pytest.fixture
async def workspace() -> AsyncIterator[FakeWorkspace]:
    async with serving() as workspace_:
        yield workspace_


@pytest.fixture
async def services(workspace: FakeWorkspace) -> AsyncIterator[WorkspaceClient]:
    async with WorkspaceClient(workspace.url, TOKEN) as client:
        yield client


MakeSettings = Callable[[Account], ClientSettings]
MakeBot = Callable[..., Awaitable[Bot]]


def find_search(services: WorkspaceClient, user_id: str, language: str = "fr") -> Search:
    """The search of `find`, whose only service user is itself."""
    return Search(
        services, service_users=frozenset({MatrixId(user_id)}), parvis="@parvis:parvis.gouv.test", language=language
    )


TRUSTS = {"known-device": Trust.KNOWN_DEVICE, "cross-signed": Trust.CROSS_SIGNED}
