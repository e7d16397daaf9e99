"""Sessions between two devices (Olm's double ratchet)."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Self

import vodozemac

from bridge.olm.account import Account
from bridge.olm.errors import OlmSessionError
from bridge.olm.messages import AnyMessage, from_vodozemac, to_prekey, to_vodozemac
from bridge.olm.pickling import pickle_key


class _FirstMessages:
    """What the first message of a session said, until it is asked for.

    vodozemac decrypts that message when it opens the session. libolm does not, so mautrix opens the session, stores it,
    and then asks for the text of the message. It waits here, in memory only: after a crash in between, the session was
    not stored either (`bridge.matrix.pump` keeps both in one transaction) and everything is done again.
    """

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._texts: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    def put(self, session_id: str, ciphertext: str, plaintext: bytes) -> None:
        self._texts[session_id] = (ciphertext, plaintext)
        while len(self._texts) > self._bound:
            self._texts.popitem(last=False)

    def take(self, session_id: str, ciphertext: str) -> bytes | None:
        waiting = self._texts.get(session_id)
        if waiting is None or waiting[0] != ciphertext:
            return None
        del self._texts[session_id]
        return waiting[1]


_first_messages = _FirstMessages(bound=256)


class Session:
    """python-olm's `Session`. mautrix inherits from it."""

    inner: vodozemac.Session

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        return super().__new__(cls)

    @property
    def id(self) -> str:
        """The same on both sides."""
        return self.inner.session_id

    def pickle(self, passphrase: str) -> bytes:
        """The session as it may be stored."""
        return self.inner.pickle(pickle_key(passphrase)).encode()

    @classmethod
    def from_pickle(cls, pickle: bytes, passphrase: str) -> Self:
        """Raises `OlmSessionError`."""
        session = cls.__new__(cls)
        try:
            session.inner = vodozemac.Session.from_pickle(pickle.decode(), pickle_key(passphrase))
        except (vodozemac.PickleException, UnicodeDecodeError) as error:
            raise OlmSessionError(str(error)) from error
        return session

    def matches(self, message: AnyMessage) -> bool:
        """Whether this pre-key message is of this session. Raises `OlmSessionError` where it is no such message."""
        return self.inner.session_matches(to_prekey(message))

    def decrypt(self, message: AnyMessage, unicode_errors: str = "replace") -> str:
        """What it says. Raises `OlmSessionError` where it is not of this session, was changed, or was read before."""
        plaintext = _first_messages.take(self.id, message.ciphertext)
        if plaintext is None:
            try:
                plaintext = self.inner.decrypt(to_vodozemac(message))
            except vodozemac.OlmDecryptionException as error:
                raise OlmSessionError(str(error)) from error
        return plaintext.decode(errors=unicode_errors)

    def encrypt(self, plaintext: str | bytes) -> AnyMessage:
        """A pre-key message until the other side has answered, then an ordinary one. Raises `OlmSessionError`."""
        try:
            message = self.inner.encrypt(plaintext.encode() if isinstance(plaintext, str) else plaintext)
        except vodozemac.OlmEncryptionException as error:
            raise OlmSessionError(str(error)) from error
        return from_vodozemac(message)

    def describe(self) -> str:
        """The session, for a log."""
        return f"session {self.id}"


class InboundSession(Session):
    """The session that a pre-key message of somebody else opens."""

    def __init__(self, account: Account, message: AnyMessage, identity_key: str) -> None:
        """`identity_key` is the sender's Curve25519 key, which the message must name too. Raises `OlmSessionError`."""
        try:
            key = vodozemac.Curve25519PublicKey.from_base64(identity_key)
            opened = account.inner.create_inbound_session(key, to_prekey(message))
        except ValueError as error:  # the base of vodozemac's own errors: a bad key, or a message for other keys
            raise OlmSessionError(str(error)) from error
        self.inner, plaintext = opened
        _first_messages.put(self.id, message.ciphertext, plaintext)


class OutboundSession(Session):
    """A session that we open with a one-time or fallback key of somebody else's device."""

    def __init__(self, account: Account, identity_key: str, one_time_key: str) -> None:
        """Raises `OlmSessionError` where a key is none."""
        try:
            self.inner = account.inner.create_outbound_session(
                vodozemac.Curve25519PublicKey.from_base64(identity_key),
                vodozemac.Curve25519PublicKey.from_base64(one_time_key),
            )
        except ValueError as error:
            raise OlmSessionError(str(error)) from error
