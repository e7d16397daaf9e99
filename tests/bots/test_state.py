"""What a client remembers, and with which rights its files lie there."""

from __future__ import annotations

import sqlite3
import stat
import time
from pathlib import Path

import pytest

from bots.framework import state as state_module
from bots.framework.files import private_dir, read_json, secret_of, write_private
from bots.framework.settings import BotSettings
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


def test_a_replay_stays_one_when_the_single_messages_are_forgotten(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000_000)
    for index in range(5):
        state.is_replay("old", index, f"$old{index}")
    state.handled("$old0")
    later = 1_000_000 + (state_module.KEEP_DAYS + 1) * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    state.is_replay("new", 0, "$new0")
    state.is_replay("old", 7, "$old7")
    state.forget_old()
    assert state._db.execute("SELECT session_id, idx FROM message_index ORDER BY 1").fetchall() == [
        ("new", 0),
        ("old", 7),
    ]
    assert not state.was_handled("$old0")
    assert all(state.is_replay("old", index, "$other") for index in (0, 4, 7))
    assert state.is_replay("new", 0, "$other")
    assert not state.is_replay("old", 7, "$old7")
    assert not state.is_replay("old", 8, "$old8")
    state.forget_old()
    assert state.is_replay("old", 4, "$other")


def test_the_first_identity_that_was_seen_stays_the_one(state: State) -> None:
    assert state.pinned_master("@a:b", None) is None
    assert state.pinned_master("@a:b", "first") == "first"
    assert state.pinned_master("@a:b", "second") == "first"
    assert state.forget_master("@a:b")
    assert not state.forget_master("@a:b")
    assert state.pinned_master("@a:b", "second") == "second"


def wait(state: State, event_id: str, *, sender: str = "@a:b", session: str = "session", tell: bool = True) -> int:
    return state.wait("!r", session, {"event_id": event_id, "sender": sender}, history=False, tell=tell, due=100)


def test_what_waits_is_kept_until_it_is_due(state: State) -> None:
    assert wait(state, "$e") == 0
    assert list(state.waiting(99)) == []
    [waiting] = state.waiting(100)
    assert (waiting.room_id, waiting.event["event_id"], waiting.told) == ("!r", "$e", False)
    state.wait_on("$e", due=200)
    assert list(state.waiting(199)) == []
    state.key_came("session")
    assert [one.event["event_id"] for one in state.waiting(0)] == ["$e"]
    state.no_longer_waiting("$e")
    assert list(state.waiting(300)) == []


def test_who_was_told_of_a_session_is_not_told_again(state: State) -> None:
    wait(state, "$e")
    wait(state, "$other", session="other")
    wait(state, "$silent", session="silent", tell=False)
    state.told("!r", "session")
    wait(state, "$f")
    told = {one.event["event_id"]: one.told for one in state.waiting(100)}
    assert told == {"$e": True, "$f": True, "$other": False, "$silent": True}


def test_one_sender_has_only_so_much_that_waits(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "WAITING_A_SENDER", 3)
    wait(state, "$mine")
    assert [wait(state, f"${number}", sender="@m:m") for number in range(5)] == [0, 0, 0, 1, 1]
    assert len(list(state.waiting(100))) == 4
    assert "$mine" in {one.event["event_id"] for one in state.waiting(100)}


def test_a_store_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "state.db")
    db.executescript(f"{state_module._STEPS[0]} PRAGMA user_version = 1;")
    event = '{"event_id": "$e", "sender": "@a:b"}'
    db.execute("INSERT INTO message_index VALUES ('session', 3, '$e')")
    db.execute("INSERT INTO waiting VALUES ('$e', '!r', 'session', 50, 0, 0, ?)", (event,))
    db.commit()
    db.close()
    state = State(tmp_path / "state.db")
    assert [one.event["sender"] for one in state.waiting(0)] == ["@a:b"]
    assert state._db.execute("SELECT sender FROM waiting").fetchall() == [("@a:b",)]
    state.forget_old()
    assert state._db.execute("SELECT count(*) FROM message_index").fetchall() == [(1,)]


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
    settings = BotSettings.of("find", variables)
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
        BotSettings.of("find", variables | change)
