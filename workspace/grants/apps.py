"""The application `workspace.grants`."""

from django.apps import AppConfig


class GrantsConfig(AppConfig):
    """`workspace.grants`."""

    name = "workspace.grants"
    label = "grants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have what people allowed end with their last Matrix id, and with their account."""
        from workspace.accounts import linking
        from workspace.grants import delegations

        linking.watch(delegations.follow_identity)
