"""Delegations, the scenario tokens that are traded for them, and every use. Written by this application alone."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contract.grants import Act

#: The acts, as the database and the API have them.
ACTS = [(act.value, act.value) for act in Act]
#: A service's name in its file.
_SERVICE_LENGTH = 100


class Delegation(models.Model):
    """A person lets a service do one kind of act for them, until it ends or they revoke it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="delegations")
    service = models.CharField(max_length=_SERVICE_LENGTH)
    act = models.CharField(max_length=16, choices=ACTS)
    granted_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("service", "act", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "service", "act"], condition=Q(revoked_at__isnull=True), name="delegation_once"
            )
        ]
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")

    def __str__(self) -> str:
        return f"{self.user_id} lets {self.service} {self.act}"

    @classmethod
    def living(cls, now: datetime | None = None) -> QuerySet[Delegation]:
        """Those that count: neither revoked nor past their end."""
        return cls.objects.filter(revoked_at__isnull=True, expires_at__gt=now or timezone.now())


class ScenarioToken(models.Model):
    """One act, on one target, within bounds, for minutes, by the service that traded it. Only its SHA-256 is kept.

    Without a target it searches and opens nothing. The row outlives its end by some days: what is tried with it then
    can be shown to its owner.
    """

    token_sha256 = models.CharField(max_length=64, unique=True)
    delegation = models.ForeignKey(Delegation, on_delete=models.CASCADE, related_name="tokens")
    #: By which Matrix id the person was named: once it is unlinked, the token opens nothing.
    matrix_id = models.CharField(max_length=255)
    #: No foreign key: what is deleted for good is not there for the token, and that is all.
    target = models.UUIDField(null=True, blank=True)
    room = models.CharField(max_length=255, blank=True)
    max_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    media_types = models.JSONField(default=list, blank=True)
    uses_left = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name = _("scenario token")
        verbose_name_plural = _("scenario tokens")

    def __str__(self) -> str:
        return f"token {self.pk}"


class Use(models.Model):
    """What a service did, or tried to do, for a person. Kept for a year, and shown to the person."""

    class What(models.TextChoices):
        TRADE = "trade"
        USE = "use"
        FINISH = "finish"
        INTROSPECT = "introspect"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uses")
    token = models.ForeignKey(ScenarioToken, null=True, blank=True, on_delete=models.SET_NULL, related_name="uses")
    #: Who presented it, which for a refused use need not be who traded it. Empty: nobody whom we know.
    service = models.CharField(max_length=_SERVICE_LENGTH, blank=True)
    what = models.CharField(max_length=16, choices=What.choices)
    act = models.CharField(max_length=16, choices=ACTS)
    item = models.UUIDField(null=True, blank=True)
    room = models.CharField(max_length=255, blank=True)
    #: Of what was begun and is to be finished: an upload.
    reference = models.UUIDField(null=True, blank=True)
    #: Empty where it was done; else the code of why it was refused.
    refused = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = [models.Index(fields=["user", "-at"], name="uses_of_person")]
        verbose_name = _("use")
        verbose_name_plural = _("uses")

    def __str__(self) -> str:
        return f"{self.service} {self.what} {self.act}: {self.refused or 'done'}"
