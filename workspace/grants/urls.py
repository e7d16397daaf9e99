"""Under /api/v1.0/: tokens, what one opens, and what resource servers ask about one."""

from django.urls import path

from workspace.grants import api, mine

urlpatterns = [
    path("token/", api.TokenView.as_view(), name="token"),
    path("introspect/", api.IntrospectView.as_view(), name="introspect"),
    path("jwks/", api.JwksView.as_view(), name="jwks"),
    path("me/delegations/", mine.DelegationsView.as_view(), name="my-delegations"),
    path("me/delegations/<int:pk>/", mine.DelegationView.as_view(), name="my-delegation"),
    path("me/uses/", mine.UsesView.as_view(), name="my-uses"),
    path("items/<uuid:pk>/content/", api.ContentView.as_view(), name="item-content"),
]
