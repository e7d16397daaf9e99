"""The application `workspace.rooms`."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """`workspace.rooms`."""

    name = "workspace.rooms"
    label = "rooms"
    default_auto_field = "django.db.models.BigAutoField"
