"""Somebody who has another's access token, as a homeserver has, but not the keys of their device."""

from __future__ import annotations

from typing import Any

from parvis.chat.agent import Agent


async def write_as(victim: Agent, impostor: Agent, room: str, body: str, patience: float) -> None:
    """Have `body` reach `room` in the name of `victim`, encrypted by the session of `impostor`.

    First the impostor writes an honest message, so that everybody has the key of that session.
    """
    await say_as(victim, impostor, room, {"msgtype": "m.text", "body": body}, patience)


async def say_as(victim: Agent, impostor: Agent, room: str, content: dict[str, Any], patience: float) -> str:
    """The same for any content; the event's id."""
    client, own = impostor.client, impostor.client.homeserver.access_token
    honest = await impostor.send(room, "an honest message")
    await victim.wait_message(room, lambda seen: seen.event_id == honest and not seen.unreadable, patience)
    client.homeserver.access_token = victim.client.homeserver.access_token
    try:
        return await client._sender.send(await client.room(room), "m.room.message", content, "forged")
    finally:
        client.homeserver.access_token = own
