"""The addresses of sign-in and sign-out, under /oidc/.

django-lasuite's own list has a back-channel logout too, which our providers do not use: what is not there cannot fail.
"""

from django.urls import path
from lasuite.oidc_login.views import OIDCLogoutCallbackView, OIDCLogoutView
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

urlpatterns = [
    path("authenticate/", OIDCAuthenticationRequestView.as_view(), name="oidc_authentication_init"),
    path("callback/", OIDCAuthenticationCallbackView.as_view(), name="oidc_authentication_callback"),
    path("logout/", OIDCLogoutView.as_view(), name="oidc_logout"),
    path("logout-callback/", OIDCLogoutCallbackView.as_view(), name="oidc_logout_callback"),
]
