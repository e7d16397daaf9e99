"""What the provider signs: ID tokens and userinfo, with a key that lives as long as the process."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from workspace.proconnect.grants import TOKEN_LASTS, Grant

_ALGORITHM = "RS256"
#: Which claims a scope gives (ProConnect's).
_CLAIMS = {name: (name,) for name in ("email", "given_name", "usual_name", "siret", "uid")} | {
    "profile": ("given_name", "usual_name")
}
SCOPES = ("openid", *_CLAIMS)


class Signer:
    """Signs for one issuer."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        key = RSAKey.generate_key(2048, {"use": "sig", "alg": _ALGORITHM}, auto_kid=True)
        self._key, self._keys = key, KeySet([key])

    def public_keys(self) -> Mapping[str, Any]:
        """The JWK set."""
        return self._keys.as_dict(private=False)

    def id_token(self, grant: Grant, access_token: str, now: int) -> str:
        """OpenID Connect Core, section 2."""
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        return self._sign(
            grant,
            {
                "sub": grant.person.sub,
                "iat": now,
                "exp": now + TOKEN_LASTS,
                "auth_time": grant.at,
                "acr": "eidas1",
                "amr": ["pwd"],
                "nonce": grant.nonce,
                "sid": grant.session,
                "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            },
        )

    def userinfo(self, grant: Grant, now: int) -> str:
        """The claims of the scopes, as a signed JWT."""
        names = [name for scope in grant.scope for name in _CLAIMS.get(scope, ())]
        claims = {name: getattr(grant.person, name) for name in dict.fromkeys(names)}
        return self._sign(grant, {"sub": grant.person.sub, "iat": now, "exp": now + TOKEN_LASTS, **claims})

    def session_of(self, id_token: str) -> tuple[str, str] | None:
        """The client and the session of an ID token of ours, however old; None for anything else."""
        try:
            claims = jwt.decode(id_token, self._keys, algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        return str(claims.get("aud")), str(claims.get("sid"))

    def _sign(self, grant: Grant, claims: dict[str, Any]) -> str:
        header = {"alg": _ALGORITHM, "kid": self._key.kid, "typ": "JWT"}
        return jwt.encode(header, {"iss": self._issuer, "aud": grant.client.id, **claims}, self._key, [_ALGORITHM])
