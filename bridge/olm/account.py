"""A device's account: its identity keys, and the one-time and fallback keys that others open sessions with."""

from __future__ import annotations

from typing import Any, Self

import vodozemac

from bridge.olm.errors import OlmAccountError
from bridge.olm.pickling import pickle_key


class Account:
    """python-olm's `Account`, with vodozemac's fallback key beside it. mautrix inherits from it."""

    inner: vodozemac.Account

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        return super().__new__(cls)

    def __init__(self) -> None:
        self.inner = vodozemac.Account()

    @property
    def identity_keys(self) -> dict[str, str]:
        """The public identity keys, by algorithm."""
        return {
            "curve25519": self.inner.curve25519_key.to_base64(),
            "ed25519": self.inner.ed25519_key.to_base64(),
        }

    @property
    def max_one_time_keys(self) -> int:
        """How many unused one-time keys can be published at once."""
        return self.inner.max_number_of_one_time_keys

    @property
    def one_time_keys(self) -> dict[str, dict[str, str]]:
        """The one-time keys that are not marked as published, by algorithm and id."""
        return {"curve25519": {name: key.to_base64() for name, key in self.inner.one_time_keys.items()}}

    def generate_one_time_keys(self, count: int) -> None:
        """Make `count` more."""
        self.inner.generate_one_time_keys(count)

    def remove_one_time_keys(self, session: object) -> None:
        """Nothing: opening a session has already removed the key that it used."""

    @property
    def fallback_key(self) -> dict[str, str]:
        """The fallback key that is not marked as published, by id; empty where there is none."""
        return {name: key.to_base64() for name, key in self.inner.fallback_key.items()}  # type: ignore[attr-defined]  # its stubs forget it

    def generate_fallback_key(self) -> None:
        """Make a new one. The one before it still opens what was sent to it; older ones are forgotten."""
        self.inner.generate_fallback_key()  # type: ignore[attr-defined]  # its stubs forget it

    def mark_keys_as_published(self) -> None:
        """The server has them."""
        self.inner.mark_keys_as_published()

    def sign(self, message: str | bytes) -> str:
        """The device's signature, in unpadded base64."""
        return self.inner.sign(message.encode() if isinstance(message, str) else message).to_base64()

    def pickle(self, passphrase: str) -> bytes:
        """The account as it may be stored."""
        return self.inner.pickle(pickle_key(passphrase)).encode()

    @classmethod
    def from_pickle(cls, pickle: bytes, passphrase: str) -> Self:
        """Raises `OlmAccountError`."""
        account = cls.__new__(cls)
        try:
            account.inner = vodozemac.Account.from_pickle(pickle.decode(), pickle_key(passphrase))
        except (vodozemac.PickleException, UnicodeDecodeError) as error:
            raise OlmAccountError(str(error)) from error
        return account
