"""A home: how a folder becomes one, how it is known, what it remembers, and how it is taken away.

`parvis.json` marks it, and nothing else does: a slip of `--home` is to cost nobody another folder.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from parvis.errors import BadHome
from parvis.files import private_folder, read_json, write_json
from parvis.layout import Layout

#: All that Parvis keeps in a home; whatever else is in it is somebody's own. The lock goes last.
_OURS = ("data", "federation", "secrets", "config", "logs", "parvis.json", "run")
#: What version 0.1.0 left in a home that it had not marked yet.
_BEGUN = ("run/supervisor.lock", "federation/.lock")


def is_home(folder: Path) -> bool:
    """Whether a Parvis has made this folder its home."""
    return isinstance((read_json(folder / "parvis.json") or {}).get("port_shift"), int)


def settle(layout: Layout) -> None:
    """Make the folder a home, for its owner alone. Raises `BadHome` where it holds something else."""
    home = layout.home
    if is_home(home):
        private_folder(home)
        return
    if _holds_something(home) and not any((home / left).exists() for left in _BEGUN):
        raise BadHome(f"{home} holds other things.", "Choose a new or an empty folder: --home")
    private_folder(home)
    write_json(layout.settings, {"port_shift": layout.port_shift})


def remember(layout: Layout, federation: Path | None) -> None:
    """Keep for the commands that come after: the shift, and the federation file (None: the shipped one)."""
    seen_from_home: str | None = None
    if federation is not None:
        # So that both can be moved together; a link to the file stays what it is.
        file = federation.parent.resolve() / federation.name
        seen_from_home = os.path.relpath(file, layout.home.resolve())
    write_json(layout.settings, {"port_shift": layout.port_shift, "federation": seen_from_home})


def federation_file(layout: Layout, shipped: Path) -> Path | None:
    """The federation file that this home was rendered from last; None where that is not known."""
    settings = read_json(layout.settings) or {}
    if "federation" not in settings:
        return None
    known = settings["federation"]
    return Path(os.path.normpath(layout.home.resolve() / known)) if isinstance(known, str) else shipped


def deletable(layout: Layout) -> None:
    """Raises `BadHome` for a folder from which nothing may be deleted, whatever was asked."""
    home = layout.home.resolve()
    if not is_home(home):
        raise BadHome(f"{layout.home} is not a home of Parvis.", "Nothing was deleted. Check --home.")
    if home == Path.home().resolve() or home.is_mount():
        advice = f"Nothing was deleted. What is Parvis’ in it: {', '.join(_OURS)}."
        raise BadHome(f"{layout.home} is more than a home of Parvis.", advice)


def delete(layout: Layout) -> list[Path]:
    """Delete all that is ours, and the folder where nothing else is in it. What was left in it.

    Broken off, it can be done again. The caller holds the home.
    """
    home = layout.home.resolve()
    for name in _OURS:
        path = home / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    left = sorted(home.iterdir())
    if not left and not layout.home.is_symlink():
        home.rmdir()
    return left


def _holds_something(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except FileNotFoundError:
        return False
    except OSError as error:
        raise BadHome(f"{folder} cannot be read ({error.strerror}).", "Choose another with --home.") from error
