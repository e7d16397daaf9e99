"""What the frame of every page needs (a context processor)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language

#: In their own words, whatever the language of the page.
_LANGUAGES = {"fr": "Français", "en": "English"}


def chrome(request: HttpRequest) -> dict[str, Any]:
    """The way to sign in and back to this page, and the other languages."""
    return {
        "sign_in_url": sign_in(request),
        "other_languages": [(code, name) for code, name in _LANGUAGES.items() if code != get_language()],
    }


def sign_in(request: HttpRequest) -> str:
    """Where a person signs in, and comes back to the page that they asked for."""
    to = request.get_full_path() if request.method == "GET" and request.path != "/" else "/"
    return f"{reverse('oidc_authentication_init')}?{urlencode({'next': to})}"
