"""The story: a file and a document of one ministry reach an encrypted room that another ministry reads."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from parvis.errors import ParvisError
from parvis.layout import Layout
from parvis.setup import Setup
from parvis.tour.cast import PATIENCE, Actor
from parvis.tour.steps import Steps

_CAMILLE, _INES, _LOUIS = "camille.martin", "ines.benali", "louis.petit"
_PRIVATE = "Note réservée à la direction"
_MINUTES = """\
# Compte rendu

La réunion de cadrage a eu lieu. Suite : relire la note jointe.
"""


class Story:
    """Played once; `files` are what Camille uploads."""

    def __init__(self, setup: Setup, files: list[Path], steps: Steps) -> None:
        self._layout: Layout = setup.layout
        self._parvis, self._find = setup.bridge_id, setup.bot_id
        self._files = files
        self._steps = steps

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
            for file in self._files:
                await self._steps.do(
                    "file",
                    f"Camille puts {file.name} into Drive; Inès reads in the room",
                    self._upload(camille, ines, room, folder, file),
                )
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
            word, title = _word_of(self._files[0])
            await self._steps.do(
                "search.may",
                f"Inès asks the room for “{word}”",
                self._search(camille, ines, room, word, title),
            )
            await self._steps.do(
                "search.may-not",
                f"Louis, who may not read it, asks for “{word}”",
                self._search_in_vain(louis, word, title),
            )

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

    async def _bind(self, camille: Actor, ines: Actor, room: str) -> tuple[dict[str, Any], dict[str, Any]]:
        async def bind() -> tuple[dict[str, Any], dict[str, Any], str]:
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

    async def _follow(self, camille: Actor, room: str, thing: dict[str, Any]) -> str:
        answer = await camille.asks(room, f"!parvis bind {thing['url']}", self._parvis)
        if "C’est fait" not in answer.body and thing["title"] not in answer.body:
            raise ParvisError(f"{self._parvis} answered: {answer.body}")
        return answer.body

    async def _upload(self, camille: Actor, ines: Actor, room: str, folder: dict[str, Any], file: Path) -> str:
        uploaded = await camille.browser.upload(file, folder["id"])
        return (await ines.hears(room, self._parvis, re.escape(uploaded["url"]))).body

    async def _edit(self, camille: Actor, ines: Actor, room: str, document: dict[str, Any]) -> str:
        await camille.browser.edit_document(document["id"], document["version"], _MINUTES)
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

    async def _search(self, camille: Actor, ines: Actor, room: str, word: str, title: str) -> str:
        await _indexed(camille, word, title)
        return (await ines.asks(room, f"!find {word}", self._find, for_=re.escape(title))).body

    async def _search_in_vain(self, louis: Actor, word: str, title: str) -> str:
        room = await louis.client.direct_with(self._find)
        await louis.client.wait_joined(room, self._find, PATIENCE)
        answer = await louis.asks(room, f"!find {word}", self._find)
        if title in answer.body:
            raise ParvisError("Somebody who may not read it was shown its title.")
        return answer.body


async def _indexed(camille: Actor, word: str, title: str) -> None:
    """Wait until what was just uploaded is in the index."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await camille.browser.api("GET", f"search/?q={word}")
            if any(hit["title"] == title for hit in found["hits"]):
                return
            await asyncio.sleep(0.2)  # the index announces nothing


def _word_of(file: Path) -> tuple[str, str]:
    """A word to look for and the title of what is to be found: a file is titled by its name."""
    words = sorted(re.findall(r"[^\W\d_]{3,}", file.stem), key=len)
    return (words[-1].lower() if words else file.stem), file.name
