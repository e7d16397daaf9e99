"""A small framework that makes a bot on matrix-nio safe. docs/bots.md shows how one is written.

    from bots.framework import App, Call, Happening, Text

    app = App("hello")

    @app.command("hello", "bonjour", help={"fr": "!bonjour : …", "en": "!hello: …"})
    async def hello(call: Call) -> None:
        await call.reply(Text("Hello!"))

    app.main()

What it sees to, so that a bot's author need not: the device is cross-signed and its keys never run out; an event is
handed over only when its sender's own device encrypted it, once, and not lost over a restart; commands from devices
that are not trusted enough are refused; nothing is written where it is not encrypted, nor to anybody but those meant;
a card shows a title only if everybody in the room may read it; an approval is a proven member's.
"""

from bots.framework.app import App, Happening, Running
from bots.framework.approvals import Decision, Verdict
from bots.framework.bot import Bot, Call
from bots.framework.client import ClientSettings, SafeClient
from bots.framework.commands import Commands
from bots.framework.errors import BotError
from bots.framework.message import Message
from bots.framework.text import Text
from bots.framework.trust import Trust
from contract.events import EventType

__all__ = [
    "App",
    "Bot",
    "BotError",
    "Call",
    "ClientSettings",
    "Commands",
    "Decision",
    "EventType",
    "Happening",
    "Message",
    "Running",
    "SafeClient",
    "Text",
    "Trust",
    "Verdict",
]
