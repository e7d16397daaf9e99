"""Under /api/v1.0/: oneself, and for services Matrix ids."""

from django.urls import path

from workspace.accounts import api

urlpatterns = [
    path("me/", api.MeView.as_view(), name="me"),
    path("me/identities/", api.IdentitiesView.as_view(), name="my-identities"),
    path("me/identities/<int:pk>/", api.IdentityView.as_view(), name="my-identity"),
    path("users/", api.UsersView.as_view(), name="users"),
    path("identities/lookup/", api.LookupView.as_view(), name="identities-lookup"),
    path("identities/links/", api.OfferView.as_view(), name="identities-offer"),
    path("identities/unlink/", api.UnlinkView.as_view(), name="identities-unlink"),
    path("identities/language/", api.LanguageView.as_view(), name="identities-language"),
]
