"""The errors of the framework. Each says what happened and what a person can do about it."""

from __future__ import annotations


class BotError(Exception):
    """The base of everything that the framework raises."""


class HomeserverRefused(BotError):
    """The homeserver understood and will not do it. `code` is Matrix's (`M_FORBIDDEN`…), `status` is HTTP's."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class HomeserverUnavailable(BotError):
    """The homeserver did not answer, or asked to be left alone for longer than we wait: try again later.

    `retry_after` is how many seconds it wants to be left alone; 0 where it does not say.
    """

    def __init__(self, reason: str, *, retry_after: float = 0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class LoginRefused(BotError):
    """The homeserver does not accept this password: check the password's file and the user's id."""


class IdentityReplaced(BotError):
    """Somebody else published another cross-signing identity for our account.

    Either give the recovery key of that identity, or sign in as the account, reset its identity, and start again with
    an empty store.
    """


class DeviceKeysDiffer(BotError):
    """The homeserver shows other keys for our device than our own: nothing is signed, nothing is sent.

    Either the store was restored from an old copy (remove it: a new device is made), or the homeserver lies.
    """


class StoreInUse(BotError):
    """Another process is this device: end it first."""


class NotEncrypted(BotError):
    """The room is not encrypted, and we write in no such room: turn encryption on in the room's settings."""


class NotInRoom(BotError):
    """We are not a member of the room: somebody must invite us first."""


class KeysUnavailable(BotError):
    """The devices of a user cannot be known now (their homeserver does not answer)."""


class Undecryptable(BotError):
    """There is no key, or not the right one, for an encrypted event. `waits` says whether a key may still come."""

    def __init__(self, reason: str, *, waits: bool) -> None:
        super().__init__(reason)
        self.waits = waits


class Forged(BotError):
    """An event claims to come from somebody whose devices did not encrypt it."""


class AudienceChanged(BotError):
    """Somebody could read the room for whom the message was not meant: it was not sent. Ask anew who may read it."""
