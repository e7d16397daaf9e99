"""A home: what becomes one, what it remembers, who changes it, and what deleting it deletes."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from parvis.errors import BadHome, NotRunning
from parvis.files import read_json, write_json
from parvis.layout import Layout
from parvis.lock import hold
from parvis.setup import load, prepare

#: 8400 + 3300 = 11700: on the default ports a Parvis may run.
SHIFT = 3_300
CUSTOM = """\
[[homeserver]]
name = "hub"
server_name = "hub.ministere.test"
hub = true
client_port = 8420
federation_port = 8440

[[homeserver]]
name = "interieur"
server_name = "interieur.ministere.test"
client_port = 8421
federation_port = 8441
"""


def parvis(
    *arguments: str, home: Path, folder: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "parvis", "--home", str(home), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
        env={**os.environ, **variables},
    )


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every path with its permissions and content."""
    return {
        str(path.relative_to(folder)): (stat.S_IMODE(path.stat().st_mode), path.read_bytes() if path.is_file() else b"")
        for path in (folder, *folder.rglob("*"))
    }


@pytest.fixture
def custom(tmp_path: Path) -> Path:
    file = tmp_path / "etc" / "ministere.toml"
    file.parent.mkdir()
    file.write_text(CUSTOM)
    return file


@pytest.fixture
def home(tmp_path: Path, custom: Path) -> Path:
    """A home of another file than the shipped one."""
    prepare(Layout(tmp_path / "home", SHIFT), custom)
    return tmp_path / "home"


# -- deleting


def test_a_folder_with_something_of_our_names_is_no_home_and_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "thesis.odt").write_text("years of work")
    before = tree(tmp_path)
    answer = parvis("reset", "--yes", home=tmp_path)
    assert answer.returncode == 1
    assert "is not a home of Parvis" in answer.stderr
    assert tree(tmp_path) == before


def test_what_somebody_put_into_a_home_is_left_to_them(home: Path) -> None:
    (home / "thesis.odt").write_text("years of work")
    answer = parvis("reset", "--yes", home=home)
    assert answer.returncode == 0, answer.stderr
    assert [path.name for path in home.iterdir()] == ["thesis.odt"]
    assert "thesis.odt" in answer.stdout


def test_a_home_is_deleted_whole(home: Path) -> None:
    assert parvis("reset", "--yes", home=home).returncode == 0
    assert not home.exists()
    assert parvis("reset", "--yes", home=home).returncode == 0


def test_a_home_behind_a_link_is_deleted_and_can_be_begun_anew(home: Path, custom: Path) -> None:
    link = home.with_name("link")
    link.symlink_to(home)
    answer = parvis("reset", "--yes", home=link)
    assert answer.returncode == 0, answer.stderr
    assert list(home.iterdir()) == []
    prepare(Layout(link), custom)


def test_a_persons_own_folder_is_never_deleted_from(home: Path) -> None:
    answer = parvis("reset", "--yes", home=home, HOME=str(home))
    assert answer.returncode == 1
    assert (home / "secrets").exists()


def test_a_home_that_runs_is_not_deleted(home: Path) -> None:
    with hold(Layout(home)):
        assert parvis("reset", "--yes", home=home).returncode == 3
    assert (home / "secrets").exists()


# -- becoming one


def test_a_folder_of_somebodys_does_not_become_a_home(tmp_path: Path) -> None:
    folder = tmp_path / "projects"
    folder.mkdir(mode=0o755)
    (folder / "thesis.odt").write_text("years of work")
    before = tree(folder)
    for command in (("up",), ("up", "--detach"), ("prepare",), ("federation", "render")):
        answer = parvis(*command, home=folder)
        assert answer.returncode == 1, command
        assert "other things" in answer.stderr, command
        assert "--home" in answer.stderr, command
    assert tree(folder) == before


