"""The addresses of documents, under /api/v1.0/."""

from django.urls import path

from workspace.docs import api

urlpatterns = [
    path("documents/", api.DocumentsView.as_view(), name="documents"),
    path("documents/<uuid:document_id>/", api.DocumentView.as_view(), name="document"),
    path("documents/<uuid:document_id>/versions/", api.VersionsView.as_view(), name="document-versions"),
    path("documents/<uuid:document_id>/versions/<int:number>/", api.VersionView.as_view(), name="document-version"),
    path(
        "documents/<uuid:document_id>/versions/<int:number>/restore/",
        api.RestoreView.as_view(),
        name="document-version-restore",
    ),
]
