"""The application that holds Markdown documents."""

from django.apps import AppConfig


class DocsConfig(AppConfig):
    """`workspace.docs`."""

    name = "workspace.docs"
    label = "docs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell `sharing` that a title is saved as the text is, with a version; and `grants` what is in a document."""
        from contract.resources import Kind
        from workspace.docs import service
        from workspace.grants import contents
        from workspace.sharing import tree

        tree.rename_by(Kind.DOCUMENT, service.rename)
        contents.register(Kind.DOCUMENT, lambda user, item: {"markdown": service.read(user, item).content})
