"""libolm never runs: what mautrix imports under its names is ours."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

import bridge.olm
import bridge.olm.account
from bridge.olm.install import LibolmLoaded


def _python(program: str) -> str:
    """The output of `program` in an interpreter that has imported nothing yet."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_mautrix_encrypts_with_our_package_and_libolm_is_never_loaded() -> None:
    seen = _python(
        "import sys, bridge.matrix\n"
        "from mautrix.crypto import OlmMachine, account, sessions\n"
        "import olm, _libolm\n"
        "print(*(c.__module__ for c in (olm.Account, account.OlmAccount.__base__, sessions.Session.__base__)))\n"
        "print(_libolm.ffi, getattr(_libolm, '__file__', None), [n for n in sys.modules if 'libolm' in n])\n"
        "print([line.split()[-1] for line in open('/proc/self/maps') if 'libolm' in line])\n"
    )
    assert seen.splitlines() == [
        "bridge.olm.account bridge.olm.account bridge.olm.session",
        "None None ['_libolm']",
        "[]",
    ]


def test_installing_twice_is_installing_once() -> None:
    bridge.olm.install()
    first = sys.modules["olm"]
    bridge.olm.install()
    assert sys.modules["olm"] is first
    assert first.Account is bridge.olm.account.Account


def test_a_libolm_that_is_already_loaded_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "olm", ModuleType("olm"))
    with pytest.raises(LibolmLoaded, match="before anything that imports olm"):
        bridge.olm.install()
