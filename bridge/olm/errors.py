"""The errors of python-olm, by its names. Their texts are vodozemac's: what is wrong, no key, no text."""

from __future__ import annotations


class OlmError(Exception):
    """The base of what can go wrong with keys, sessions and messages."""


class OlmAccountError(OlmError):
    """A stored account cannot be read: it is broken, or the passphrase is another."""


class OlmSessionError(OlmError):
    """A session between two devices cannot be made or read, or a message is not one of it."""


class OlmGroupSessionError(OlmError):
    """A room's session cannot be made or read, or a message is not one of it."""


class OlmVerifyError(OlmError):
    """A signature is not of this key for this message."""
