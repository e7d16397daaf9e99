"""Messages between two devices, as python-olm names them, and their translation to vodozemac's."""

from __future__ import annotations

import base64

import vodozemac

from bridge.olm.errors import OlmSessionError


class _Message:
    message_type: int

    def __init__(self, ciphertext: str) -> None:
        self.ciphertext = ciphertext


class OlmPreKeyMessage(_Message):
    """A message that also carries what its receiver needs to open the session: the first ones of each session."""

    message_type = 0


class OlmMessage(_Message):
    """A message of a session that both sides have."""

    message_type = 1


AnyMessage = OlmPreKeyMessage | OlmMessage


def to_vodozemac(message: AnyMessage) -> vodozemac.AnyOlmMessage:
    """Raises `OlmSessionError` where it is no message of its type."""
    try:
        padded = message.ciphertext + "=" * (-len(message.ciphertext) % 4)
        return vodozemac.AnyOlmMessage.from_parts(message.message_type, base64.b64decode(padded, validate=True))
    except ValueError as error:  # vodozemac's and base64's own errors are of it
        raise OlmSessionError(str(error)) from error


def from_vodozemac(message: vodozemac.AnyOlmMessage) -> AnyMessage:
    """The message under python-olm's class for its type."""
    kind, ciphertext = message.to_parts()
    text = base64.b64encode(ciphertext).decode().rstrip("=")
    return OlmPreKeyMessage(text) if kind == OlmPreKeyMessage.message_type else OlmMessage(text)


def to_prekey(message: AnyMessage) -> vodozemac.PreKeyMessage:
    """Raises `OlmSessionError` where it is none."""
    try:
        return vodozemac.PreKeyMessage.from_base64(message.ciphertext)
    except vodozemac.DecodeException as error:
        raise OlmSessionError(str(error)) from error
