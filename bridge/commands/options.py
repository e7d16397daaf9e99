"""`!parvis settings` and `!parvis language`: what a room chooses, and in a direct chat what a person does."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from bridge.commands.parsing import Verb
from bridge.languages import Languages
from bridge.ports import RoomMessage
from bridge.roster import Roster
from cards import Language, Message, answers, options
from contract.client import WorkspaceClient
from contract.options import Binders, Mentions

#: French words for settings and for what they may be.
_FRENCH = {
    "langue": "language",
    "fichiers": "files",
    "dossiers": "folders",
    "créations": "created",
    "modifications": "updated",
    "partages": "shared",
    "corbeille": "trashed",
    "fils": "threads",
    "afflux": "floods",
    "garder": "keep",
    "espaces": "spaces",
}
_FLAGS = {"on": True, "off": False, "oui": True, "non": False, "yes": True, "no": False}
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "language": {"fr": "fr", "en": "en"},
    "binding": {
        **{one.value: one.value for one in Binders},
        "tous": Binders.EVERYONE.value,
        "modérateurs": Binders.MODERATORS.value,
    },
    "mentions": {**{one.value: one.value for one in Mentions}, "salon": Mentions.ROOM.value},
}


class Options:
    """Shows and changes them. Raises what the workspace raises: it says who may choose."""

    def __init__(self, workspace: WorkspaceClient, roster: Roster, languages: Languages) -> None:
        self._workspace = workspace
        self._roster = roster
        self._languages = languages

    async def serve(self, message: RoomMessage, words: str, language: Language, *, direct: bool) -> Message:
        """`words` are the setting and what it is to be, or less. `direct`: nobody else is in the room."""
        name, value = (*words.split(), "", "")[:2]
        if not name:
            return await self._shown(message, None, language, direct=direct)
        known, here, there = _setting(name.casefold()), _of(direct), _of(not direct)
        if known not in here:
            if known in there:
                return options.setting_elsewhere(str(known), direct, language)
            near = difflib.get_close_matches(name.casefold(), [*here, *_FRENCH], n=1, cutoff=0.5)
            meant = _setting(near[0]) if near else None
            return options.unknown_setting(name, meant if meant in here else None, language)
        if not value:
            return await self._shown(message, known, language, direct=direct)
        chosen = _CHOICES.get(known, _FLAGS).get(value.casefold())
        if chosen is None:
            return options.setting_usage(known, language)
        return await self._set(message, known, chosen, language, direct=direct)

    async def set_language(self, message: RoomMessage, word: str, language: Language, *, direct: bool) -> Message:
        """The language of the room; in a direct chat also that of the person."""
        chosen = _CHOICES["language"].get(word.casefold())
        if chosen is None:
            return answers.usage(Verb.LANGUAGE, language)
        return await self._set(message, "language", chosen, language, direct=direct)

    async def _shown(self, message: RoomMessage, only: str | None, language: Language, *, direct: bool) -> Message:
        if direct:
            person = await self._workspace.person_options(message.sender, said_in=language)
            return options.person_settings(person, language, only, language)
        room = await self._roster.tell(message.room)
        return options.room_settings(room.options, self._languages.of_room(message.room), only, language)

    async def _set(
        self, message: RoomMessage, name: str, value: str | bool, language: Language, *, direct: bool
    ) -> Message:
        if direct:
            await self._workspace.person_options(message.sender, {name: str(value)}, said_in=language)
        if not direct or name == "language":
            await self._roster.choose(message.room, message.sender, {name: value}, language)
        if name == "language":
            return answers.language_set("en" if value == "en" else "fr")
        return options.setting_set(name, value, language)


def _of(direct: bool) -> tuple[str, ...]:
    return options.PERSON_SETTINGS if direct else options.ROOM_SETTINGS


def _setting(word: str) -> str | None:
    every = {*options.ROOM_SETTINGS, *options.PERSON_SETTINGS}
    return word if word in every else _FRENCH.get(word)
