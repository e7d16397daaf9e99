"""Puts this package where mautrix looks for python-olm."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

from bridge.olm import account, errors, group, messages, session, signing

#: What python-olm exports and mautrix 0.21 uses.
_NAMES = {
    "Account": account.Account,
    "InboundGroupSession": group.InboundGroupSession,
    "InboundSession": session.InboundSession,
    "OlmAccountError": errors.OlmAccountError,
    "OlmGroupSessionError": errors.OlmGroupSessionError,
    "OlmMessage": messages.OlmMessage,
    "OlmPreKeyMessage": messages.OlmPreKeyMessage,
    "OlmSessionError": errors.OlmSessionError,
    "OlmVerifyError": errors.OlmVerifyError,
    "OutboundGroupSession": group.OutboundGroupSession,
    "OutboundSession": session.OutboundSession,
    "PkSigning": signing.PkSigning,
    "Session": session.Session,
    "ed25519_verify": signing.ed25519_verify,
}


class LibolmLoaded(RuntimeError):
    """libolm was imported before `install`: what it made cannot be taken back."""

    def __init__(self) -> None:
        super().__init__("libolm is loaded; import bridge.matrix before anything that imports olm or mautrix.crypto")


def install() -> None:
    """From now on `import olm` gives vodozemac. Calling it again does nothing. Raises `LibolmLoaded`."""
    if installed():
        return
    if "olm" in sys.modules or "_libolm" in sys.modules:
        raise LibolmLoaded
    olm = ModuleType("olm", "vodozemac under python-olm's names (bridge.olm)")
    for name, value in _NAMES.items():
        setattr(olm, name, value)
    # mautrix imports both names and uses them only where a session has no `describe` of its own; ours has.
    libolm = ModuleType("_libolm", "No libolm: see bridge.olm")
    libolm.ffi = None  # type: ignore[attr-defined]  # a module's attribute
    libolm.lib = SimpleNamespace()  # type: ignore[attr-defined]
    sys.modules["olm"], sys.modules["_libolm"] = olm, libolm


def installed() -> bool:
    """Whether `olm` is ours."""
    return getattr(sys.modules.get("olm"), "Account", None) is account.Account
