"""Signing in: by password once, then by the stored credentials of the one device that our keys belong to."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bots.framework.errors import HomeserverRefused, LoginRefused
from bots.framework.files import read_json, write_private
from bots.framework.homeserver import Homeserver

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Credentials:
    """What a signed-in device needs."""

    user_id: str
    device_id: str
    access_token: str = field(repr=False)


async def sign_in(homeserver: Homeserver, user_id: str, password: str, file: Path, device_name: str) -> Credentials:
    """The credentials in `file` where they still hold, else new ones by `password` for the same device.

    Raises `LoginRefused` where the password is not accepted.
    """
    stored = _load(file, user_id)
    if stored is not None and await _holds(homeserver, stored):
        return stored
    homeserver.access_token = None
    body: dict[str, Any] = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user_id},
        "password": password,
        "initial_device_display_name": device_name,
    }
    if stored is not None:
        body["device_id"] = stored.device_id
    try:
        answer = await homeserver.post("/login", body)
        credentials = Credentials(str(answer["user_id"]), str(answer["device_id"]), str(answer["access_token"]))
    except (HomeserverRefused, KeyError) as error:
        raise LoginRefused(f"{user_id} cannot sign in with this password ({error})") from error
    if credentials.user_id != user_id:
        raise LoginRefused(f"the homeserver signed in {credentials.user_id} instead of {user_id}")
    _store(file, credentials)
    homeserver.access_token = credentials.access_token
    logger.info("signed in, user=%s device=%s", user_id, credentials.device_id)
    return credentials


async def _holds(homeserver: Homeserver, credentials: Credentials) -> bool:
    homeserver.access_token = credentials.access_token
    try:
        answer = await homeserver.get("/account/whoami")
    except HomeserverRefused as error:
        if error.code in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_FORBIDDEN"):
            return False
        raise
    return answer.get("user_id") == credentials.user_id and answer.get("device_id") == credentials.device_id


def _load(file: Path, user_id: str) -> Credentials | None:
    try:
        value = read_json(file)
        found = Credentials(**value) if value is not None else None
    except (ValueError, TypeError) as error:
        raise LoginRefused(f"{file.name} is damaged: remove it, a new device is made") from error
    if found is not None and found.user_id != user_id:
        raise LoginRefused(f"the store belongs to {found.user_id}, not to {user_id}: use another directory")
    return found


def _store(file: Path, credentials: Credentials) -> None:
    import json

    write_private(
        file,
        json.dumps(
            {
                "user_id": credentials.user_id,
                "device_id": credentials.device_id,
                "access_token": credentials.access_token,
            }
        ),
    )
