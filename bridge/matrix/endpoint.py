"""The appservice's HTTP endpoint, where the homeserver brings events: they are acknowledged when they are stored."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from bridge.matrix import events
from contract.ids import MatrixId

log = logging.getLogger(__name__)

#: Synapse puts at most 100 events in a transaction; each can be 64 KiB and carry as much of the state before it.
MAX_BODY_BYTES = 32 * 1024 * 1024
#: A transaction's id is a number of Synapse's; anything longer is not from it.
_MAX_TXN_ID = 255

Store = Callable[[str, Sequence[events.Event]], Awaitable[None]]


class Endpoint:
    """Serves the appservice API on one address."""

    def __init__(self, me: MatrixId, hs_token: str, store: Store) -> None:
        """`store` gets a transaction's id and what it holds for us; when it returns, that is on disk."""
        self._me = me
        self._token = f"Bearer {hs_token}".encode()
        self._store = store
        self._runner: web.AppRunner | None = None
        #: Whether everything behind it runs: `GET /health`.
        self.ready = False

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises `OSError` where the address is taken."""
        application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self._only_the_homeserver])
        application.add_routes(
            [
                web.put("/_matrix/app/v1/transactions/{txn_id}", self._transaction),
                web.post("/_matrix/app/v1/ping", self._ping),
                web.get("/_matrix/app/v1/users/{user_id}", self._user),
                web.get("/_matrix/app/v1/rooms/{alias}", self._unknown),
                web.get("/health", self._health),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=5.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()

    async def stop(self) -> None:
        """Stop listening, after what is being stored is stored."""
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _only_the_homeserver(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.path != "/health":
            given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(given, self._token):
                return _error(403 if given else 401, "M_FORBIDDEN", "This address is for the homeserver.")
        return await handler(request)

    async def _transaction(self, request: web.Request) -> web.Response:
        txn_id = request.match_info["txn_id"]
        if not txn_id.isascii() or len(txn_id) > _MAX_TXN_ID:
            return _error(400, "M_INVALID_PARAM", "This is no transaction id.")
        try:
            body = json.loads(await request.read())
        except (ValueError, RecursionError):
            return _error(400, "M_NOT_JSON", "The body is not JSON.")
        raw = body.get("events") if isinstance(body, dict) else None
        if not isinstance(raw, list):
            return _error(400, "M_BAD_JSON", "A transaction has a list of events.")
        await self._store(txn_id, self._parsed(raw))
        return web.json_response({})

    def _parsed(self, raw: list[object]) -> list[events.Event]:
        """What concerns us. An event that is malformed must not stop those after it, or nothing would come any more."""
        parsed = []
        for item in raw:
            try:
                event = events.parse(item, self._me)
            except ValueError as error:
                log.warning("an event was left out: %s", type(error).__name__)
                continue
            if event is not None:
                parsed.append(event)
        return parsed

    async def _ping(self, _request: web.Request) -> web.Response:
        return web.json_response({})

    async def _user(self, request: web.Request) -> web.Response:
        return web.json_response({}) if request.match_info["user_id"] == self._me else await self._unknown(request)

    async def _unknown(self, _request: web.Request) -> web.Response:
        return _error(404, "M_NOT_FOUND", "There is none.")

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"ready": self.ready}, status=200 if self.ready else 503)


def _error(status: int, code: str, text: str) -> web.Response:
    return web.json_response({"errcode": code, "error": text}, status=status)
