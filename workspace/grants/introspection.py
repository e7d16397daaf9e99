"""What another resource server is told about a scenario token: RFC 7662, and signed RFC 9701.

The key that signs is derived from the workspace's secret key: every process has the same, none is kept on a disk, and
it is rotated with that one. Resource servers find its public half at `jwks/`.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, KeySet, import_key

from contract.resources import link
from workspace.api.services import Service
from workspace.grants import using
from workspace.grants.authentication import find
from workspace.grants.models import ScenarioToken
from workspace.sharing.models import Item

JWT_TYPE = "application/token-introspection+jwt"
_ALGORITHM = "ES256"
_CONTENT_ENCRYPTION, _ENCRYPTIONS = "A256GCM", {"RSA": "RSA-OAEP-256", "EC": "ECDH-ES+A256KW"}
#: Of P-256, to which a derived number is brought (FIPS 186-5, A.2.1: 64 bits more than it needs).
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def answer(token: str, resource_server: Service) -> dict[str, Any]:
    """Whether `token` is good, and if so what for. It counts as one of its uses: whoever asks acts on the answer."""
    found = find(token.encode())
    if found is None or not using.shown(found, resource_server.name):
        return {"active": False}
    return _said(found)


def signed(claims: dict[str, Any], resource_server: Service) -> str:
    """The same as a JWT for that resource server (RFC 9701, section 5), encrypted to its key where it gave one."""
    key = _key()
    header = {"alg": _ALGORITHM, "typ": "token-introspection+jwt", "kid": key.kid}
    body = {
        "iss": issuer(),
        "aud": resource_server.name,
        "iat": int(timezone.now().timestamp()),
        "token_introspection": claims,
    }
    made = jwt.encode(header, body, key)
    return _encrypted(made, resource_server.encrypt_to) if resource_server.encrypt_to else made


def public_keys() -> dict[str, Any]:
    """The JWK set that verifies what `signed` makes."""
    return dict(KeySet([_key()]).as_dict(private=False))


def issuer() -> str:
    """Who issues the tokens: the workspace's own address."""
    return str(settings.PARVIS.url.rstrip("/"))


def _said(token: ScenarioToken) -> dict[str, Any]:
    delegation = token.delegation
    said: dict[str, Any] = {
        "active": True,
        "iss": issuer(),
        "scope": delegation.act,
        "client_id": delegation.service,
        "sub": delegation.user.sub,
        "aud": delegation.service,
        "token_type": "Bearer",
        "iat": int(token.created_at.timestamp()),
        "exp": int(token.expires_at.timestamp()),
    }
    item = Item.objects.filter(pk=token.target).first() if token.target else None
    return said | ({"resource": link(issuer(), item.resource)} if item else {})


def _encrypted(signed_jwt: str, public_key: str) -> str:
    """A nested JWT (RFC 7519, section 5.2), by the algorithm that the key says, or the usual one of its kind."""
    given = json.loads(public_key)
    key = import_key(given)
    algorithm = str(given.get("alg") or _ENCRYPTIONS[given["kty"]])
    header = {"alg": algorithm, "enc": _CONTENT_ENCRYPTION, "cty": "token-introspection+jwt"}
    registry = jwe.JWERegistry(algorithms=[algorithm, _CONTENT_ENCRYPTION])
    return jwe.encrypt_compact(header, signed_jwt.encode(), key, registry=registry)


@cache
def _key() -> ECKey:
    derived = HKDF(algorithm=SHA256(), length=40, salt=None, info=b"parvis introspection").derive(
        settings.SECRET_KEY.encode()
    )
    number = int.from_bytes(derived, "big") % (_ORDER - 1) + 1
    key = ECKey.import_key(ec.derive_private_key(number, ec.SECP256R1()), {"use": "sig", "alg": _ALGORITHM})
    key.ensure_kid()
    return key
