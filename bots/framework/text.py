"""What a bot writes: plain text that reads well alone, and the same as HTML; pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from bots.framework.message import Message


@dataclass(frozen=True)
class Text:
    """One text. `html` is already escaped; None where there is nothing to mark up."""

    plain: str
    html: str | None = None

    def content(self, relation: dict[str, Any] | None = None) -> dict[str, Any]:
        """The content of an `m.room.message`: a notice, which other bots do not answer, and which mentions nobody."""
        content: dict[str, Any] = {"msgtype": "m.notice", "body": self.plain, "m.mentions": {}}
        if self.html is not None:
            content |= {"format": "org.matrix.custom.html", "formatted_body": self.html}
        if relation:
            content["m.relates_to"] = relation
        return content


def answering(message: Message) -> dict[str, Any]:
    """The relation of an answer to `message`: in its thread where it has one, else as a reply."""
    answered = {"m.in_reply_to": {"event_id": message.event_id}}
    if message.relation.thread is None:
        return answered
    return {"rel_type": "m.thread", "event_id": message.relation.thread, "is_falling_back": False, **answered}


def transaction(*parts: str) -> str:
    """A transaction id that is the same whenever it is made of the same parts: sent twice, it is one event."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]
