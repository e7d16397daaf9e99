"""The application `workspace.rooms`."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """`workspace.rooms`."""

    name = "workspace.rooms"
    label = "rooms"

    def ready(self) -> None:
        """Have rooms' teams follow who is linked to which Matrix id, bindings end with what they are to, and rooms told
        of comments on it.
        """
        from workspace.accounts import linking
        from workspace.comments import telling
        from workspace.rooms import service
        from workspace.sharing import tree

        linking.watch(service.follow_identity)
        tree.watch_purges(service.end_bindings)
        telling.hear_by(service.hear_of)
