"""The application `workspace.sharing`."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    """`workspace.sharing`."""

    name = "workspace.sharing"
    label = "sharing"
    default_auto_field = "django.db.models.BigAutoField"
