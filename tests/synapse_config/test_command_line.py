"""`python -m synapse_config`, and the documentation that is written from the model."""

from pathlib import Path

import pytest

from synapse_config.__main__ import main
from synapse_config.reference import reference

REPOSITORY = Path(__file__).parents[2]


def test_rendering_says_what_it_changes_and_then_that_nothing_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["render", "--config", str(REPOSITORY / "federation.toml"), "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    assert "hub/signing.key: made" in capsys.readouterr().out
    assert main(arguments) == 0
    assert "Nothing has changed" in capsys.readouterr().out


def test_a_bad_file_is_said_line_by_line_and_nothing_is_rendered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "federation.toml"
    path.write_text("max_uplaod = 3\n[[homeserver]]\nname = 'hub'\n")
    assert main(["render", "--config", str(path), "--out", str(tmp_path / "out")]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert f"{path}:1: max_uplaod: this key is unknown. Did you mean “max_upload”?" in lines
    assert not (tmp_path / "out").exists()


def test_a_check_of_what_is_not_rendered_says_to_render(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--config", str(REPOSITORY / "federation.toml"), "--out", str(tmp_path / "out")]
    assert main(["check", *arguments]) == 1
    assert "render it" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_reference_in_the_documentation_is_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference"]) == 0
    assert capsys.readouterr().out == reference()
    page = (REPOSITORY / "docs" / "federation.md").read_text(encoding="utf-8")
    assert reference() in page, "Run python -m synapse_config reference, and put what it prints into docs/federation.md"
