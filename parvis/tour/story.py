"""The story: a file and a document of one ministry reach an encrypted room that another ministry reads."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from parvis.errors import ParvisError
from parvis.layout import Layout
from parvis.setup import Setup
from parvis.tour.cast import PATIENCE, Actor
from parvis.tour.flood import WHOLE, Size
from parvis.tour.steps import Steps
from parvis.tour.words import worth_looking_for
from parvis.tour.work import Work

#: An item as the API answers it.
Json = dict[str, Any]
_CAMILLE, _INES, _LOUIS = "camille.martin", "ines.benali", "louis.petit"
#: Seconds for which a word of a file's name is waited for, and between two looks: the index announces nothing.
_INDEXED, _LOOK = 30.0, 0.2
#: So many characters of a title are in an answer for certain.
_SHOWN = 60
_PRIVATE = "Note réservée à la direction"
_MINUTES = """\
# Compte rendu

La réunion de cadrage a eu lieu. Suite : relire la note jointe. Référence : {reference}.
"""


class Story:
    """Played once; `files` are what Camille uploads, `flood` how many she drops at once at the end."""

    def __init__(self, setup: Setup, files: list[Path], steps: Steps, flood: Size = WHOLE) -> None:
        self._setup = setup
        self._layout: Layout = setup.layout
        self._parvis, self._find = setup.bridge_id, setup.bot_id
        self._files = files
        self._steps = steps
        self._flood = flood
        #: In the document of this visit and nowhere else.
        self._reference = f"visite{secrets.token_hex(4)}"

    async def play(self) -> None:
        """All of it. Raises `Broken` where a step does not go through."""
        async with AsyncExitStack() as stage:
            camille, ines, louis = [await self._enters(stage, id_) for id_ in (_CAMILLE, _INES, _LOUIS)]
            for actor in (camille, ines, louis):
                await self._steps.do(
                    f"link.{actor.person.id}",
                    f"{actor.person.name} links their Matrix id",
                    actor.link(self._parvis),
                )
            room = await self._steps.do(
                "room", "Camille makes an encrypted room with Inès of another ministry", self._room(camille, ines)
            )
            folder, document = await self._bind(camille, ines, room)
            uploaded = [await self._put(camille, ines, room, folder, file) for file in self._files]
            await self._steps.do(
                "document",
                "Camille edits the document; Inès reads in the room",
                self._edit(camille, ines, room, document),
            )
            await self._steps.do(
                "audience",
                "Camille edits what Inès may not read; Inès reads only that",
                self._private(camille, ines, room),
            )
            word, item = await self._wanted(camille, uploaded[0], document)
            await self._steps.do("search.may", f"Inès asks the room for “{word}”", self._search(ines, room, word, item))
            await self._steps.do(
                "search.may-not",
                f"Louis, who may not read it, asks for “{word}”",
                self._search_in_vain(louis, word, item),
            )
            await Work(self._setup, self._steps, camille, ines, self._flood).play()

    async def _enters(self, stage: AsyncExitStack, id_: str) -> Actor:
        async def enter() -> tuple[Actor, str]:
            actor = await Actor.enter(self._layout, id_)
            stage.push_async_callback(actor.leave)
            return actor, await actor.name()

        actor, _ = await self._steps.do(
            f"sign-in.{id_}", f"{id_} signs in by OpenID Connect, and to Matrix", enter(), lambda both: both[1]
        )
        return actor

    async def _room(self, camille: Actor, ines: Actor) -> str:
        name = f"Visite du {datetime.now().astimezone():%d/%m à %H:%M}"
        room = await camille.client.create_room(name, invite=[ines.person.user_id, self._parvis, self._find])
        await ines.client.wait_invitation(room, PATIENCE)
        await ines.client.join(room)
        for user in (ines.person.user_id, self._parvis, self._find):
            await camille.client.wait_joined(room, user, PATIENCE)
            await ines.client.wait_joined(room, user, PATIENCE)
        return room

    async def _bind(self, camille: Actor, ines: Actor, room: str) -> tuple[Json, Json]:
        async def bind() -> tuple[Json, Json, str]:
            folder = await camille.browser.create_folder(f"Visite du {datetime.now().astimezone():%d/%m à %H:%M:%S}")
            document = await camille.browser.create_document("Compte rendu", "# Compte rendu\n")
            said = [await self._follow(camille, room, thing) for thing in (folder, document)]
            for thing in (folder, document):
                await camille.browser.share_with_room(thing["id"], room)
            await ines.hears(room, self._parvis, re.escape(folder["url"].rsplit("/", 2)[1]))
            return folder, document, " / ".join(said)

        folder, document, _ = await self._steps.do(
            "bind",
            "Camille binds the room to a folder and a document, and shares them with it",
            bind(),
            lambda three: three[2],
        )
        return folder, document

    async def _follow(self, camille: Actor, room: str, thing: Json) -> str:
        answer = await camille.asks(room, f"!parvis bind {thing['url']}", self._parvis)
        if "C’est fait" not in answer.body and thing["title"] not in answer.body:
            raise ParvisError(f"{self._parvis} answered: {answer.body}")
        return answer.body

    async def _put(self, camille: Actor, ines: Actor, room: str, folder: Json, file: Path) -> Json:
        async def put() -> tuple[Json, str]:
            uploaded = await camille.browser.upload(file, folder["id"])
            return uploaded, (await ines.hears(room, self._parvis, re.escape(uploaded["url"]))).body

        title = f"Camille puts {file.name} into Drive; Inès reads in the room"
        uploaded, _ = await self._steps.do("file", title, put(), lambda both: both[1])
        return uploaded

    async def _edit(self, camille: Actor, ines: Actor, room: str, document: Json) -> str:
        minutes = _MINUTES.format(reference=self._reference)
        await camille.browser.edit_document(document["id"], document["version"], minutes)
        seen = await ines.hears(room, self._parvis, rf"modifié(?s:.)*{re.escape(document['url'])}")
        return seen.body

    async def _private(self, camille: Actor, ines: Actor, room: str) -> str:
        private = await camille.browser.create_document(_PRIVATE, "Rien pour les autres.\n")
        await self._follow(camille, room, private)
        await camille.browser.edit_document(private["id"], private["version"], "Toujours rien.\n")
        seen = await ines.hears(room, self._parvis, "^🔒 .*modifié")
        told = [one.body for one in ines.client.messages(room) if one.sender == self._parvis]
        if any(_PRIVATE in body for body in told):
            raise ParvisError("The room was told a title that not everybody in it may read.")
        return seen.body

    async def _wanted(self, camille: Actor, file: Json, document: Json) -> tuple[str, Json]:
        """A word of the file's name that finds it; else the reference, which finds the document."""

        async def wanted() -> tuple[str, Json]:
            words, patient_until = worth_looking_for(file["title"]), time.monotonic() + _INDEXED
            while True:
                for word in words:
                    if await _finds(camille, word, file):
                        return word, file
                late = not words or time.monotonic() > patient_until
                if late and await _finds(camille, self._reference, document):
                    return self._reference, document
                await asyncio.sleep(_LOOK)

        title = "Camille waits until what she wrote can be found"
        return await self._steps.do("indexed", title, asyncio.wait_for(wanted(), PATIENCE), lambda found: found[0])

    async def _search(self, ines: Actor, room: str, word: str, item: Json) -> str:
        answer = await ines.asks(room, f"!find {word}", self._find)
        # After many visits others of the same name may come before it.
        if item["url"] not in answer.body and item["title"][:_SHOWN] not in answer.body:
            raise ParvisError(f"{self._find} did not find “{item['title']}”: {answer.body}")
        return answer.body

    async def _search_in_vain(self, louis: Actor, word: str, item: Json) -> str:
        room = await louis.client.direct_with(self._find)
        await louis.client.wait_joined(room, self._find, PATIENCE)
        answer = await louis.asks(room, f"!find {word}", self._find)
        if item["url"] in answer.body or (item["title"] != word and item["title"] in answer.body):
            raise ParvisError("Somebody who may not read it was shown its title.")
        return answer.body


async def _finds(actor: Actor, word: str, item: Json) -> bool:
    found = await actor.browser.api("GET", f"search/?{urlencode({'q': word, 'order': 'recent'})}")
    return any(hit["item"] == item["id"] for hit in found["hits"])
