"""Headers that tell a browser what our pages never do."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class SecurityHeadersMiddleware:
    """A strict Content-Security-Policy: our own scripts and styles only, uploads and downloads to the object store."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        store = "{0.scheme}://{0.netloc}".format(urlsplit(settings.PARVIS.s3_url))
        provider = "{0.scheme}://{0.netloc}".format(urlsplit(settings.OIDC_OP_URL))
        self.policy = (
            f"default-src 'self'; connect-src 'self' {store}; img-src 'self' data:; object-src 'none'; "
            f"base-uri 'none'; frame-ancestors 'none'; form-action 'self' {provider}"
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response
