"""The pages about oneself: the account, its Matrix identities, and the one-time address that links one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from workspace.accounts import linking
from workspace.accounts.asking import signed_in
from workspace.accounts.models import LANGUAGES, MatrixIdentity
from workspace.grants import delegations
from workspace.grants import pages as grants
from workspace.pages.views import form, page


@require_GET
@page
def account(request: HttpRequest) -> HttpResponse:
    """`/account/`."""
    user = signed_in(request)
    identities = user.matrix_identities.order_by("linked_at")
    context = {"identities": identities, "languages": LANGUAGES, "section": "account", **grants.account(user)}
    return render(request, "accounts/account.html", context)


@form(lambda identity_id: reverse("page-account"))
def remove_identity(request: HttpRequest, identity_id: int) -> HttpResponse:
    """Unlink a Matrix id of one's own: what one had by its rooms ends at once."""
    identity = get_object_or_404(MatrixIdentity, pk=identity_id, user=request.user)
    linking.unlink(identity)
    messages.success(
        request, _("%(matrix_id)s is no longer linked to your account.") % {"matrix_id": identity.matrix_id}
    )
    return HttpResponseRedirect(reverse("page-account"))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def link(request: HttpRequest, token: str) -> HttpResponse:
    """`/link/<token>/`: says which Matrix id would be linked to whose account, and what applications ask to be allowed.

    Only a confirmation links it, and allows what is ticked, both or neither.
    """
    user = signed_in(request)
    try:
        if request.method == "POST":
            allowed = delegations.chosen(request.POST.getlist("allow"), user)
            identity = delegations.link(user, token, allowed)
            messages.success(
                request, _("%(matrix_id)s is now linked to your account.") % {"matrix_id": identity.matrix_id}
            )
            return HttpResponseRedirect(reverse("page-account"))
        offer = linking.read_offer(token)
    except linking.LinkError as error:
        return render(request, "accounts/link_ended.html", {"reason": error}, status=410)
    context = {
        "offer": offer,
        "offers": delegations.offers(user),
        "until": timezone.now() + delegations.LASTS,
    }
    return render(request, "accounts/link.html", context)


urlpatterns = [
    path("account/", account, name="page-account"),
    path("account/identities/<int:identity_id>/remove/", remove_identity, name="page-identity-remove"),
    path("link/<str:token>/", link, name="page-link"),
]
