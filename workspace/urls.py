"""Every address: the API, sign-in, the operators' admin, then the pages."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from workspace.api import health

_APPLICATIONS = ("accounts", "sharing", "grants", "docs", "drive", "comments", "find", "rooms", "streaming")

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("api/v1.0/schema/", SpectacularAPIView.as_view(permission_classes=[]), name="schema"),
    path("api/v1.0/docs/", SpectacularSwaggerSplitView.as_view(permission_classes=[]), name="schema-docs"),
    *(path("api/v1.0/", include(f"workspace.{name}.urls")) for name in _APPLICATIONS),
    path("oidc/", include("workspace.accounts.signin")),
    path("admin/", admin.site.urls),
    path("", include("workspace.pages.urls")),
]

handler400 = "workspace.pages.errors.bad_request"
handler403 = "workspace.pages.errors.forbidden"
handler404 = "workspace.pages.errors.not_found"
handler500 = "workspace.pages.errors.broken"
