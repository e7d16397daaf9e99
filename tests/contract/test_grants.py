"""What a scenario is asked for, and how its token is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from contract.client import WorkspaceClient
from contract.errors import Forbidden, InvalidValue, NotAllowed, NotLinked, Refused, TokenRefused, Unavailable
from contract.grants import GRANT_TYPE, SUBJECT_TYPE, Act, Scenario, ScenarioToken
from contract.ids import ItemId, MatrixId, RoomId

ITEM = ItemId(UUID("0192d1c0-7a00-7000-8000-000000000001"))
CAMILLE = MatrixId("@camille:interieur.gouv.test")


def test_a_scenario_is_a_form_without_what_is_not_said() -> None:
    assert Scenario(Act.READ, CAMILLE).to_form() == {
        "grant_type": GRANT_TYPE,
        "subject_token": CAMILLE,
        "subject_token_type": SUBJECT_TYPE,
        "scope": "read",
        "uses": "1",
        "minutes": "15",
    }
    full = Scenario(Act.SAVE, CAMILLE, ITEM, RoomId("!r"), 0, ("image/*", "text/plain"), 2, 60).to_form()
    assert (full["resource"], full["room"], full["max_bytes"]) == (str(ITEM), "!r", "0")
    assert (full["media_types"], full["uses"], full["minutes"]) == ("image/* text/plain", "2", "60")


@pytest.mark.parametrize("bad", [{"uses": 0}, {"uses": 101}, {"minutes": 0}, {"minutes": 61}])
def test_what_would_be_refused_anyway_is_not_asked(bad: dict[str, int]) -> None:
    with pytest.raises(InvalidValue):
        Scenario(Act.READ, CAMILLE, ITEM, **bad)  # type: ignore[arg-type]  # the numbers


def test_only_a_search_has_no_target() -> None:
    for act in set(Act) - {Act.READ}:
        with pytest.raises(InvalidValue):
            Scenario(act, CAMILLE)


def test_a_token_is_read_with_its_end() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    token = ScenarioToken.from_json({"access_token": "s3cret", "scope": "save", "expires_in": 900}, now)
    assert (token.token, token.act, token.expires_at) == ("s3cret", Act.SAVE, now + timedelta(minutes=15))
    assert "s3cret" not in repr(token)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "not_linked", NotLinked),
        (400, "not_allowed", NotAllowed),
        (403, "revoked", NotAllowed),
        (400, "role_needed", Forbidden),
        (401, "expired_token", TokenRefused),
        (403, "other_target", TokenRefused),
        (400, "unknown_act", Refused),
        (403, "forbidden", Unavailable),
    ],
)
async def test_each_refusal_says_what_to_do(status: int, code: str, kind: type[Exception]) -> None:
    body = {"error": "x", "error_description": "x", "code": code, "message": "non"}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    async with WorkspaceClient("http://workspace.test", "s3cret", transport=transport) as client:
        with pytest.raises(kind) as refused:
            await client.read_item(CAMILLE, ITEM)
    assert type(refused.value) is kind


async def test_the_token_goes_with_the_credential_of_its_service() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path.endswith("/token/"):
            return httpx.Response(200, json={"access_token": "scenario", "scope": "read", "expires_in": 60})
        said = {"item": str(ITEM), "kind": "document", "title": "Note", "url": "http://x/", "markdown": "# Un"}
        return httpx.Response(200, json=said)

    async with WorkspaceClient("http://workspace.test", "s3cret", transport=httpx.MockTransport(answer)) as client:
        assert (await client.read_item(CAMILLE, ITEM)).markdown == "# Un"
    trade, read = seen
    assert trade.headers["Authorization"] == "Bearer s3cret"
    assert (read.headers["Authorization"], read.headers["Parvis-Service"]) == ("Bearer scenario", "Bearer s3cret")
