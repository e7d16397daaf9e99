"""The language of an answer, and the headers that keep a page to itself."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

Handler = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """Answers in the person's language: their choice, else this browser's (a cookie, then `Accept-Language`).

    It stands after authentication: Django's own would not know who is asking.
    """

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = _chosen(request) or translation.get_language_from_request(request)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self._get_response(request)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        response.headers.setdefault("Content-Language", language)
        return response


class PageSecurityMiddleware:
    """Says what a page may load, that no cache keeps it, and that it tells no other site where the person was.

    Nothing inline, nothing from elsewhere; a page may talk to the workspace and to the store that takes its uploads.
    """

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response
        self._policy = content_security_policy(origin(settings.PARVIS.s3_url), origin(settings.PARVIS.oidc_issuer))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", self._policy)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def origin(url: str) -> str:
    """The origin (scheme, host, port) of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def content_security_policy(store: str, sign_in: str) -> str:
    """The policy of every page. `store` and `sign_in` are origins; a sign-out is a form that ends at `sign_in`."""
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "manifest-src": "'self'",
        "connect-src": f"'self' {store}",
        "form-action": f"'self' {sign_in}",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _chosen(request: HttpRequest) -> str | None:
    language = getattr(request.user, "language", "") if request.user.is_authenticated else ""
    return language if language in dict(settings.LANGUAGES) else None
