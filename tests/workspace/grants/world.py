"""Two agents, what is theirs, and three services: the bridge, the search bot and a resource server."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from rest_framework.test import APIClient

from contract.grants import GRANT_TYPE, SUBJECT_TYPE, Act
from contract.resources import Kind
from tests.workspace.people import person
from workspace.accounts.models import MatrixIdentity, User
from workspace.api.services import Scope, Service
from workspace.docs import service as docs
from workspace.grants import delegations
from workspace.grants.models import Use
from workspace.sharing import tree
from workspace.sharing.models import Item
from workspace.sharing.roles import Role

CAMILLE, INES, STRANGER = "@camille.martin:interieur.gouv.test", "@ines.benali:culture.gouv.test", "@x:ailleurs.test"
ROOM = "!renovation:hub.test"
BRIDGE = Service("bridge", frozenset({Scope.AUDIENCE, Scope.ROOMS}), frozenset(Act))
FIND = Service("find", frozenset({Scope.AUDIENCE}), frozenset({Act.READ}))
ARCHIVE = Service("archive", frozenset({Scope.INTROSPECT}))
ALL = (BRIDGE, FIND, ARCHIVE)


class Known:
    """The services of a file, without the file. The token of `bridge` is `of-bridge`."""

    def by_token(self) -> dict[str, Service]:
        return {hashlib.sha256(f"of-{one.name}".encode()).hexdigest(): one for one in ALL}


@dataclass(frozen=True)
class World:
    """Camille owns a document and a folder; Inès reads the folder. Camille allows the bridge everything."""

    camille: User
    ines: User
    note: Item
    folder: Item

    def allow(self, user: User, *acts: Act, service: str = "bridge") -> None:
        for act in acts:
            delegations.give(user, service, act)

    def exchange(self, act: str = "read", *, service: str = "bridge", person: str = CAMILLE, **more: Any) -> Any:
        """The answer of the exchange, sent as a form."""
        fields = {"grant_type": GRANT_TYPE, "subject_token": person, "subject_token_type": SUBJECT_TYPE, "scope": act}
        fields |= {name: str(value) for name, value in more.items() if value is not None}
        return post_form(service, "/api/v1.0/token/", fields)

    def token(self, act: str = "read", **more: Any) -> str:
        """A token. The exchange must have been admitted."""
        answer = self.exchange(act, **more)
        assert answer.status_code == 200, answer.json()
        return str(answer.json()["access_token"])

    def book(self, user: User | None = None) -> list[tuple[str, str, str]]:
        """What was written for `user`, the first first: service, what, and why it was refused."""
        rows = Use.objects.filter(user=user or self.camille).order_by("pk")
        return list(rows.values_list("service", "what", "refused"))


def set_up() -> World:
    """See `World`."""
    camille, ines = person("camille.martin"), person("ines.benali")
    MatrixIdentity.objects.create(user=camille, matrix_id=CAMILLE)
    MatrixIdentity.objects.create(user=ines, matrix_id=INES)
    note = docs.create(camille, title="Note", content="# Secret\n").item
    folder = tree.create_item(Kind.FOLDER, "Dossier", None, camille)
    tree.grant(camille, folder, Role.READER, user=ines)
    world = World(camille, ines, note, folder)
    world.allow(camille, *Act)
    return world


def as_service(name: str) -> APIClient:
    """The API with the standing credential of a service."""
    return APIClient(headers={"Authorization": f"Bearer of-{name}"})


def acting(token: str, service: str = "bridge") -> APIClient:
    """The API with a scenario token, in the hands of a service."""
    return APIClient(headers={"Authorization": f"Bearer {token}", "Parvis-Service": f"Bearer of-{service}"})


def post_form(service: str | None, path: str, fields: dict[str, str], **headers: str) -> Any:
    """Post a form, as OAuth does."""
    client = as_service(service) if service else APIClient()
    return client.generic(
        "POST", path, urlencode(fields), content_type="application/x-www-form-urlencoded", headers=headers
    )
