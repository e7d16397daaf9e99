"""The command line: help everywhere, plain errors, a home that is prepared once."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.framework.state import State
from parvis.__main__ import _COMMANDS, cli
from parvis.errors import ParvisError
from parvis.layout import Layout
from parvis.setup import prepare


def parvis(*arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    chosen = ["--home", str(home)] if home else []
    return subprocess.run(
        [sys.executable, "-m", "parvis", *chosen, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_has_help(command: str) -> None:
    answer = parvis(command, "--help")
    assert answer.returncode == 0
    assert answer.stdout.startswith("Usage: parvis")


def test_a_slip_gets_the_near_command(tmp_path: Path) -> None:
    answer = parvis("statsu", home=tmp_path)
    assert answer.returncode == 2
    assert "did you mean “status”?" in answer.stderr


def test_where_nothing_runs_every_command_says_so_and_what_to_do(tmp_path: Path) -> None:
    assert parvis("status", home=tmp_path / "none").returncode == 3
    assert parvis("down", home=tmp_path / "none").returncode == 0
    forget = ["identities", "forget", "@ines.benali:culture.gouv.test"]
    for command in (["tour"], ["deliveries", "list"], ["logs"], ["agents"], ["federation", "check"], forget):
        answer = parvis(*command, home=tmp_path / "none")
        assert answer.returncode in (1, 3), command
        assert "parvis up" in answer.stderr, command


@pytest.mark.parametrize("command", ["tour", "agents", "federation check", "deliveries list"])
def test_a_program_that_asked_for_json_is_told_in_json_that_it_cannot_be_done(tmp_path: Path, command: str) -> None:
    answer = parvis(*command.split(), "--json", home=tmp_path / "none")
    told = json.loads(answer.stdout)
    assert answer.returncode in (1, 3)
    assert told["ok"] is False
    assert told["error"] in answer.stderr
    assert "parvis up" in told["advice"]


def test_a_new_identity_is_taken_for_somebodys_when_an_operator_says_so(tmp_path: Path) -> None:
    home, user = tmp_path / "home", "@ines.benali:culture.gouv.test"
    folder = Layout.of(home).data("bots") / "find"
    folder.mkdir(parents=True)
    state = State(folder / "state.db")
    state.pinned_master(user, "old")
    told = CliRunner().invoke(cli, ["--home", str(home), "identities", "forget", user])
    assert (told.exit_code, user in told.output) == (0, True)
    assert state.pinned_master(user, "new") == "new"
    state.close()
    with pytest.raises(ParvisError, match=r"has seen no identity of @nobody:a\.test"):
        CliRunner().invoke(cli, ["--home", str(home), "identities", "forget", "@nobody:a.test"], catch_exceptions=False)


@pytest.mark.parametrize("bench", ["deliver", "fanout", "rights"])
def test_a_measurement_that_breaks_off_is_said_in_words_and_in_json(
    monkeypatch: pytest.MonkeyPatch, bench: str
) -> None:
    async def breaks_off(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(f"parvis.commands.bench.{bench}", breaks_off)
    answer = CliRunner().invoke(cli, ["bench", bench, "--json"])
    assert isinstance(answer.exception, ParvisError)
    assert "broke off: something did not come" in json.loads(answer.stdout)["error"]


def test_a_folder_that_is_no_home_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")
    answer = parvis("reset", "--yes", home=tmp_path)
    assert answer.returncode == 1
    assert "is not a home of Parvis" in answer.stderr
    assert (tmp_path / "thesis.odt").exists()


def test_a_broken_federation_file_is_named_with_line_and_remedy(tmp_path: Path) -> None:
    broken = tmp_path / "federation.toml"
    broken.write_text('[[homeserver]]\nname = "hub"\nserver_nam = "parvis.gouv.test"\n')
    answer = parvis("federation", "render", "--federation", str(broken), home=tmp_path / "home")
    assert answer.returncode == 1
    assert "federation.toml" in answer.stderr
    assert "server_name" in answer.stderr
    assert "line 3" in answer.stderr or ":3" in answer.stderr


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('user = "parvis"', 'user = "find"', "“find” is the bot’s name"),
        ('user = "parvis"', 'user = "operator"', "operator’s account"),
        ("client_port = 8421", "client_port = 8400", "8400 is the port of web"),
        ("federation_port = 8442", "federation_port = 8414", "8414 is the port of s3"),
    ],
)
def test_a_federation_file_takes_nothing_that_the_rest_of_parvis_needs(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    shipped = (Path(__file__).parents[2] / "federation.toml").read_text()
    line = next(number for number, line in enumerate(shipped.splitlines(), start=1) if before in line)
    file = tmp_path / "federation.toml"
    file.write_text(shipped.replace(before, after))
    with pytest.raises(ParvisError, match=rf"{file}:{line}: .*{re.escape(says)}"):
        prepare(Layout(tmp_path / "home"), file)
    assert not (tmp_path / "home").exists()


def test_a_folder_in_the_place_of_a_federation_file_is_said_as_any_mistake_in_one(tmp_path: Path) -> None:
    for command in (("up",), ("prepare",), ("federation", "render")):
        answer = parvis(*command, "--federation", str(tmp_path), home=tmp_path / "home")
        assert answer.returncode == 1, command
        assert f"{tmp_path}:1: cannot be read (Is a directory)" in answer.stderr, command


def test_preparing_again_changes_no_secret_and_tells_nobody(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    prepare(layout)
    before = _secrets(layout)
    prepare(layout)
    assert _secrets(layout) == before
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in before)
    assert stat.S_IMODE(layout.home.stat().st_mode) == 0o700


def test_the_workspace_is_told_only_what_it_needs_to_know_a_credential(tmp_path: Path) -> None:
    setup = prepare(Layout(tmp_path / "home"))
    services = json.loads(setup.layout.services.read_text())
    assert set(services) == {"bridge", "find"}
    assert setup.secrets.value("services/bridge") not in setup.layout.services.read_text()
    assert not {"search"} & {scope for one in services.values() for scope in one["scopes"]}
    assert services["find"]["acts"] == ["read"]


def _secrets(layout: Layout) -> dict[Path, str]:
    return {path: path.read_text() for path in layout.secrets.rglob("*") if path.is_file()}
