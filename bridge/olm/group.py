"""A room's sessions (Megolm): the outbound one encrypts what we write, inbound ones decrypt what others write."""

from __future__ import annotations

from typing import Any, Self

import vodozemac

from bridge.olm.errors import OlmGroupSessionError
from bridge.olm.pickling import pickle_key


class InboundGroupSession:
    """python-olm's `InboundGroupSession`. mautrix inherits from it."""

    inner: vodozemac.InboundGroupSession

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        return super().__new__(cls)

    def __init__(self, session_key: str) -> None:
        """From the key as its owner shares it, signed by the session. Raises `OlmGroupSessionError`."""
        try:
            self.inner = vodozemac.InboundGroupSession(vodozemac.SessionKey(session_key))
        except ValueError as error:
            raise OlmGroupSessionError(str(error)) from error

    @property
    def id(self) -> str:
        """The session's public key: whoever has it has the same session."""
        return self.inner.session_id

    @property
    def first_known_index(self) -> int:
        """The number of the first message that can be read."""
        return self.inner.first_known_index

    def pickle(self, passphrase: str) -> bytes:
        """The session as it may be stored."""
        return self.inner.pickle(pickle_key(passphrase)).encode()

    @classmethod
    def from_pickle(cls, pickle: bytes, passphrase: str) -> Self:
        """Raises `OlmGroupSessionError`."""
        session = cls.__new__(cls)
        try:
            session.inner = vodozemac.InboundGroupSession.from_pickle(pickle.decode(), pickle_key(passphrase))
        except (vodozemac.PickleException, UnicodeDecodeError) as error:
            raise OlmGroupSessionError(str(error)) from error
        return session

    @classmethod
    def import_session(cls, session_key: str) -> Self:
        """From a key that somebody exported, which nothing signs. Raises `OlmGroupSessionError`."""
        session = cls.__new__(cls)
        try:
            exported = vodozemac.ExportedSessionKey(session_key)
            session.inner = vodozemac.InboundGroupSession.import_session(exported)
        except ValueError as error:
            raise OlmGroupSessionError(str(error)) from error
        return session

    def export_session(self, message_index: int) -> str:
        """The key that reads from `message_index` on. Raises `OlmGroupSessionError` where that is too early."""
        exported = self.inner.export_at(message_index)
        if exported is None:
            raise OlmGroupSessionError(f"the session is known from message {self.first_known_index} on")
        return exported.to_base64()

    def decrypt(self, ciphertext: str, unicode_errors: str = "replace") -> tuple[str, int]:
        """What it says, and the message's number. Raises `OlmGroupSessionError`."""
        try:
            message = self.inner.decrypt(vodozemac.MegolmMessage.from_base64(ciphertext))
        except ValueError as error:
            raise OlmGroupSessionError(str(error)) from error
        return message.plaintext.decode(errors=unicode_errors), message.message_index


class OutboundGroupSession:
    """python-olm's `OutboundGroupSession`. mautrix inherits from it."""

    inner: vodozemac.GroupSession

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        return super().__new__(cls)

    def __init__(self) -> None:
        self.inner = vodozemac.GroupSession()

    @property
    def id(self) -> str:
        """The session's public key."""
        return self.inner.session_id

    @property
    def message_index(self) -> int:
        """The number that the next message will have."""
        return self.inner.message_index

    @property
    def session_key(self) -> str:
        """What others need to read from the next message on."""
        return self.inner.session_key.to_base64()

    def encrypt(self, plaintext: str | bytes) -> str:
        """The message, under the next number."""
        message = self.inner.encrypt(plaintext.encode() if isinstance(plaintext, str) else plaintext)
        return message.to_base64()

    def pickle_ahead(self, passphrase: str, count: int) -> bytes:
        """The session as it will be `count` messages later, as it may be stored.

        Whoever stores this first may encrypt `count` messages and never uses a number twice, whatever happens.
        """
        later = vodozemac.GroupSession.from_pickle(self.inner.pickle(_IN_MEMORY), _IN_MEMORY)
        for _ in range(count):
            later.encrypt(b"")
        return later.pickle(pickle_key(passphrase)).encode()

    def pickle(self, passphrase: str) -> bytes:
        """The session as it may be stored."""
        return self.inner.pickle(pickle_key(passphrase)).encode()

    @classmethod
    def from_pickle(cls, pickle: bytes, passphrase: str) -> Self:
        """Raises `OlmGroupSessionError`."""
        session = cls.__new__(cls)
        try:
            session.inner = vodozemac.GroupSession.from_pickle(pickle.decode(), pickle_key(passphrase))
        except (vodozemac.PickleException, UnicodeDecodeError) as error:
            raise OlmGroupSessionError(str(error)) from error
        return session


#: The key of a pickle that only ever exists inside one function, to copy a session.
_IN_MEMORY = bytes(32)
