"""What a room and a person can choose, with what they chose and how to change it; in French and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cards.message import Language, Message, paragraphs
from cards.text import clean, escape
from contract.options import ROOM_OPTIONS, Binders, Mentions, PersonOptions, RoomOptions

#: On and off, as people write them.
ON_OFF: Mapping[Language, tuple[str, str]] = {"fr": ("oui", "non"), "en": ("on", "off")}
#: The names in the order in which they are told.
ROOM_SETTINGS = ("language", *ROOM_OPTIONS)
PERSON_SETTINGS = ("language", "mentions")
#: A word of somebody that is said back.
_MAX_WORD = 40

_WHAT: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "language": "la langue de ce que j’écris",
        "documents": "parler des documents",
        "files": "parler des fichiers",
        "folders": "parler des dossiers",
        "created": "dire ce qui est créé ou déposé",
        "updated": "dire ce qui est modifié",
        "shared": "dire ce qui est partagé",
        "trashed": "dire ce qui va à la corbeille ou en sort",
        "threads": "mettre ce qui suit la première carte d’un élément dans le fil de celle-ci",
        "floods": "compter dans une seule carte ce qui arrive en nombre",
        "keep": "garder dans le dossier du salon les fichiers envoyés ici",
        "spaces": "suivre aussi ce que suivent les espaces où est ce salon",
        "binding": "qui peut faire suivre quelque chose à ce salon, et le régler\u00a0: tout membre dont le compte est "
        "relié (everyone), seulement qui lui fait déjà suivre quelque chose (binders), ou seulement qui peut changer "
        "les paramètres du salon (moderators)",
        "mentions": "où vous apprenez qu’un document vous mentionne\u00a0: dans un salon (room) ou ici (direct)",
    },
    "en": {
        "language": "the language that I write in",
        "documents": "tell of documents",
        "files": "tell of files",
        "folders": "tell of folders",
        "created": "tell what is created or added",
        "updated": "tell what is changed",
        "shared": "tell what is shared",
        "trashed": "tell what goes to the trash or comes out of it",
        "threads": "put what comes after an item’s first card into the thread of that card",
        "floods": "count in one card what comes in numbers",
        "keep": "keep the files that are sent here in the room’s folder",
        "spaces": "also follow what the spaces follow that this room is in",
        "binding": "who may have this room follow something, and set it up: every member whose account is linked "
        "(everyone), only who has it follow something already (binders), or only who may change the room’s settings "
        "(moderators)",
        "mentions": "where you hear that a document mentions you: in a room (room) or here (direct)",
    },
}


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    value: str
    change: str


def values_of(name: str, language: Language) -> tuple[str, ...]:
    """What may be chosen, as it is written."""
    match name:
        case "language":
            return ("fr", "en")
        case "binding":
            return tuple(Binders)
        case "mentions":
            return tuple(Mentions)
        case _:
            return ON_OFF[language]


def room_settings(options: RoomOptions, read: Language, only: str | None, language: Language) -> Message:
    """What a room chose, which reads in `read`; or `only` one of it."""
    chosen = {"language": read, **{name: _shown(getattr(options, name), language) for name in ROOM_OPTIONS}}
    intro = "Les réglages de ce salon" if language == "fr" else "The settings of this room"
    return _listed(intro, chosen, ROOM_SETTINGS if only is None else [only], language)


def person_settings(options: PersonOptions, read: Language, only: str | None, language: Language) -> Message:
    """What a person chose, who reads in `read`; or `only` one of it."""
    chosen = {"language": read, "mentions": options.mentions.value}
    intro = "Vos réglages" if language == "fr" else "Your settings"
    return _listed(intro, chosen, PERSON_SETTINGS if only is None else [only], language)


def setting_set(name: str, value: str | bool, language: Language) -> Message:
    """It is so from now on."""
    said = f"{name} = {_shown(value, language)} · {_WHAT[language][name]}"
    text = f"C’est noté\u00a0: {said}" if language == "fr" else f"Noted: {said}"
    return paragraphs((text, escape(text)))


def setting_usage(name: str, language: Language) -> Message:
    """A value that there is not."""
    wanted = f"!parvis settings {name} {'|'.join(values_of(name, language))}"
    text = f"Écrivez\u00a0: {wanted}" if language == "fr" else f"Write: {wanted}"
    return paragraphs((text, escape(text)))


def unknown_setting(word: str, near: str | None, language: Language) -> Message:
    """A setting that there is not, with the near one."""
    said = clean(word, _MAX_WORD)
    if language == "fr":
        meant = f" Vouliez-vous dire «\u00a0!parvis settings {near}\u00a0»\u00a0?" if near else ""
        text = f"Je n’ai pas de réglage «\u00a0{said}\u00a0».{meant} «\u00a0!parvis settings\u00a0» les dit tous."
    else:
        meant = f" Did you mean “!parvis settings {near}”?" if near else ""
        text = f"I have no setting “{said}”.{meant} “!parvis settings” tells them all."
    return paragraphs((text, escape(text)))


def setting_elsewhere(name: str, of_room: bool, language: Language) -> Message:
    """A room's setting in a direct chat, or a person's in a room."""
    if language == "fr":
        where = "dans le salon qu’il concerne" if of_room else "en tête à tête avec moi"
        text = f"Le réglage {name} se change {where}."
    else:
        where = "in the room that it is about" if of_room else "in a chat with me alone"
        text = f"The setting {name} is changed {where}."
    return paragraphs((text, escape(text)))


def _shown(value: object, language: Language) -> str:
    yes, no = ON_OFF[language]
    return (yes if value else no) if isinstance(value, bool) else str(value)


def _listed(intro: str, chosen: Mapping[str, str], names: Sequence[str], language: Language) -> Message:
    colon = "\u00a0:" if language == "fr" else ":"
    lines = [_Line(name, chosen[name], _change(name, chosen[name], language)) for name in names]
    what = _WHAT[language]
    body = "\n".join(
        [f"{intro}{colon}", *(f"• {one.name} = {one.value} · {what[one.name]}\n  {one.change}" for one in lines)]
    )
    marked = "".join(
        f"<li><strong>{one.name} = {one.value}</strong> · {escape(what[one.name])}<br><code>{escape(one.change)}</code>"
        "</li>"
        for one in lines
    )
    return Message(body, f"<p>{intro}{colon}</p><ul>{marked}</ul>")


def _change(name: str, value: str, language: Language) -> str:
    """How to choose the other value."""
    other = next(one for one in values_of(name, language) if one != value)
    return f"!parvis settings {name} {other}"
