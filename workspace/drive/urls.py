"""The addresses of folders and files, under /api/v1.0/."""

from django.urls import path

from workspace.drive import api, downloads, saving

urlpatterns = [
    path("folders/", api.FoldersView.as_view(), name="folders"),
    path("folders/<uuid:folder_id>/sealed/", api.SealedView.as_view(), name="folder-sealed"),
    path("files/", api.FilesView.as_view(), name="files"),
    path("files/<uuid:file_id>/", api.FileView.as_view(), name="file"),
    path("files/<uuid:file_id>/uploaded/", api.UploadedView.as_view(), name="file-uploaded"),
    path("files/<uuid:file_id>/versions/", api.FileVersionsView.as_view(), name="file-versions"),
    path("files/<uuid:file_id>/download/", downloads.DownloadView.as_view(), name="file-download"),
    path("files/<uuid:file_id>/content/", downloads.ContentView.as_view(), name="file-content"),
    path("saves/", saving.SavesView.as_view(), name="saves"),
    path("saves/<uuid:upload>/finish/", saving.FinishView.as_view(), name="save-finish"),
]
