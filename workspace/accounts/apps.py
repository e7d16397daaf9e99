"""The application `workspace.accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """`workspace.accounts`."""

    name = "workspace.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
