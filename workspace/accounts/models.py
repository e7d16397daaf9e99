"""People and programs, the Matrix ids that are proved to be theirs, and the one-time addresses that prove it."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

#: What people can read here, each in its own words.
LANGUAGES = [("fr", "Français"), ("en", "English")]


class User(AbstractUser):
    """A person: the `sub` of OpenID Connect. Nothing else about them is an identity; an address may change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sub = models.CharField(max_length=255, unique=True, null=True, blank=True)
    email = models.EmailField(blank=True)
    full_name = models.CharField(max_length=255, blank=True)
    short_name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=2, blank=True, choices=LANGUAGES)
    first_name = None  # type: ignore[assignment]  # Django's way to leave a column out
    last_name = None  # type: ignore[assignment]
    username = models.CharField(max_length=255, unique=True, default=uuid.uuid4)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """How others see them."""
        return self.full_name or self.short_name or self.email.partition("@")[0] or str(_("someone"))

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.short_name or self.name


class ServiceAccount(models.Model):
    """An account of a program, a ministry's bot say: a `User` whom owners share with, who never signs in.

    It proves itself by a token of which only the SHA-256 is kept; without one (None) it is disabled.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="service_account")
    name = models.SlugField(max_length=40, unique=True)
    token_sha256 = models.CharField(  # noqa: DJ001  # several are disabled: as texts they would be the same
        max_length=64, unique=True, null=True, editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    token_made_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)
        verbose_name = _("service account")
        verbose_name_plural = _("service accounts")

    def __str__(self) -> str:
        return self.name


class MatrixIdentity(models.Model):
    """A Matrix id that was proved to be this person's."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="matrix_identities")
    matrix_id = models.CharField(max_length=255, unique=True)
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("matrix_id",)
        verbose_name = _("Matrix identity")
        verbose_name_plural = _("Matrix identities")

    def __str__(self) -> str:
        return self.matrix_id


class LinkOffer(models.Model):
    """A one-time address that links `matrix_id` to whoever opens it. Only the token's SHA-256 is kept."""

    token_sha256 = models.CharField(max_length=64, unique=True)
    matrix_id = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.matrix_id
