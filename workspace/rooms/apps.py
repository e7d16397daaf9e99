"""The application `workspace.rooms`."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """`workspace.rooms`."""

    name = "workspace.rooms"
    label = "rooms"

    def ready(self) -> None:
        """Have rooms' teams follow who is linked to which Matrix id."""
        from workspace.accounts import linking
        from workspace.rooms import service

        linking.watch(service.follow_identity)
