"""The application that holds folders and files."""

from django.apps import AppConfig


class DriveConfig(AppConfig):
    """`workspace.drive`."""

    name = "workspace.drive"
    label = "drive"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell `sharing` what a card may say of a file, what to do before one goes for good, and what no seal lets in.

        And `grants`, where it can be downloaded.
        """
        from contract.resources import Kind
        from workspace.drive import facts, sealing, service, tidy
        from workspace.grants import contents
        from workspace.sharing import tree
        from workspace.sharing.facts import register

        register(Kind.FILE, facts.of_files)
        tree.watch_purges(tidy.note_contents)
        tree.watch_places(sealing.watch)
        contents.register(Kind.FILE, service.content_for)
