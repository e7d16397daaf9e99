"""The application that holds what every page shares."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """`workspace.pages`."""

    name = "workspace.pages"
    label = "pages"
