"""The address of the search, under /api/v1.0/."""

from django.urls import path

from workspace.find import api

urlpatterns = [path("search/", api.SearchView.as_view(), name="search")]
