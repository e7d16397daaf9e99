"""A small framework that makes a bot on matrix-nio safe.

    from bots.framework import Bot, Call, ClientSettings, Commands, SafeClient, Text, Trust

    commands = Commands()

    @commands.add("hello", "bonjour", help={"fr": "!bonjour : …", "en": "!hello: …"})
    async def hello(call: Call) -> None:
        await call.reply(Text("Hello!"))

    async with await SafeClient.open(ClientSettings(url, user_id, password, directory)) as client:
        await Bot(client, commands, at_least=Trust.KNOWN_DEVICE, language_of=language_of).run()

What it sees to, so that a bot's author need not: the device is cross-signed and its keys never run out; an event is
handed over only when its sender's own device encrypted it, once, and not lost over a restart; commands from devices
that are not trusted enough are refused; nothing is written where it is not encrypted, nor to anybody but those meant.
"""

from bots.framework.bot import Bot, Call
from bots.framework.client import ClientSettings, SafeClient
from bots.framework.commands import Commands
from bots.framework.errors import BotError
from bots.framework.message import Message
from bots.framework.text import Text
from bots.framework.trust import Trust

__all__ = ["Bot", "BotError", "Call", "ClientSettings", "Commands", "Message", "SafeClient", "Text", "Trust"]
