"""The application that holds comments."""

from django.apps import AppConfig


class CommentsConfig(AppConfig):
    """`workspace.comments`."""

    name = "workspace.comments"
    label = "comments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have threads follow their passages."""
        from workspace.comments import anchors
        from workspace.docs import service

        service.watch_saves(anchors.follow)
