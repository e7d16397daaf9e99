"""The second act: what is said in the room becomes work, and rights follow who is in it."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any

from parvis.errors import ParvisError
from parvis.setup import Setup
from parvis.tour.cast import PATIENCE, Actor
from parvis.tour.flood import Flood, Size
from parvis.tour.steps import Steps

#: An item as the API answers it.
Json = dict[str, Any]
#: Who speaks in the discussion.
_TALK = ("Camille", "Inès")
#: Seconds between two looks: rights and comments announce nothing.
_LOOK = 0.05


class Work:
    """Played by Camille of one ministry and Inès of another, in a room of theirs."""

    def __init__(self, setup: Setup, steps: Steps, camille: Actor, ines: Actor, flood: Size) -> None:
        self._parvis, self._courier = setup.bridge_id, setup.courier_id
        self._steps = steps
        self._camille, self._ines = camille, ines
        self._flood = flood

    async def play(self) -> None:
        """All of it. Raises `Broken` where a step does not go through."""
        do, camille = self._steps.do, self._camille
        room = await do("work.room", "Camille makes another encrypted room with Inès", self._room(), lambda room: room)
        document = await camille.browser.create_document("Projet de note", "# Contexte\n\nÀ compléter.\n")
        await do("links", "Camille pastes a link that Inès cannot open", self._paste(room, document))
        await do("links.offer", "Camille is asked in private, and gives the room access", self._offer(document))
        await do("grants", "Camille looks at what was done for her", self._uses())
        await do("rights.access", "Inès asks who of the room may read", self._access(room, document))
        await do("talk", "Camille comments on the document; Inès replies in the room", self._talk(room, document))
        await do("files", "Inès says a file; Camille keeps it, and has it sent back", self._files(room))
        await do("settings", "Inès asks what can be set in the room", self._settings(room))
        await Flood(self._parvis, self._steps, camille, self._ines, self._flood).play()
        if self._courier:
            await do("courier", "Inès’ own ministry’s bot follows a document", self._follow(self._courier))
        await do("rights.leave", "Inès leaves, and is refused", self._leave(room, document))

    async def _room(self) -> str:
        camille, ines = self._camille.client, self._ines.client
        room = await camille.create_room("Travail", invite=[self._ines.person.user_id, self._parvis])
        await ines.wait_invitation(room, PATIENCE)
        await ines.join(room)
        for user in (self._ines.person.user_id, self._parvis):
            await camille.wait_joined(room, user, PATIENCE)
            await ines.wait_joined(room, user, PATIENCE)
        return room

    async def _paste(self, room: str, document: Json) -> str:
        await self._camille.client.send(room, f"Voici la note : {document['url']}")
        seen = await self._ines.hears(room, self._parvis, "^🔒")
        if document["title"] in seen.body:
            raise ParvisError("The room was told a title that not everybody in it may read.")
        return seen.body

    async def _offer(self, document: Json) -> str:
        direct = await self._camille.client.direct_with(self._parvis)
        offer = await self._camille.hears(direct, self._parvis, f"n’y a pas accès(?s:.)*{document['id']}")
        await self._camille.client.react(direct, offer.event_id, "💬")
        await self._camille.hears(direct, self._parvis, "^C’est fait")
        if not await self._ines.browser.may(f"documents/{document['id']}/"):
            raise ParvisError("The room was given access, and Inès may not read.")
        return offer.body

    async def _uses(self) -> str:
        uses = (await self._camille.browser.api("GET", "me/uses/"))["results"]
        shared = next((use for use in uses if use["act"] == "share" and not use["refused"]), None)
        if shared is None:
            raise ParvisError("What was done for Camille is not in her book of uses.")
        return f"{shared['at']}: {shared['service']}, {shared['act']}, {shared['item']}, {shared['room']}"

    async def _access(self, room: str, document: Json) -> str:
        await self._camille.asks(room, f"!parvis bind {document['url']}", self._parvis)
        told = await self._ines.asks(room, "!parvis access", self._parvis)
        if self._ines.person.user_id not in told.body or document["title"] not in told.body:
            raise ParvisError(f"{self._parvis} answered: {told.body}")
        return told.body

    async def _talk(self, room: str, document: Json) -> str:
        api = self._camille.browser.api
        first = await api("POST", f"documents/{document['id']}/threads/", {"body": "Qui peut relire ?"})
        root = await self._ines.hears(room, self._parvis, "^💬(?s:.)*Qui peut relire")
        await self._ines.client.send(room, "Je relis ce soir.", thread=root.event_id)
        async with asyncio.timeout(PATIENCE):
            while True:
                said = (await api("GET", f"threads/{first['thread']}/comments/"))["results"]
                if len(said) == len(_TALK):
                    break
                await asyncio.sleep(_LOOK)
        return "\n".join(f"{one['author']}: {one['body']}" for one in said)

    async def _files(self, room: str) -> str:
        camille, ines = self._camille, self._ines
        folder = await camille.browser.create_folder("Pièces reçues")
        await camille.asks(room, f"!parvis bind {folder['url']}", self._parvis)
        await camille.browser.share_with_room(folder["id"], room)
        data = secrets.token_bytes(100_000)
        said = await ines.client.attach(room, "annexe.bin", data, "application/octet-stream")
        await camille.client.wait_message(room, lambda one: one.event_id == said, PATIENCE)
        await camille.client.react(room, said, "💾")
        kept = await camille.hears(room, self._parvis, "^Enregistré dans Drive")
        (item,) = (await camille.browser.api("GET", f"items/?parent={folder['id']}"))["results"]
        await camille.client.send(room, f"!drive send {item['url']}")
        sent = await ines.client.wait_message(room, lambda one: one.sender == self._parvis and bool(one.file), PATIENCE)
        if await ines.client.download(sent) != data:
            raise ParvisError("The file did not come back as it went.")
        return kept.body

    async def _settings(self, room: str) -> str:
        return (await self._ines.asks(room, "!parvis settings", self._parvis, for_="settings")).body

    async def _follow(self, courier: str) -> str:
        camille, ines = self._camille, self._ines
        document = await camille.browser.create_document("Lettre de mission", "# Lettre\n")
        for words in (self._ines.person.name, "courier"):
            found = await camille.browser.api("GET", f"users/?q={words.split()[0]}")
            for user in found:
                access = {"user": user["id"], "role": "reader"}
                await camille.browser.api("POST", f"items/{document['id']}/accesses/", access)
        room = await ines.client.create_room("Courrier", invite=[courier])
        await ines.client.wait_joined(room, courier, PATIENCE)
        await ines.asks(room, f"!courier follow {document['url']}", courier)
        await camille.browser.edit_document(document["id"], document["version"], "# Lettre\n\nSignée.\n")
        return (await ines.hears(room, courier, rf"modifié(?s:.)*{document['id']}")).body

    async def _leave(self, room: str, document: Json) -> str:
        await self._ines.client.leave(room)
        async with asyncio.timeout(PATIENCE):
            while await self._ines.browser.may(f"documents/{document['id']}/"):  # noqa: ASYNC110 - see _LOOK
                await asyncio.sleep(_LOOK)
        listed = await self._ines.browser.api("GET", "items/?recent=true")
        if re.search(document["id"], str(listed)):
            raise ParvisError("Inès has left, and is still shown what she had by the room.")
        return "404"
