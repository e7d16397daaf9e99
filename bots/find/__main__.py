"""`python -m bots.find`: the bot as a process. It stops within seconds on SIGTERM or SIGINT."""

from __future__ import annotations

import os
import sys

from bots.find.search import Search
from bots.framework.bot import Bot
from bots.framework.client import SafeClient
from bots.framework.errors import BotError
from bots.framework.process import opened
from bots.framework.settings import BotSettings
from contract.client import WorkspaceClient
from contract.errors import ContractError
from contract.process import configure_logs, run_until_told


async def serve(settings: BotSettings) -> None:
    """Run the bot until cancelled."""
    client_settings = settings.client("Parvis find")
    parvis = f"@parvis:{settings.user_id.split(':', 1)[1]}"
    async with WorkspaceClient(settings.workspace_url, settings.workspace_token) as workspace:
        search = Search(workspace, service_users=settings.service_users, parvis=parvis, language=settings.language)
        async with await opened(lambda: SafeClient.open(client_settings)) as client:
            bot = Bot(client, search.commands(), at_least=settings.min_trust, language_of=search.language_of)
            await bot.run()


def main() -> int:
    """The process's exit code."""
    try:
        settings = BotSettings.of("find", os.environ)
        configure_logs(settings.log_level)
        run_until_told(serve(settings))
    except (BotError, ContractError) as error:
        sys.stderr.write(f"find: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
