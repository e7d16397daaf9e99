"""What is said under a message in which somebody pasted a link of the workspace."""

from __future__ import annotations

from cards.card import card_of
from cards.message import Language, Message, say
from contract.answers import CardFacts
from contract.resources import Resource


def linked(resource: Resource, facts: CardFacts, url: str, language: Language) -> Message:
    """The card of what the link opens, for people who may all read it."""
    return card_of(resource, facts, url, language)


def hidden(cannot: int | None, language: Language) -> Message:
    """Some here cannot open the link, `cannot` of them.

    None where whoever pasted it cannot either, or nobody could: then it is not told whether it opens anything.
    """
    if cannot is None:
        return say(
            language,
            "🔒 Certaines personnes ici ne peuvent pas ouvrir ce lien\u00a0: je n’en montre rien.",
            "🔒 Some people here cannot open this link: nothing of it is shown.",
        )
    members = "1 membre du salon ne peut" if cannot == 1 else f"{cannot} membres du salon ne peuvent"
    people = "1 member of the room" if cannot == 1 else f"{cannot} members of the room"
    return say(
        language,
        f"🔒 {members} pas ouvrir ce lien\u00a0: je n’en montre rien.",
        f"🔒 {people} cannot open this link: nothing of it is shown.",
    )
