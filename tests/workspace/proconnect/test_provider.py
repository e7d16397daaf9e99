"""The development provider refuses what ProConnect refuses, and gives what it gives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp.test_utils import TestClient, TestServer
from joserfc import jwt
from joserfc.jwk import KeySet

from workspace.proconnect.app import COOKIE, Provider
from workspace.proconnect.config import BadConfig, Client, Config, Person
from workspace.proconnect.grants import challenge_of

BACK, BYE = "http://127.0.0.1:8400/oidc/callback/", "http://127.0.0.1:8400/signed-out/"
CAMILLE = Person("sub-1", "camille.martin", "camille@interieur.test", "Camille", "Martin", "11000201100044")
VERIFIER = "v" * 43
ASKED = {
    "client_id": "workspace",
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": "openid email given_name usual_name siret uid",
    "state": "a-state",
    "nonce": "a-nonce",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}


@dataclass
class World:
    """The provider, somebody's browser, and a clock."""

    client: TestClient[Any, Any]
    now: list[float]

    async def authorize(self, login: str | None = None, **changes: str | None) -> Any:
        asked = {name: value for name, value in {**ASKED, **changes}.items() if value is not None}
        call = self.client.post if login else self.client.get
        return await call(
            "/api/v2/authorize", params=asked, data={"login": login} if login else None, allow_redirects=False
        )

    async def code(self) -> str:
        return str(query(await self.authorize("camille.martin"))["code"])

    async def token(self, code: str, **changes: str) -> Any:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
            "client_id": "workspace",
            "client_secret": "secret",
        }
        return await self.client.post("/api/v2/token", data={**form, **changes})


def query(response: Any) -> dict[str, str]:
    """What is sent back in the address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    now = [1_800_000_000.0]
    client = Client("workspace", "secret", frozenset({BACK}), frozenset({BYE}))
    config = Config(8401, "http://127.0.0.1:8401/api/v2", {"workspace": client}, {CAMILLE.uid: CAMILLE})
    async with TestClient(TestServer(Provider(config, lambda: now[0]).app())) as browser:
        yield World(browser, now)


async def test_a_person_is_chosen_and_the_client_learns_who_it_is(world: World) -> None:
    page = await world.authorize()
    assert "Camille Martin" in await page.text()
    back = query(await world.authorize("camille.martin"))
    assert (back["state"], back["iss"]) == ("a-state", "http://127.0.0.1:8401/api/v2")
    tokens = await (await world.token(back["code"])).json()
    assert tokens["expires_in"] == 60
    keys = KeySet.import_key_set(await (await world.client.get("/api/v2/jwks")).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["sub"], claims["aud"], claims["nonce"]) == ("sub-1", "workspace", "a-nonce")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = await world.client.get("/api/v2/userinfo", headers=bearer)
    assert userinfo.content_type == "application/jwt"
    told = jwt.decode(await userinfo.text(), keys, algorithms=["RS256"]).claims
    assert (told["email"], told["usual_name"], told["siret"]) == (CAMILLE.email, "Martin", CAMILLE.siret)


async def test_a_second_sign_in_needs_no_choice_unless_it_is_asked_for(world: World) -> None:
    await world.code()
    assert "code" in query(await world.authorize())
    assert (await world.authorize(prompt="login")).status == 200
    world.now[0] += 13 * 3600
    assert (await world.authorize()).status == 200
    assert query(await world.authorize(prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"audience": "x"}, "invalid_request"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openid everything"}, "invalid_scope"),
    ],
)
async def test_what_proconnect_refuses_is_refused(world: World, changes: dict[str, str | None], error: str) -> None:
    assert query(await world.authorize(**changes))["error"] == error


@pytest.mark.parametrize("changes", [{"client_id": "nobody"}, {"redirect_uri": "http://evil.test/"}])
async def test_nobody_is_sent_to_an_address_that_is_not_known(world: World, changes: dict[str, str | None]) -> None:
    response = await world.authorize("camille.martin", **changes)
    assert response.status == 400
    assert "Location" not in response.headers


@pytest.mark.parametrize(
    "spoil",
    [
        lambda world: {"code_verifier": "w" * 43},
        lambda world: {"redirect_uri": BYE},
        lambda world: world.now.__setitem__(0, world.now[0] + 31) or {},
    ],
)
async def test_a_code_is_good_once_soon_and_for_who_asked(
    world: World, spoil: Callable[[World], dict[str, str]]
) -> None:
    code = await world.code()
    assert (await world.token(code, **spoil(world))).status == 400
    assert (await world.token(code)).status == 400, "it is spent"
    assert (await world.token(await world.code(), client_secret="guess")).status == 401


async def test_a_token_lasts_a_minute(world: World) -> None:
    tokens = await (await world.token(await world.code())).json()
    world.now[0] += 61
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await world.client.get("/api/v2/userinfo", headers=bearer)).status == 401


async def test_signing_out_ends_the_session_and_goes_back_only_where_it_may(world: World) -> None:
    tokens = await (await world.token(await world.code())).json()
    ask = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": BYE, "state": "bye"}
    response = await world.client.get("/api/v2/session/end", params=ask, allow_redirects=False)
    assert response.headers["Location"] == f"{BYE}?state=bye"
    assert (await world.authorize()).status == 200
    elsewhere = ask | {"post_logout_redirect_uri": "http://evil.test/"}
    response = await world.client.get("/api/v2/session/end", params=elsewhere, allow_redirects=False)
    assert response.status == 200
    assert (await world.client.get("/api/v2/session/end")).status == 400


async def test_another_site_cannot_choose_who_signs_in(world: World) -> None:
    response = await world.client.post(
        "/api/v2/authorize",
        params=ASKED,
        data={"login": "camille.martin"},
        headers={"Origin": "http://evil.test"},
        allow_redirects=False,
    )
    assert query(response)["error"] == "access_denied"
    assert COOKIE not in response.cookies


@pytest.mark.parametrize(
    ("variables", "said"),
    [({}, "CONFIG is not set"), ({"PARVIS_PROCONNECT_CONFIG": "/nowhere"}, "cannot be read")],
)
def test_a_configuration_that_cannot_be_used_says_what_to_do(variables: dict[str, str], said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        Config.read(variables)
