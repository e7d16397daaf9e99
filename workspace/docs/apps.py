"""The application that holds Markdown documents."""

from django.apps import AppConfig


class DocsConfig(AppConfig):
    """`workspace.docs`."""

    name = "workspace.docs"
    label = "docs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell `sharing` that a document's title is saved as its text is: with a version."""
        from contract.resources import Kind
        from workspace.docs import service
        from workspace.sharing import tree

        tree.rename_by(Kind.DOCUMENT, service.rename)
