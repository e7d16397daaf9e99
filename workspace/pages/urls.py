"""Every page. Those of an application are in its `pages.py`."""

from django.urls import include, path

from workspace.pages import home

urlpatterns = [
    path("", home.home, name="page-home"),
    path("language/", home.language, name="page-language"),
    path("sign-in/failed/", home.sign_in_failed, name="page-sign-in-failed"),
    path("signed-out/", home.signed_out, name="page-signed-out"),
    path("", include("workspace.accounts.pages")),
    path("", include("workspace.docs.pages")),
    path("", include("workspace.comments.pages")),
    path("", include("workspace.drive.pages")),
    path("", include("workspace.find.pages")),
    path("", include("workspace.grants.pages")),
    path("", include("workspace.sharing.pages")),
]
