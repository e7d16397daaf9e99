"""The provider's addresses, under the path of its issuer, as ProConnect has them."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus, urlencode, urlsplit

from aiohttp import web

from workspace.proconnect import page
from workspace.proconnect.config import Client, Config
from workspace.proconnect.grants import TOKEN_LASTS, Grant, Grants
from workspace.proconnect.tokens import SCOPES, Signer

COOKIE = "proconnect_session"
#: What an authorization request may have; ProConnect refuses what it does not know.
_KNOWN = frozenset(
    {
        *("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "prompt"),
        *("code_challenge", "code_challenge_method", "acr_values", "claims"),
        *("login_hint", "idp_hint", "siret_hint"),
    }
)
_NEEDED = ("scope", "state", "nonce", "code_challenge")


class _Refused(Exception):
    """A request that is sent back with an error of OAuth (RFC 6749, section 4.1.2.1)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class Provider:
    """`clock` gives seconds since 1970."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._grants = Grants(clock)
        self._signer = Signer(config.issuer)

    def app(self) -> web.Application:
        """The application."""
        root = urlsplit(self._config.issuer).path
        app = web.Application(client_max_size=64 * 1024)
        app.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/style.css", self._style),
                web.get(f"{root}/.well-known/openid-configuration", self._discovery),
                web.get(f"{root}/jwks", self._jwks),
                web.get(f"{root}/authorize", self._authorize),
                web.post(f"{root}/authorize", self._authorize),
                web.post(f"{root}/token", self._token),
                web.get(f"{root}/userinfo", self._userinfo),
                web.get(f"{root}/session/end", self._end),
                web.post(f"{root}/session/end", self._end),
            ]
        )
        return app

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def _style(self, _request: web.Request) -> web.Response:
        return web.Response(text=page.STYLE, content_type="text/css")

    async def _discovery(self, _request: web.Request) -> web.Response:
        issuer = self._config.issuer
        return web.json_response(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "jwks_uri": f"{issuer}/jwks",
                "end_session_endpoint": f"{issuer}/session/end",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "userinfo_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": SCOPES,
                "acr_values_supported": ["eidas1"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _jwks(self, _request: web.Request) -> web.Response:
        return web.json_response(self._signer.public_keys())

    # -- signing in

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        asked, lang = request.query, page.language(request.headers.get("Accept-Language", ""))
        client = self._config.clients.get(asked.get("client_id", ""))
        redirect_uri = asked.get("redirect_uri", "")
        if client is None or redirect_uri not in client.redirect_uris:
            # To send anybody anywhere for an unknown client would make us a way to everywhere.
            problem = "client_id" if client is None else "redirect_uri"
            return _html(page.refused(problem, lang), status=400)
        try:
            _check(asked)
            return await self._signed_in(request, client, redirect_uri, lang)
        except _Refused as error:
            return self._back(asked, error=error.error, error_description=error.description)

    async def _signed_in(
        self, request: web.Request, client: Client, redirect_uri: str, lang: str
    ) -> web.StreamResponse:
        asked, session = request.query, request.cookies.get(COOKIE, "")
        if request.method == "POST":
            _same_origin(request)
            person = self._config.people.get(str((await request.post()).get("login", "")))
            if person is None:
                raise _Refused("access_denied", "there is no such person")
            session = self._grants.sign_in(person)
        known = self._grants.signed_in(session)
        prompt = asked.get("prompt", "").split()
        if known is None or (request.method == "GET" and "login" in prompt):
            if "none" in prompt:
                raise _Refused("login_required", "nobody is signed in")
            target = urlsplit(redirect_uri)
            content = page.choose(self._config.people.values(), f"?{request.query_string}", lang)
            return _html(content, form_to=f"{target.scheme}://{target.netloc}")
        person, at = known
        scope = tuple(asked["scope"].split())
        grant = Grant(client, person, redirect_uri, scope, asked["nonce"], asked["code_challenge"], session, at)
        response = self._back(asked, code=self._grants.code(grant))
        response.set_cookie(COOKIE, session, httponly=True, samesite="Lax", path=urlsplit(self._config.issuer).path)
        return response

    def _back(self, asked: Mapping[str, str], **values: str) -> web.Response:
        state = {"state": asked["state"]} if "state" in asked else {}
        query = urlencode({**values, **state, "iss": self._config.issuer})
        location = f"{asked['redirect_uri']}?{query}"
        return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        client = self._client(request, form)
        if client is None:
            return _error("invalid_client", "the client is not known, or its secret is another", 401)
        if form.get("grant_type") != "authorization_code":
            return _error("unsupported_grant_type", "only authorization_code is done here")
        redeemed = self._grants.redeem(
            form.get("code", ""), client, form.get("redirect_uri", ""), form.get("code_verifier", "")
        )
        if redeemed is None:
            return _error("invalid_grant", "the code is spent, or too old, or for another, or PKCE does not fit")
        token, grant = redeemed
        return web.json_response(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": TOKEN_LASTS,
                "scope": " ".join(grant.scope),
                "id_token": self._signer.id_token(grant, token, int(self._clock())),
            },
            headers={"Cache-Control": "no-store"},
        )

    def _client(self, request: web.Request, form: Mapping[str, str]) -> Client | None:
        id_, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                id_, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
            id_, secret = unquote_plus(id_), unquote_plus(secret)
        client = self._config.clients.get(id_)
        return client if client and hmac.compare_digest(client.secret.encode(), secret.encode()) else None

    async def _userinfo(self, request: web.Request) -> web.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = self._grants.of_token(token) if scheme.lower() == "bearer" else None
        if grant is None:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        body = self._signer.userinfo(grant, int(self._clock()))
        return web.Response(text=body, content_type="application/jwt", headers={"Cache-Control": "no-store"})

    # -- signing out

    async def _end(self, request: web.Request) -> web.Response:
        asked = {**request.query, **({k: str(v) for k, v in (await request.post()).items()})}
        lang = page.language(request.headers.get("Accept-Language", ""))
        known = self._signer.session_of(asked.get("id_token_hint", ""))
        if known is None:
            return _html(page.refused("id_token_hint", lang), status=400)
        audience, session = known
        self._grants.sign_out(session)
        client, back = self._config.clients.get(audience), asked.get("post_logout_redirect_uri", "")
        if client is not None and back in client.post_logout_redirect_uris:
            state = urlencode({"state": asked["state"]}) if "state" in asked else ""
            response = web.Response(status=302, headers={"Location": f"{back}?{state}" if state else back})
        else:
            response = _html(page.signed_out(lang))
        response.del_cookie(COOKIE, path=urlsplit(self._config.issuer).path)
        return response


def _check(asked: Mapping[str, str]) -> None:
    """Raises `_Refused` for what ProConnect refuses."""
    if unknown := sorted(set(asked) - _KNOWN):
        raise _Refused("invalid_request", f"unknown parameter {unknown[0]}")
    if asked.get("response_type") != "code":
        raise _Refused("unsupported_response_type", "only code is done here")
    if missing := [name for name in _NEEDED if not asked.get(name)]:
        raise _Refused("invalid_request", f"{missing[0]} is missing")
    if asked.get("code_challenge_method") != "S256":
        raise _Refused("invalid_request", "code_challenge_method is S256")
    scopes = asked["scope"].split()
    if "openid" not in scopes or set(scopes) - set(SCOPES):
        raise _Refused("invalid_scope", f"scopes are openid and some of {' '.join(SCOPES[1:])}")


def _same_origin(request: web.Request) -> None:
    """Only our own page chooses who signs in. Raises `_Refused`."""
    origin = request.headers.get("Origin")
    if origin not in (None, "null") and urlsplit(origin).netloc != request.host:
        raise _Refused("access_denied", "another site has sent this form")


def _html(text: str, status: int = 200, form_to: str = "") -> web.Response:
    policy = (
        f"default-src 'none'; style-src 'self'; form-action 'self' {form_to}; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def _error(code: str, description: str, status: int = 400) -> web.Response:
    return web.json_response({"error": code, "error_description": description}, status=status)
