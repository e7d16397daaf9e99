"""Files of the workspace, as a stream of bytes that ends where the right to them does."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING

import httpx

from contract.errors import Unavailable
from contract.grants import MAX_MINUTES, Act, Scenario, ScenarioToken
from contract.ids import ItemId, MatrixId, RoomId
from contract.refusals import refusal

#: Bytes of a piece; seconds for which a download may stand still, and to reach the workspace.
PIECE = 1 << 18
_TIMEOUT = httpx.Timeout(90.0, connect=10.0)


class DownloadCalls:
    """The call of `WorkspaceClient` that gives a file."""

    if TYPE_CHECKING:
        _http: httpx.AsyncClient
        _headers: Callable[[ScenarioToken | None, str | None], dict[str, str]]
        trade: Callable[..., Awaitable[ScenarioToken]]

    async def download(
        self, person: MatrixId, item: ItemId, size: int, *, room: RoomId | None = None, said_in: str | None = None
    ) -> AsyncGenerator[bytes]:
        """What the file `item`, of `size` bytes as `read_item` said, is now, as `person` may read it.

        The token that is traded for it works once, and lasts as long as one may: the download ends with it, and with
        what the person allows and may read. Raises `Unavailable` where less, or more, comes than `size`.
        """
        token = await self.trade(Scenario(Act.READ, person, item, room, minutes=MAX_MINUTES), said_in=said_in)
        headers = {**self._headers(token, said_in), "Accept-Encoding": "identity"}
        came = 0
        try:
            async with self._http.stream("GET", f"files/{item}/content/", headers=headers, timeout=_TIMEOUT) as answer:
                if not answer.is_success:
                    await answer.aread()
                    raise refusal(answer)
                async for piece in answer.aiter_bytes(PIECE):
                    came += len(piece)
                    if came > size:
                        break
                    yield piece
        except httpx.HTTPError as error:
            words = f"the download broke off after {came} bytes ({type(error).__name__})"
            raise Unavailable("broken_off", words, 0) from error
        if came != size:
            raise Unavailable("broken_off", f"{came} bytes came instead of {size}", 0)
