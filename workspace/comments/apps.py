"""The application that holds comments."""

from django.apps import AppConfig


class CommentsConfig(AppConfig):
    """`workspace.comments`."""

    name = "workspace.comments"
    label = "comments"
    default_auto_field = "django.db.models.BigAutoField"
