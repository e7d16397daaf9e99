"""The application `workspace.api`: it has no tables, only the server and what every part of the API shares."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """`workspace.api`."""

    name = "workspace.api"
    label = "api"

    def ready(self) -> None:
        """Tell drf-spectacular of our ways of signing in: it knows what was imported."""
        from workspace.api import schema  # noqa: F401
