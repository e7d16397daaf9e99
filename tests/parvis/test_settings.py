"""What an operator sets for the parts reaches them, or is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.framework.settings import BotSettings
from parvis import parts, settings
from parvis.errors import ParvisError
from parvis.layout import Layout
from parvis.part import Part
from parvis.setup import prepare
from tests.parvis.test_home import parvis


@pytest.mark.parametrize("slip", ["PARVIS_BRIDGE_MIN_TRUSTT", "PARVIS_BRIDG_MIN_TRUST", "PARVIS_BRIDGE_MINTRUST"])
def test_a_slip_in_a_security_setting_is_an_error_that_names_the_near_one(slip: str) -> None:
    with pytest.raises(ParvisError, match=rf"{slip} is not a setting: did you mean PARVIS_BRIDGE_MIN_TRUST\?"):
        settings.check({slip: "cross-signed"})


def test_a_setting_that_is_not_passed_on_is_an_error_too() -> None:
    with pytest.raises(ParvisError, match="PARVIS_WORKSPACE_URL is not a setting") as error:
        settings.check({"PARVIS_WORKSPACE_URL": "https://parvis.gouv.test"})
    assert "PARVIS_BRIDGE_MIN_TRUST" in error.value.advice


@pytest.mark.parametrize("way", [(), ("--detach",)])
def test_nothing_is_started_then(tmp_path: Path, way: tuple[str, ...]) -> None:
    answer = parvis("up", *way, home=tmp_path / "home", PARVIS_BRIDGE_MIN_TRUSTT="cross-signed")
    assert answer.returncode == 1
    assert "did you mean PARVIS_BRIDGE_MIN_TRUST?" in answer.stderr


def test_a_ministrys_bot_is_told_of_the_workspaces_address_and_of_nothing_else_of_the_hub(tmp_path: Path) -> None:
    setup = prepare(Layout(tmp_path / "home"))
    works = {work.name: work for work in parts.everything(setup)}
    courier = works["bot-courier"]
    assert isinstance(courier, Part)
    ours = {name for name in courier.environment if name.startswith("PARVIS_")} - {"PARVIS_RUN_DIR", "PARVIS_LOG_LEVEL"}
    assert all(name.startswith("PARVIS_COURIER_") for name in ours)
    assert courier.environment["PARVIS_COURIER_USER_ID"] == "@courier:culture.gouv.test"
    token = Path(courier.environment["PARVIS_COURIER_WORKSPACE_TOKEN_FILE"])
    assert token.read_text().startswith("pvs_")
    assert token.stat().st_mode & 0o777 == 0o600
    assert (
        BotSettings.of("courier", courier.environment | {"PARVIS_COURIER_MIN_TRUST": "cross-signed"}).data.name
        == "courier"
    )
    assert prepare(Layout(tmp_path / "home")).secrets.token("services/courier", "pvs_").read_text() == token.read_text()


def test_what_is_set_reaches_its_part_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARVIS_BRIDGE_MIN_TRUST", "cross-signed")
    monkeypatch.setenv("PARVIS_FIND_LANGUAGE", "en")
    works = {work.name: work for work in parts.everything(prepare(Layout(tmp_path / "home"))) if isinstance(work, Part)}
    assert works["bridge"].environment["PARVIS_BRIDGE_MIN_TRUST"] == "cross-signed"
    assert works["bot-find"].environment["PARVIS_FIND_LANGUAGE"] == "en"
    assert "PARVIS_FIND_LANGUAGE" not in works["bridge"].environment
    assert "PARVIS_BRIDGE_MIN_TRUST" not in works["web"].environment
