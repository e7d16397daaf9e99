"""The addresses of comments, under /api/v1.0/."""

from django.urls import path

from workspace.comments import api

urlpatterns = [
    path("documents/<uuid:document_id>/threads/", api.ThreadsView.as_view(), name="document-threads"),
    path("documents/<uuid:document_id>/passages/", api.PassagesView.as_view(), name="document-passages"),
    path("documents/<uuid:document_id>/comment-options/", api.OptionsView.as_view(), name="document-comment-options"),
    path("threads/<uuid:thread_id>/", api.ThreadView.as_view(), name="thread"),
    path("threads/<uuid:thread_id>/comments/", api.CommentsView.as_view(), name="thread-comments"),
    path("threads/<uuid:thread_id>/resolve/", api.ResolveView.as_view(), name="thread-resolve"),
    path("threads/<uuid:thread_id>/reopen/", api.ReopenView.as_view(), name="thread-reopen"),
    path("comments/tell/", api.TellView.as_view(), name="comments-tell"),
    path("comments/<uuid:comment_id>/", api.CommentView.as_view(), name="comment"),
    path("comments/<uuid:comment_id>/reactions/", api.ReactView.as_view(), name="comment-react"),
    path("comments/<uuid:comment_id>/reactions/remove/", api.UnreactView.as_view(), name="comment-unreact"),
]
