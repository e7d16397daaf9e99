"""The tree of items, and who has access to what. Written by `tree`, read by `questions`; nobody else writes here."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contract.ids import ItemId
from contract.resources import Kind, Resource, link
from workspace.sharing.roles import LinkReach, Role

#: The kinds of items, as the database and the API have them.
KINDS = [(kind.value, kind.value) for kind in Kind]


class Item(models.Model):
    """A document, a folder or a file, with its place in the tree. Its content is in the application of its kind."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=KINDS)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    title = models.CharField(max_length=255)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True)
    trashed_at = models.DateTimeField(null=True, blank=True, db_index=True)
    link_reach = models.CharField(max_length=16, choices=LinkReach.choices, default=LinkReach.RESTRICTED)
    link_role = models.PositiveSmallIntegerField(choices=Role.choices[:3], default=Role.READER)

    class Meta:
        ordering = ("-updated_at",)
        indexes = [models.Index(fields=["parent", "trashed_at", "title"], name="item_listing")]
        constraints = [
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="item_not_its_own_parent"),
            models.CheckConstraint(condition=Q(link_role__lt=Role.OWNER), name="item_link_owns_nothing"),
        ]
        verbose_name = _("item")
        verbose_name_plural = _("items")

    def __str__(self) -> str:
        return str(self.id)

    @property
    def resource(self) -> Resource:
        """Its name in events and links."""
        return Resource(Kind(self.kind), ItemId(self.id))

    @property
    def url(self) -> str:
        """The path of its page."""
        return link("", self.resource)


class ItemAncestor(models.Model):
    """`ancestor` is `depth` levels above `item` (0: itself). The tree, so that one join asks about a whole branch."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="ancestry")
    ancestor = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="descent")
    depth = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "ancestor"], name="ancestor_once")]
        indexes = [models.Index(fields=["ancestor", "item"], name="descent_of_ancestor")]

    def __str__(self) -> str:
        return f"{self.ancestor_id} > {self.item_id}"


class Team(models.Model):
    """People who have accesses together. A Matrix room is one, kept by `workspace.rooms`."""

    class Kind(models.TextChoices):
        TEAM = "team", _("team")
        ROOM = "room", _("Matrix room")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEAM)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="TeamMember", related_name="teams")

    class Meta:
        ordering = ("name",)
        verbose_name = _("team")
        verbose_name_plural = _("teams")

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """One person of a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class Access(models.Model):
    """A person or a team has a role on an item, and on all that hangs under it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="accesses")
    #: Protected: what a person owns is handed over before their account can go.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="accesses"
    )
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="accesses")
    role = models.PositiveSmallIntegerField(choices=Role.choices)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True, team__isnull=False) | Q(user__isnull=False, team__isnull=True),
                name="access_of_one",
            ),
            # A team can become empty, and what nobody owns nobody can answer for.
            models.CheckConstraint(
                condition=Q(team__isnull=True) | Q(role__lt=Role.OWNER), name="access_team_owns_nothing"
            ),
            models.UniqueConstraint(fields=["item", "user"], condition=Q(user__isnull=False), name="user_once"),
            models.UniqueConstraint(fields=["item", "team"], condition=Q(team__isnull=False), name="team_once"),
        ]
        verbose_name = _("access")
        verbose_name_plural = _("accesses")

    def __str__(self) -> str:
        return f"{self.user_id or self.team_id}: {Role(self.role).word} on {self.item_id}"

    @property
    def name(self) -> str:
        """Whose it is: a person's name, or a team's."""
        holder = self.user or self.team
        return holder.name if holder else ""  # never: `access_of_one`
