"""The application that holds Markdown documents."""

from django.apps import AppConfig


class DocsConfig(AppConfig):
    """`workspace.docs`."""

    name = "workspace.docs"
    label = "docs"
    default_auto_field = "django.db.models.BigAutoField"
