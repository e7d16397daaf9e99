"""What the development provider is told: `PARVIS_PROCONNECT_PORT` and the JSON file `PARVIS_PROCONNECT_CONFIG`.

{"issuer": "http://127.0.0.1:8401/api/v2",
 "clients": [{"id": …, "secret_file": …, "redirect_uris": […], "post_logout_redirect_uris": […], "userinfo_alg": …}],
 "people": [{"sub": …, "uid": …, "email": …, "given_name": …, "usual_name": …, "siret": …}]}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

PREFIX = "PARVIS_PROCONNECT_"


class BadConfig(Exception):
    """The provider cannot be configured like this. The text says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in, as ProConnect's claims say it. `siret` is the establishment they work for."""

    sub: str
    uid: str
    email: str
    given_name: str
    usual_name: str
    siret: str

    @property
    def name(self) -> str:
        """As people say it."""
        return f"{self.given_name} {self.usual_name}"


@dataclass(frozen=True)
class Client:
    """An application that may have people signed in."""

    id: str
    secret: str = field(repr=False)
    redirect_uris: frozenset[str]
    post_logout_redirect_uris: frozenset[str]


@dataclass(frozen=True)
class Config:
    """All of it."""

    port: int
    issuer: str
    clients: Mapping[str, Client]
    people: Mapping[str, Person]

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """From the environment. Raises `BadConfig`."""
        port, path = variables.get(f"{PREFIX}PORT", "8401"), variables.get(f"{PREFIX}CONFIG", "")
        if not port.isascii() or not port.isdigit():
            raise BadConfig(f"{PREFIX}PORT is a number, not “{port}”.")
        if not path:
            raise BadConfig(f"{PREFIX}CONFIG is not set: it names the JSON file with the clients and the people.")
        try:
            value = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise BadConfig(f"{path} cannot be read ({error.strerror}).") from error
        except ValueError as error:
            raise BadConfig(f"{path} is not JSON: {error}.") from error
        try:
            clients = [_client(one) for one in value["clients"]]
            people = [Person(**{one.name: str(given[one.name]) for one in fields(Person)}) for given in value["people"]]
            issuer = str(value["issuer"]).rstrip("/")
        except (KeyError, TypeError) as error:
            raise BadConfig(f"{path} misses {error}; see {__name__} for what belongs in it.") from error
        return cls(int(port), issuer, {one.id: one for one in clients}, {one.uid: one for one in people})


def _client(value: Mapping[str, Any]) -> Client:
    path = str(value["secret_file"])
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadConfig(f"The secret {path} of client {value['id']} cannot be read ({error.strerror}).") from error
    if not secret:
        raise BadConfig(f"The secret {path} of client {value['id']} is empty.")
    algorithm = value.get("userinfo_alg", "RS256")
    if algorithm != "RS256":
        raise BadConfig(f"Client {value['id']} wants userinfo in {algorithm}; only RS256 is done here.")
    return Client(
        str(value["id"]), secret, frozenset(value["redirect_uris"]), frozenset(value["post_logout_redirect_uris"])
    )
