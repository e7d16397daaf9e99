"""A private word to somebody who may give a room access to something: what it would mean, and how to say yes or no."""

from __future__ import annotations

from enum import StrEnum

from cards.message import Language, Message, paragraphs, say, see_account
from cards.text import anchor, clean, escape, title


class Choice(StrEnum):
    """What can be answered, by a reaction. The value is the role that it gives; `no` gives none."""

    READER = "reader"
    COMMENTER = "commenter"
    EDITOR = "editor"
    NO = "no"

    @property
    def emoji(self) -> str:
        """The reaction."""
        return _EMOJI[self]

    @classmethod
    def of(cls, emoji: str) -> Choice | None:
        """The choice of a reaction, with or without what says that it is a picture (U+FE0F); None for any other."""
        return next((choice for choice, own in _EMOJI.items() if emoji in (own, own.replace("\ufe0f", ""))), None)


_EMOJI = {Choice.READER: "👁️", Choice.COMMENTER: "💬", Choice.EDITOR: "✏️", Choice.NO: "❌"}
_WORDS: dict[Language, dict[Choice, str]] = {
    "fr": {
        Choice.READER: "lire",
        Choice.COMMENTER: "lire et commenter",
        Choice.EDITOR: "lire, commenter et modifier",
        Choice.NO: "ne rien changer",
    },
    "en": {
        Choice.READER: "read",
        Choice.COMMENTER: "read and comment",
        Choice.EDITOR: "read, comment and edit",
        Choice.NO: "change nothing",
    },
}


def offer(name: str, url: str, room: str, cannot: int, language: Language) -> Message:
    """To somebody who owns it. `room` is a Matrix room id, `cannot` how many of it cannot read what `url` opens."""
    shown, where = title(name), clean(room, 255)
    there = f"https://matrix.to/#/{where}"
    if language == "fr":
        people = "1 membre" if cannot == 1 else f"{cannot} membres"
        intro = (
            f"«\u00a0{shown}\u00a0»\u00a0: {people} d’un de vos salons n’y {'a' if cannot == 1 else 'ont'} pas accès."
        )
        ask = (
            "Voulez-vous y donner accès à tout le salon, à chacun tant qu’il en est membre\u00a0? Répondez par une "
            "réaction\u00a0:"
        )
        label, colon = "le salon", "\u00a0:"
    else:
        people = "1 member" if cannot == 1 else f"{cannot} members"
        intro = f"“{shown}”: {people} of one of your rooms {'has' if cannot == 1 else 'have'} no access to it."
        ask = (
            "Do you want to give the whole room access, each for as long as they are a member? Answer with a reaction:"
        )
        label, colon = "the room", ":"
    choices = " · ".join(f"{choice.emoji} {words}" for choice, words in _WORDS[language].items())
    return paragraphs(
        (
            f"{intro}\n{url}\n{label.capitalize()}{colon} {there}",
            f"{escape(intro)} {anchor(url, shown)} · {anchor(there, label.capitalize())}",
        ),
        (ask, escape(ask)),
        (choices, escape(choices)),
    )


def given(choice: Choice, language: Language) -> Message:
    """The room has it."""
    if choice is Choice.NO:
        return say(language, "C’est noté\u00a0: rien ne change.", "Noted: nothing changes.")
    what = _WORDS[language][choice]
    return say(
        language,
        f"C’est fait\u00a0: les membres du salon dont le compte est relié peuvent {what}, tant qu’ils en sont membres. "
        "Vous pouvez le reprendre par «\u00a0Partager\u00a0», sur la page de l’élément.",
        f"Done: the members of the room whose account is linked may {what}, for as long as they are members. You can "
        "take it back with “Share”, on the item’s page.",
    )


def not_allowed(account: str, language: Language) -> Message:
    """Whoever said yes does not let the bridge share for them. `account` is the address of their account page."""
    return see_account(
        language,
        "Vous ne m’avez pas permis de partager pour vous. Permettez-le sur la page de votre compte, puis réagissez "
        "de nouveau, ou utilisez «\u00a0Partager\u00a0» sur la page de l’élément.",
        "You have not allowed me to share for you. Allow it on your account page, then react again, or use “Share” on "
        "the item’s page.",
        account,
    )


def over(language: Language) -> Message:
    """The offer is too old."""
    return say(
        language,
        "Cette proposition est trop ancienne. Utilisez «\u00a0Partager\u00a0» sur la page de l’élément, ou collez de "
        "nouveau le lien.",
        "This offer is too old. Use “Share” on the item’s page, or paste the link again.",
    )