def test_an_empty_folder_becomes_a_home_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir(mode=0o755)
    prepare(Layout(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("left", ["run/supervisor.lock", "federation/.lock"])
def test_what_the_last_version_began_without_marking_it_is_a_home(tmp_path: Path, left: str) -> None:
    (tmp_path / "home" / left).parent.mkdir(parents=True)
    (tmp_path / "home" / left).touch()
    prepare(Layout(tmp_path / "home"))


def test_a_home_of_the_last_version_goes_on(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home", SHIFT)
    prepare(layout)
    write_json(layout.settings, {"port_shift": SHIFT})  # all that it kept
    assert Layout.of(layout.home).port_shift == SHIFT
    assert prepare(Layout.of(layout.home)).rendered.changes == ()
    assert parvis("reset", "--yes", home=layout.home).returncode == 0


# -- looking


@pytest.mark.parametrize("command", ["doctor", "agents", "tour", "status", "accounts"])
def test_looking_at_a_folder_of_somebodys_changes_nothing_in_it(tmp_path: Path, command: str) -> None:
    folder = tmp_path / "projects"
    folder.mkdir(mode=0o755)
    (folder / "thesis.odt").write_text("years of work")
    before = tree(folder)
    assert parvis(command, home=folder).returncode != 0
    assert tree(folder) == before


def test_the_file_that_a_home_was_made_from_is_remembered_wherever_one_stands(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(Path(__file__).parents[2] / "federation.toml", elsewhere)
    before = tree(home)
    assert "@camille.martin:interieur.ministere.test" in parvis("agents", "--json", home=home, folder=elsewhere).stdout
    assert json.loads(parvis("doctor", "--json", home=home, folder=elsewhere).stdout)["ok"] is True
    assert tree(home) == before
    assert load(Layout.of(home)).rendered.hub.server_name == "hub.ministere.test"
    assert parvis("prepare", home=home, folder=elsewhere).returncode == 0
    assert load(Layout.of(home)).rendered.hub.server_name == "hub.ministere.test"


def test_a_home_of_the_shipped_file_keeps_to_it_wherever_one_stands(custom: Path, tmp_path: Path) -> None:
    shutil.copy(custom, custom.with_name("federation.toml"))
    for folder in (tmp_path, custom.parent, tmp_path):
        assert parvis("prepare", home=tmp_path / "home", folder=folder).returncode == 0
        assert load(Layout.of(tmp_path / "home")).rendered.hub.server_name == "parvis.gouv.test"


def test_a_home_and_its_file_can_be_moved_together(home: Path, custom: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    shutil.move(home, moved)
    shutil.move(custom.parent, moved)
    assert prepare(Layout.of(moved / "home")).rendered.hub.server_name == "hub.ministere.test"


def test_a_file_that_is_gone_is_missed_and_not_replaced_by_another(home: Path, custom: Path) -> None:
    custom.unlink()
    answer = parvis("prepare", home=home)
    assert answer.returncode == 1
    assert "ministere.toml" in answer.stderr


def test_looking_at_a_home_that_was_made_from_another_file_says_so_to_programs_too(home: Path, custom: Path) -> None:
    write_json(home / "parvis.json", {"port_shift": SHIFT})  # as the last version left it
    answer = parvis("doctor", "--json", home=home, folder=Path(__file__).parents[2])
    told = json.loads(answer.stdout)
    assert answer.returncode == 1
    assert told["ok"] is False
    (wrong,) = [finding for finding in told["findings"] if not finding["ok"]]
    assert "hub.ministere.test" in wrong["what"]
    assert "--federation" in wrong["advice"]
    assert "reset" not in wrong["advice"]


def test_a_federation_whose_file_was_changed_is_not_checked_as_if_it_ran(home: Path, custom: Path) -> None:
    custom.write_text(f'max_upload = "5M"\n{CUSTOM}')
    before = tree(home / "federation")
    with hold(Layout(home)):
        answer = parvis("federation", "check", home=home)
    assert answer.returncode == 1
    assert "is not what" in answer.stderr
    assert "parvis up" in answer.stderr
    assert tree(home / "federation") == before


def test_looking_before_anything_was_prepared_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="prepared"):
        load(Layout(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


# -- secrets


@pytest.mark.parametrize("lost", ["agents/camille.martin", "bots/find"])
def test_a_lost_password_of_an_account_is_missed_and_not_made_anew(home: Path, lost: str) -> None:
    layout = Layout.of(home)
    setup = load(layout)
    for name in ("agents/camille.martin", "bots/find", "bots/operator"):
        (layout.secrets / name).parent.mkdir(exist_ok=True)
        (layout.secrets / name).write_text("known to the homeserver\n")
    write_json(layout.done, {"accounts": [setup.bot_id, "camille.martin"]})
    prepare(layout)
    (layout.secrets / lost).unlink()
    with pytest.raises(BadHome, match=lost):
        prepare(layout)
    assert not (layout.secrets / lost).exists()
    assert "backup" in parvis("doctor", home=home).stdout


def test_looking_makes_no_secret(home: Path) -> None:
    with pytest.raises(BadHome, match="is not there"):
        load(Layout.of(home)).secrets.password("agents/camille.martin")
    assert not (home / "secrets" / "agents").exists()


def test_the_shift_and_the_file_are_all_that_is_remembered(home: Path) -> None:
    assert read_json(home / "parvis.json") == {"port_shift": SHIFT, "federation": "../etc/ministere.toml"}


def test_a_disk_that_refuses_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / "home" / "x"))

    monkeypatch.setattr("parvis.setup.render", full)
    with pytest.raises(BadHome, match="No space left on device"):
        prepare(Layout(tmp_path / "home"))
