"""Under /api/v1.0/: the stream of events."""

from django.urls import path

from workspace.streaming import api

urlpatterns = [path("events/stream", api.StreamView.as_view(), name="events-stream")]
