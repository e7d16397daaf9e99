"""The application `workspace.events`."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """`workspace.events`."""

    name = "workspace.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"
