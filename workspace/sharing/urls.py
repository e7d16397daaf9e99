"""Under /api/v1.0/: items, accesses, and for services the audience question."""

from django.urls import path

from workspace.sharing import api

urlpatterns = [
    path("items/", api.ItemsView.as_view(), name="items"),
    path("items/<uuid:pk>/", api.ItemView.as_view(), name="item"),
    path("items/<uuid:pk>/restore/", api.RestoreView.as_view(), name="item-restore"),
    path("items/<uuid:pk>/move/", api.MoveView.as_view(), name="item-move"),
    path("items/<uuid:pk>/link/", api.LinkView.as_view(), name="item-link"),
    path("items/<uuid:pk>/accesses/", api.AccessesView.as_view(), name="item-accesses"),
    path("items/<uuid:pk>/accesses/<uuid:access>/", api.AccessView.as_view(), name="item-access"),
    path("audience/", api.AudienceView.as_view(), name="audience"),
]
