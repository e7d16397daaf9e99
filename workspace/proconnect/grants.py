"""What the provider has given and not yet taken back: codes, tokens, sessions. In memory; the clock is given."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from workspace.proconnect.config import Client, Person

#: Seconds, as ProConnect has them.
CODE_LASTS, TOKEN_LASTS, SESSION_LASTS = 30, 60, 12 * 3600


@dataclass(frozen=True)
class Grant:
    """That `person` is signed in for `client`. `challenge` is PKCE's (RFC 7636, S256); `at` when they signed in."""

    client: Client
    person: Person
    redirect_uri: str
    scope: tuple[str, ...]
    nonce: str
    challenge: str
    session: str
    at: int
    until: float = 0.0


@dataclass
class Grants:
    """`clock` gives seconds since 1970. Codes and tokens are random and work once, or for a minute."""

    clock: Callable[[], float]
    _codes: dict[str, Grant] = field(default_factory=dict)
    _tokens: dict[str, Grant] = field(default_factory=dict)
    _sessions: dict[str, tuple[Person, int, float]] = field(default_factory=dict)

    def sign_in(self, person: Person) -> str:
        """A new session of `person`."""
        session, now = secrets.token_urlsafe(32), self.clock()
        self._sessions[session] = (person, int(now), now + SESSION_LASTS)
        return session

    def signed_in(self, session: str) -> tuple[Person, int] | None:
        """Whose session it is, and since when."""
        person, at, until = self._sessions.get(session, (None, 0, 0.0))
        return (person, at) if person is not None and until > self.clock() else None

    def sign_out(self, session: str) -> None:
        """The session and all tokens of it end."""
        self._sessions.pop(session, None)
        for kept in (self._codes, self._tokens):
            for key in [key for key, grant in kept.items() if grant.session == session]:
                del kept[key]

    def code(self, grant: Grant) -> str:
        """A code for `grant`."""
        code = secrets.token_urlsafe(32)
        self._forget_old(self._codes)
        self._codes[code] = replace(grant, until=self.clock() + CODE_LASTS)
        return code

    def redeem(self, code: str, client: Client, redirect_uri: str, verifier: str) -> tuple[str, Grant] | None:
        """An access token for a code, once; None where any of it does not fit. The code is spent either way."""
        grant = self._codes.pop(code, None)
        if grant is None or grant.until <= self.clock() or grant.client != client or grant.redirect_uri != redirect_uri:
            return None
        if not hmac.compare_digest(challenge_of(verifier), grant.challenge):
            return None
        token = secrets.token_urlsafe(32)
        self._forget_old(self._tokens)
        self._tokens[token] = replace(grant, until=self.clock() + TOKEN_LASTS)
        return token, grant

    def of_token(self, token: str) -> Grant | None:
        """What a token stands for, while it lasts."""
        grant = self._tokens.get(token)
        return grant if grant is not None and grant.until > self.clock() else None

    def _forget_old(self, kept: dict[str, Grant]) -> None:
        for key in [key for key, grant in kept.items() if grant.until <= self.clock()]:
            del kept[key]


def challenge_of(verifier: str) -> str:
    """PKCE's S256."""
    digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
