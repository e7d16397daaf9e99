"""What the API says and takes of comments. What rooms are told has the shape of `contract.comments`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from workspace.api.reading import Body
from workspace.comments import service, text
from workspace.comments.authors import is_by, name_of
from workspace.comments.models import Comment, Thread
from workspace.docs.render import Passage
from workspace.sharing.serializers import AskedOfAudiences

#: Questions that one call of `comments/tell/` may hold: each answer may have a long text.
MAX_QUESTIONS = 200


class BodyField(serializers.CharField):
    """The Markdown of a comment. How long it may be is said in words by `text.clean`."""

    def __init__(self, **kwargs: Any) -> None:
        help_text = f"Markdown, at most {text.MAX_CHARACTERS} characters."
        super().__init__(trim_whitespace=False, allow_blank=True, help_text=help_text, **kwargs)


class MentionsField(serializers.ListField):
    """Ids of people."""

    child = serializers.UUIDField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=service.MAX_MENTIONS, help_text="Ids of people with access.", **kwargs)


class ThreadsAsked(serializers.Serializer[Any]):
    """Which threads are listed."""

    resolved = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Only those that are, or only those that are not."
    )


class NewThread(Body):
    """The first comment of a thread, on a passage (its `key`) or on the whole document."""

    body = BodyField()
    passage = serializers.CharField(max_length=20, allow_blank=True, default="")
    mentions = MentionsField(default=list)


class NewComment(Body):
    """A reply."""

    body = BodyField()
    mentions = MentionsField(default=list)


class CommentChange(Body):
    """Other words. `version` is the one that was read: where it is not the current one, nothing is changed."""

    body = BodyField()
    mentions = MentionsField(required=False)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class ReactionAsked(Body):
    """One emoji."""

    key = serializers.CharField(max_length=64)


class OptionsSerializer(serializers.Serializer[Any]):
    """Whether words of people of rooms who have no linked account are taken in."""

    from_guests = serializers.BooleanField()


class OptionsChange(Body):
    """The same."""

    from_guests = serializers.BooleanField()


class PassageSerializer(serializers.Serializer[Passage | list[Passage]]):
    """A heading or a paragraph that can be commented on."""

    key = serializers.CharField()
    quote = serializers.CharField()
    heading = serializers.BooleanField()


class ThreadSerializer(serializers.ModelSerializer[Thread]):
    """A thread. `passage` and `quote` are empty where it is on the whole document; `gone`: the passage is not there.

    `comments` counts those that were not deleted.
    """

    document = serializers.UUIDField(source="document_id")
    resolved = serializers.SerializerMethodField()
    resolved_by = serializers.CharField(source="resolved_by.name", default=None)
    comments = serializers.IntegerField(source="said")
    gone = serializers.SerializerMethodField()

    class Meta:
        model = Thread
        fields = (
            *("id", "document", "passage", "quote", "gone", "created_at"),
            *("resolved", "resolved_at", "resolved_by", "comments"),
        )

    def get_resolved(self, thread: Thread) -> bool:
        """Whether nothing is left to say."""
        return thread.resolved_at is not None

    def get_gone(self, thread: Thread) -> bool:
        """Whether its passage is no longer in the document."""
        return bool(thread.passage) and thread.passage not in self.context["passages"]


class MentionedSerializer(serializers.Serializer[Any]):
    """Somebody who is mentioned."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class ReactionSerializer(serializers.Serializer[Any]):
    """How many answered with an emoji, and whether the asker did."""

    key = serializers.CharField()
    count = serializers.IntegerField()
    mine = serializers.BooleanField()


class CommentSerializer(serializers.ModelSerializer[Comment]):
    """A comment. `guest` is the Matrix id of an author without a linked account; a deleted one has an empty `body`."""

    thread = serializers.UUIDField(source="thread_id")
    author = serializers.SerializerMethodField()
    guest = serializers.SerializerMethodField()
    mine = serializers.SerializerMethodField()
    deleted = serializers.SerializerMethodField()
    reactions = serializers.SerializerMethodField()
    mentions = MentionedSerializer(source="mentioned", many=True)

    class Meta:
        model = Comment
        fields = (
            *("id", "thread", "number", "version", "author", "guest", "mine", "body"),
            *("created_at", "edited_at", "deleted", "reactions", "mentions"),
        )

    def get_author(self, comment: Comment) -> str | None:
        """Their name; null where the account is gone."""
        return name_of(comment) or None

    def get_guest(self, comment: Comment) -> str | None:
        """Their Matrix id."""
        return comment.matrix_id or None

    def get_mine(self, comment: Comment) -> bool:
        """Whether the asker wrote it."""
        user = self.context["request"].user
        return bool(user.is_authenticated) and is_by(comment, user)

    def get_deleted(self, comment: Comment) -> bool:
        """Whether its words were taken out."""
        return comment.deleted_at is not None

    @extend_schema_field(ReactionSerializer(many=True))
    def get_reactions(self, comment: Comment) -> list[dict[str, Any]]:
        """By emoji, the earliest first."""
        user = self.context["request"].user
        counted: dict[str, Any] = {}
        for one in comment.reactions.all():
            row = counted.setdefault(one.key, {"key": one.key, "count": 0, "mine": False})
            row["count"] += 1
            row["mine"] |= one.author_id is not None and one.author_id == user.pk
        return list(counted.values())


class CommentQuestionSerializer(Body):
    """May all of that audience read this comment?"""

    audience = serializers.CharField(max_length=255)
    comment = serializers.UUIDField()


class TellSerializer(AskedOfAudiences):
    """Audiences by names of the caller's choice, and comments to tell them."""

    questions = serializers.ListField(child=CommentQuestionSerializer(), max_length=MAX_QUESTIONS)


class CommentFactsSerializer(serializers.Serializer[Any]):
    """What a room may show of a comment."""

    id = serializers.UUIDField()
    document = serializers.UUIDField()
    thread = serializers.UUIDField()
    number = serializers.IntegerField()
    version = serializers.IntegerField()
    author = serializers.CharField(allow_null=True)
    guest = serializers.CharField(allow_null=True)
    text = serializers.CharField()
    quote = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted = serializers.BooleanField()
    resolved = serializers.BooleanField()
    resolved_by = serializers.CharField(allow_null=True)
    reactions = serializers.DictField(child=serializers.IntegerField())
    origin_room = serializers.CharField(allow_null=True)
    origin_event = serializers.CharField(allow_null=True)


class ToldSerializer(serializers.Serializer[Any]):
    """How many of the audience cannot read it, and the comment if all can."""

    cannot = serializers.IntegerField()
    comment = CommentFactsSerializer(allow_null=True)


class ToldsSerializer(serializers.Serializer[Any]):
    """One answer a question, in their order."""

    answers = ToldSerializer(many=True)
