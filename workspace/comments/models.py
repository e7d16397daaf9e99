"""Threads, comments, reactions and mentions. Written by `service` and `from_rooms` alone."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from workspace.docs.models import Document

#: Who wrote has an account; or had one, or is somebody of a room who has none (`matrix_id`).
_ONE_AUTHOR = Q(author=None) | Q(matrix_id="")
_FROM_A_ROOM = ~Q(origin_event="")


class CommentOptions(models.Model):
    """What the owner of a document chose. None is there until they did."""

    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, primary_key=True, related_name="comment_options"
    )
    #: Whether words of people without a linked account are taken in from rooms.
    from_guests = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"options of {self.document_id}"


class Said(models.Model):
    """What has an author, and perhaps came from a room: there it is the event `origin_event` of `origin_room`."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    matrix_id = models.CharField(max_length=255, blank=True)
    matrix_name = models.CharField(max_length=255, blank=True)
    origin_room = models.CharField(max_length=255, blank=True)
    origin_event = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Thread(models.Model):
    """A discussion. `passage` is the key of the passage that it is on (`docs.render.Passage`), empty for the whole
    document; `quote` is how that passage began when the thread did.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="threads")
    passage = models.CharField(max_length=20, blank=True)
    quote = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("-created_at", "pk")
        indexes = [models.Index(fields=["document", "resolved_at"], name="thread_of_document")]

    def __str__(self) -> str:
        return f"thread {self.pk}"


class Comment(Said):
    """One comment. `number` is its place in the thread, from 1 without a gap: that of a deleted one stays, empty."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments")
    number = models.PositiveIntegerField()
    body = models.TextField(blank=True)
    #: Counts every change of `body`, its deletion too.
    version = models.PositiveIntegerField(default=1)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    mentioned = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Mention", related_name="+")

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["thread", "number"], name="comment_number"),
            models.UniqueConstraint(
                fields=["origin_room", "origin_event"], condition=_FROM_A_ROOM, name="comment_taken_once"
            ),
            models.CheckConstraint(condition=_ONE_AUTHOR, name="comment_one_author"),
            models.CheckConstraint(condition=Q(deleted_at=None) | Q(body=""), name="comment_deleted_is_empty"),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk}"


class Mention(models.Model):
    """A comment is addressed to somebody, who was chosen from a list: a name in a text is no identity."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="mentioned_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.comment_id}"


class Reaction(Said):
    """Somebody answered a comment with an emoji."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="reactions")
    key = models.CharField(max_length=32)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "author", "key"], condition=Q(author__isnull=False), name="reaction_once"
            ),
            models.UniqueConstraint(
                fields=["comment", "matrix_id", "key"], condition=~Q(matrix_id=""), name="reaction_once_of_guest"
            ),
            models.UniqueConstraint(
                fields=["origin_room", "origin_event"], condition=_FROM_A_ROOM, name="reaction_taken_once"
            ),
            models.CheckConstraint(condition=_ONE_AUTHOR, name="reaction_one_author"),
        ]

    def __str__(self) -> str:
        return f"{self.key} on {self.comment_id}"


class Taken(models.Model):
    """An event of a room was taken in: what it did is not done again, however often it is brought."""

    class Act(models.TextChoices):
        SAID = "said"
        EDITED = "edited"
        REDACTED = "redacted"
        REACTED = "reacted"
        RESOLVED = "resolved"
        REOPENED = "reopened"

    room = models.CharField(max_length=255)
    event = models.CharField(max_length=255)
    act = models.CharField(max_length=8, choices=Act.choices)
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, null=True, on_delete=models.CASCADE, related_name="+")
    reaction = models.ForeignKey(Reaction, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "event"], name="taken_once")]

    def __str__(self) -> str:
        return f"{self.event} of {self.room}"
