"""Every address of the workspace: pages, sign-in, the API."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

_APPLICATIONS = ("accounts", "sharing", "docs", "drive", "find", "rooms")


def _patterns(module: str) -> list[Any]:
    return [
        include(f"workspace.{application}.{module}")
        for application in _APPLICATIONS
        if find_spec(f"workspace.{application}.{module}")
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("oidc/", include("lasuite.oidc_login.urls")),
    path("api/v1.0/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1.0/docs/", SpectacularSwaggerView.as_view(), name="api-docs"),
    *(path("api/v1.0/", patterns) for patterns in _patterns("urls")),
    *(path("", patterns) for patterns in _patterns("pages")),
]
