"""What agents read, as a message of Matrix."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from cards.text import anchor, escape

#: Bytes of a list, in both its forms and as JSON has them: Matrix carries 65,536 of a whole event, encrypted.
_MAX_LIST = 30_000
#: The languages that agents read.
Language = Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class Message:
    """`body` is plain text and reads well alone; `html` says the same in the subset of HTML that Matrix allows
    (specification, "m.room.message msgtypes"). Neither has a character that turns or hides text.

    Nothing in it is a mention: whoever sends it says `m.mentions: {}`.
    """

    body: str
    html: str


def say(language: Language, fr: str, en: str) -> Message:
    """One paragraph, in the language of who reads it."""
    text = fr if language == "fr" else en
    return paragraphs((text, escape(text)))


def see_account(language: Language, fr: str, en: str, account: str) -> Message:
    """The same, and after it the address of the account page of whoever reads it, where they allow what they want."""
    words, label = (fr, "votre compte") if language == "fr" else (en, "your account")
    return paragraphs((words, escape(words)), (account, anchor(account, label)))


def paragraphs(*lines: tuple[str, str]) -> Message:
    """A message of lines, each given as plain text and as HTML."""
    body = "\n".join(plain for plain, _ in lines)
    return Message(body, "".join(f"<p>{marked}</p>" for _, marked in lines))


def fitting(intro: str, items: Sequence[tuple[str, str]], language: Language) -> Message:
    """A list of `items`, each as plain text and as HTML; of a long one, as much as one message carries."""
    said = list(items)
    fit = sum(size <= _MAX_LIST for size in accumulate(len(json.dumps(one)) for one in said))
    rest = len(said) - fit
    if rest:
        more = f"… et {rest} autre{'s' if rest > 1 else ''}" if language == "fr" else f"… and {rest} more"
        said[fit:] = [(more, more)]
    body = "\n".join([intro, *(f"• {line}" for line, _ in said)])
    return Message(body, f"<p>{escape(intro)}</p><ul>{''.join(f'<li>{marked}</li>' for _, marked in said)}</ul>")
