"""What agents read, as a message of Matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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


def paragraphs(*lines: tuple[str, str]) -> Message:
    """A message of lines, each given as plain text and as HTML."""
    body = "\n".join(plain for plain, _ in lines)
    return Message(body, "".join(f"<p>{marked}</p>" for _, marked in lines))
