"""compose.yml, which cannot be run here: held to the Compose specification and to what `parvis up` runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import ComposeSpecification

from parvis import parts
from parvis.commands.prepare import command as prepare_command
from parvis.layout import Layout
from parvis.part import Part
from parvis.setup import prepare

ROOT = Path(__file__).parents[2]
HOME = "/var/lib/parvis"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yml").read_text(encoding="utf-8"))
    return loaded


def test_it_is_of_the_compose_specification(compose: dict[str, Any]) -> None:
    ComposeSpecification.model_validate(compose)


def test_it_runs_the_parts_of_parvis_up_with_the_same_commands(compose: dict[str, Any], tmp_path: Path) -> None:
    setup = prepare(Layout(tmp_path / "home"))
    for part in parts.everything(setup):
        if isinstance(part, Part):
            wanted = [_in_the_container(word, tmp_path / "home") for word in part.command]
            assert compose["services"][part.name]["command"] == wanted, part.name


def _in_the_container(word: str, home: Path) -> str:
    program = {sys.executable: "python"}.get(word, word)
    if Path(program).parent == Path(sys.executable).parent:
        program = Path(program).name
    return program.replace(str(home), HOME)


def test_its_first_lines_make_the_secrets_that_it_names(compose: dict[str, Any], tmp_path: Path) -> None:
    """libpq takes a password file of mode 600 alone."""
    head = (ROOT / "compose.yml").read_text(encoding="utf-8").split("\nname: ")[0].splitlines()
    lines = [line.removeprefix("#   ") for line in head if line.startswith("#   ")]
    before = "\n".join(line for line in lines if not line.startswith("docker"))
    subprocess.run(["sh", "-ec", before], cwd=tmp_path, check=True)
    made = {name: tmp_path / secret["file"] for name, secret in compose["secrets"].items()}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in made.values())
    password = made["postgres"].read_text().strip()
    assert len(password) >= 32
    assert made["pgpass"].read_text() == f"127.0.0.1:5432:workspace:parvis:{password}\n"
    assert all((tmp_path / folder).stat().st_mode & 0o777 == 0o700 for folder in (".parvis", "secrets"))


def test_no_secret_gets_into_the_image_or_the_repository() -> None:
    """`COPY . .` takes what .dockerignore lets through: everything is out, but what is named."""
    first, *named = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert first == "*"
    let_in = {line.removeprefix("!") for line in named if line.startswith("!")}
    assert let_in.isdisjoint({"secrets", ".parvis", ".git", ".venv", "."})
    needed = {"federation.toml", "pyproject.toml", "README.md", "LICENSE", "requirements.lock", "synapse-config"}
    assert needed | {"contract", "workspace", "cards", "bridge", "bots", "parvis"} <= let_in
    assert all((ROOT / path).exists() for path in let_in)
    assert {"/secrets/", "/.parvis/"} <= set((ROOT / ".gitignore").read_text().splitlines())


def test_what_needs_what_is_the_same(compose: dict[str, Any], tmp_path: Path) -> None:
    for part in parts.everything(prepare(Layout(tmp_path / "home"))):
        if isinstance(part, Part):
            there = set(compose["services"][part.name].get("depends_on", {}))
            assert part.needs - there <= {"proconnect"}, part.name


def test_nothing_is_reachable_but_what_is_published_on_loopback(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name == "net":
            assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        else:
            assert service["network_mode"] == "service:net", name
            assert "ports" not in service


def test_every_image_has_a_version(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        tag = service["image"].rsplit(":", 1)[1]
        assert tag not in ("latest", ""), name


def test_prepare_writes_the_environment_that_it_names(compose: dict[str, Any], tmp_path: Path) -> None:
    home = tmp_path / "home"
    prepare_command.main(args=[], obj=home, standalone_mode=False)
    for service in compose["services"].values():
        for file in service.get("env_file", ()):
            written = home / file["path"].removeprefix("./.parvis/")
            lines = written.read_text().splitlines()
            assert lines, written
            assert all(line.startswith("PARVIS_") for line in lines), written
            assert written.stat().st_mode & 0o077 == 0
