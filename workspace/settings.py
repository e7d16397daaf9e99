"""Django's settings, from the one typed configuration in `workspace.config`."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.translation import gettext_lazy as _

from workspace import config, logs

PARVIS = config.read()
BASE = Path(__file__).resolve().parent

# Where none is configured (tests, `migrate`) it lives as long as the process; `serve` insists on one that lasts.
SECRET_KEY = PARVIS.secret("secret_key", secrets.token_urlsafe(48))
DEBUG = False
ALLOWED_HOSTS = [PARVIS.host, "127.0.0.1", "localhost"]
SECURE = PARVIS.secure

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "mozilla_django_oidc",
    "workspace.api",
    "workspace.accounts",
    "workspace.sharing",
    "workspace.events",
    "workspace.grants",
    "workspace.docs",
    "workspace.drive",
    "workspace.comments",
    "workspace.find",
    "workspace.rooms",
    "workspace.pages",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "workspace.pages.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "workspace.pages.middleware.PageSecurityMiddleware",
]
ROOT_URLCONF = "workspace.urls"
ASGI_APPLICATION = "workspace.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "workspace.pages.context.chrome",
            ]
        },
    }
]


def _database() -> dict[str, Any]:
    url = PARVIS.database_url or f"sqlite:///{PARVIS.data.absolute() / 'workspace.sqlite3'}"
    # For the relay and the indexer, which have one connection each; the server closes its own (`workspace.asgi`).
    database = {**dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True)}
    if database["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE: a transaction that will write takes its turn at its start, and cannot be refused at its end.
        # WAL: readers never wait. FULL: what was committed outlives a power cut, and its event with it.
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    return database


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["workspace.accounts.backends.Backend"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE / "locale"]
FORMAT_MODULE_PATH = ["workspace.locale"]
LANGUAGE_COOKIE_NAME = "parvis_language"
TIME_ZONE = "Europe/Paris"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

SESSION_COOKIE_NAME = "parvis_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "parvis_csrftoken"
CSRF_COOKIE_SECURE = SECURE
CSRF_TRUSTED_ORIGINS = [PARVIS.url.rstrip("/")]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# OpenID Connect. Nothing here is particular to the development provider.
_ISSUER = PARVIS.oidc_issuer.rstrip("/")
OIDC_OP_URL = _ISSUER
OIDC_OP_AUTHORIZATION_ENDPOINT = f"{_ISSUER}/authorize"
OIDC_OP_TOKEN_ENDPOINT = f"{_ISSUER}/token"
OIDC_OP_USER_ENDPOINT = f"{_ISSUER}/userinfo"
OIDC_OP_JWKS_ENDPOINT = f"{_ISSUER}/jwks"
OIDC_OP_LOGOUT_ENDPOINT = f"{_ISSUER}/session/end"
OIDC_RP_CLIENT_ID = PARVIS.oidc_client_id
OIDC_RP_CLIENT_SECRET = PARVIS.secret("oidc_client_secret")
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_RP_SCOPES = "openid email given_name usual_name siret uid"
OIDC_USE_NONCE = True
OIDC_USE_PKCE = True
OIDC_PKCE_CODE_CHALLENGE_METHOD = "S256"
OIDC_AUTH_REQUEST_EXTRA_PARAMS: dict[str, str] = {}  # ProConnect refuses what it does not know
OIDC_STORE_ID_TOKEN = True  # for the provider's logout
OIDC_USERINFO_FULLNAME_FIELDS = ["given_name", "usual_name"]
OIDC_USERINFO_SHORTNAME_FIELD = "given_name"
OIDC_USERINFO_ESSENTIAL_CLAIMS = ["email"]
OIDC_FALLBACK_TO_EMAIL_FOR_IDENTIFICATION = False
OIDC_VERIFY_SSL = True
OIDC_TIMEOUT = 10
OIDC_PROXY = None
LOGIN_URL = "/oidc/authenticate/"
LOGIN_REDIRECT_URL = "/"
LOGIN_REDIRECT_URL_FAILURE = "/sign-in/failed/"
LOGOUT_REDIRECT_URL = "/signed-out/"
ALLOW_LOGOUT_GET_METHOD = False
CSRF_FAILURE_VIEW = "workspace.pages.errors.csrf_failure"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["workspace.api.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["workspace.api.reading.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "workspace.api.schema.Schema",
    "EXCEPTION_HANDLER": "workspace.api.errors.handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Parvis",
    "DESCRIPTION": "Documents, files, search and rooms, with the rights of whoever asks.",
    "VERSION": "1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Kind": "workspace.sharing.models.KINDS",
        "Role": "workspace.sharing.roles.WORDS",
        "LinkReach": "workspace.sharing.roles.LinkReach",
        "Language": "workspace.accounts.models.LANGUAGES",
        "TeamKind": "workspace.sharing.models.Team.Kind",
        "Act": "workspace.grants.models.ACTS",
        "RoomAct": "workspace.rooms.talk.ROOM_ACTS",
    },
}
LOGGING = logs.configuration(PARVIS.log_level)
