"""The application that finds."""

from django.apps import AppConfig


class FindConfig(AppConfig):
    """`workspace.find`."""

    name = "workspace.find"
    label = "find"
    default_auto_field = "django.db.models.BigAutoField"
