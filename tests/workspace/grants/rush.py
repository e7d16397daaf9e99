"""Many at once want the last uses of one token. Run as a program it does so on the configured database, and says how
many were let in: on SQLite, whose test database knows one connection.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

#: Threads, and times that each tries.
THREADS, TIMES = 6, 5
_SECONDS = 60.0


def rush(token_pk: int) -> Counter[str]:
    """What became of the attempts: `admitted`, or the code of the refusal."""
    from django.db import connections

    from contract.grants import Act
    from tests.workspace.grants.world import BRIDGE
    from workspace.grants import using
    from workspace.grants.authentication import Presented
    from workspace.grants.errors import Misuse
    from workspace.grants.models import ScenarioToken

    outcomes: list[str] = []
    together = threading.Barrier(THREADS)

    def run() -> None:
        try:
            token = ScenarioToken.objects.select_related("delegation__user").get(pk=token_pk)
            request: Any = cast("Any", SimpleNamespace(auth=Presented(token, BRIDGE)))
            together.wait(_SECONDS)
            for _ in range(TIMES):
                try:
                    using.use(request, Act.READ)
                    outcomes.append("admitted")
                except Misuse as refused:
                    outcomes.append(refused.code)
        except Exception as error:  # noqa: BLE001  # whatever it is, the test shows it
            outcomes.append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_SECONDS)
    return Counter(outcomes)


def token_of(uses: int) -> int:
    """A token of somebody's, for a search, with so many uses; its key."""
    from contract.grants import Act
    from contract.ids import MatrixId
    from tests.workspace.grants.world import BRIDGE, CAMILLE
    from tests.workspace.people import person
    from workspace.accounts.models import MatrixIdentity
    from workspace.grants import delegations
    from workspace.grants.trading import Asked, trade

    camille = person("camille.martin")
    MatrixIdentity.objects.create(user=camille, matrix_id=CAMILLE)
    delegations.give(camille, BRIDGE.name, Act.READ)
    return trade(BRIDGE, Asked(Act.READ, MatrixId(CAMILLE), uses=uses))[1].pk


def main() -> None:
    """See the module."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    sys.stdout.write(repr(dict(rush(token_of(int(sys.argv[1]))))))


if __name__ == "__main__":
    main()
