"""What a client remembers, and with which rights its files lie there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bots.find.settings import Settings
from bots.framework.files import private_dir, read_json, secret_of, write_private
from bots.framework.state import Invitation, State
from bots.framework.trust import Trust
from contract.environment import BadSettings


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state.db")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_their_owners_alone(tmp_path: Path) -> None:
    folder = private_dir(tmp_path / "a" / "b")
    write_private(folder / "x.json", '{"a": 1}')
    secret = secret_of(folder / "key")
    assert (mode(folder), mode(folder / "x.json"), mode(folder / "key")) == (0o700, 0o600, 0o600)
    assert secret_of(folder / "key") == secret
    assert read_json(folder / "x.json") == {"a": 1}
    assert read_json(folder / "none") is None
    assert sorted(path.name for path in folder.iterdir()) == ["key", "x.json"]


def test_a_store_remembers(tmp_path: Path) -> None:
    first = State(tmp_path / "state.db")
    first.put("next_batch", "s1")
    first.handled("$e")
    first.room_is_encrypted("!r")
    first.invited(Invitation("!i", "@a:b", True, False))
    first.close()
    again = State(tmp_path / "state.db")
    assert again.get("next_batch") == "s1"
    assert again.was_handled("$e")
    assert not again.was_handled("$f")
    assert again.encrypted_rooms() == {"!r"}
    assert again.invitations() == (Invitation("!i", "@a:b", True, False),)
    assert mode(tmp_path / "state.db") == 0o600


def test_a_ciphertext_that_comes_as_another_event_is_a_replay(state: State) -> None:
    assert not state.is_replay("session", 3, "$e")
    assert not state.is_replay("session", 3, "$e")
    assert state.is_replay("session", 3, "$other")
    assert not state.is_replay("session", 4, "$other")


def test_the_first_identity_that_was_seen_stays_the_one(state: State) -> None:
    assert state.pinned_master("@a:b", None) is None
    assert state.pinned_master("@a:b", "first") == "first"
    assert state.pinned_master("@a:b", "second") == "first"
    state.forget_master("@a:b")
    assert state.pinned_master("@a:b", "second") == "second"


def test_what_waits_for_its_key_is_kept_until_it_is_read(state: State) -> None:
    state.wait_for_key("!r", "session", {"event_id": "$e", "sender": "@a:b"}, history=False)
    [waiting] = state.waiting()
    assert (waiting.room_id, waiting.event["event_id"], waiting.told) == ("!r", "$e", False)
    state.told("$e")
    assert [one.told for one in state.waiting()] == [True]
    state.no_longer_waiting("$e")
    assert list(state.waiting()) == []


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "password").write_text("a-password\n")
    (tmp_path / "token").write_text("a-token\n")
    return {
        "PARVIS_FIND_HOMESERVER_URL": "http://127.0.0.1:8420",
        "PARVIS_FIND_USER_ID": "@find:parvis.gouv.test",
        "PARVIS_FIND_PASSWORD_FILE": str(tmp_path / "password"),
        "PARVIS_FIND_DATA": str(tmp_path),
        "PARVIS_FIND_SECRETS": str(tmp_path),
        "PARVIS_FIND_WORKSPACE_URL": "http://127.0.0.1:8400",
        "PARVIS_FIND_WORKSPACE_TOKEN_FILE": str(tmp_path / "token"),
    }


def test_settings_are_read_once_with_sensible_defaults(variables: dict[str, str]) -> None:
    settings = Settings.of(variables)
    assert (settings.password, settings.workspace_token) == ("a-password", "a-token")
    assert (settings.min_trust, settings.language) == (Trust.KNOWN_DEVICE, "fr")
    assert settings.service_users == {"@find:parvis.gouv.test", "@parvis:parvis.gouv.test"}
    assert "a-password" not in repr(settings)
    assert "a-token" not in repr(settings)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"PARVIS_FIND_MIN_TRUTS": "x"}, "did you mean PARVIS_FIND_MIN_TRUST"),
        ({"PARVIS_FIND_MIN_TRUST": "some"}, "known-device, cross-signed"),
        ({"PARVIS_FIND_USER_ID": "find"}, "@name:server"),
        ({"PARVIS_FIND_USER_ID": ""}, "PARVIS_FIND_USER_ID is not set"),
        ({"PARVIS_FIND_PASSWORD_FILE": "/nowhere/password"}, "cannot be read"),
    ],
)
def test_a_wrong_setting_says_what_to_do(variables: dict[str, str], change: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        Settings.of(variables | change)
