"""Comments over HTTP: threads of a document, what is said in them, and, for services, what a room may show of it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contract.comments import CommentId, CommentQuestion
from workspace.accounts.asking import signed_in
from workspace.api.pages import PagedView
from workspace.api.public import PublicView
from workspace.api.reading import read, read_query
from workspace.api.services import Scope, ServiceView
from workspace.comments import reading, service, shapes, telling
from workspace.comments.models import Comment


class ThreadsView(PublicView, PagedView):
    """The threads of a document."""

    @extend_schema(
        operation_id="threads_list", parameters=[shapes.ThreadsAsked], responses=shapes.ThreadSerializer(many=True)
    )
    def get(self, request: Request, document_id: UUID) -> Response:
        """The threads of a document, the latest first."""
        wanted = read_query(shapes.ThreadsAsked, request)["resolved"]
        threads = reading.threads(request.user, document_id, resolved=wanted)
        context = {"passages": {one.key for one in reading.passages(request.user, document_id)}}
        return self.page_of(threads, lambda page: shapes.ThreadSerializer(page, many=True, context=context).data)

    @extend_schema(operation_id="threads_create", request=shapes.NewThread, responses={201: shapes.CommentSerializer})
    def post(self, request: Request, document_id: UUID) -> Response:
        """Start a thread; answers its first comment."""
        asked = read(shapes.NewThread, request)
        made = service.start(
            signed_in(request), document_id, asked["body"], passage=asked["passage"], mentions=asked["mentions"]
        )
        return _comment(request, made, status.HTTP_201_CREATED)


class PassagesView(PublicView):
    """What of a document can be commented on."""

    @extend_schema(operation_id="passages_list", responses=shapes.PassageSerializer(many=True))
    def get(self, request: Request, document_id: UUID) -> Response:
        """Its headings and paragraphs, in order."""
        return Response(shapes.PassageSerializer(list(reading.passages(request.user, document_id)), many=True).data)


class OptionsView(APIView):
    """What the owner of a document chose."""

    @extend_schema(operation_id="comment_options_retrieve", responses=shapes.OptionsSerializer)
    def get(self, request: Request, document_id: UUID) -> Response:
        """Whether words of people without a linked account are taken in."""
        return Response({"from_guests": reading.takes_guests(signed_in(request), document_id)})

    @extend_schema(
        operation_id="comment_options_update", request=shapes.OptionsChange, responses=shapes.OptionsSerializer
    )
    def put(self, request: Request, document_id: UUID) -> Response:
        """Say whether they are; owners do."""
        wanted = read(shapes.OptionsChange, request)["from_guests"]
        service.take_guests(signed_in(request), document_id, wanted)
        return Response({"from_guests": wanted})


class ThreadView(PublicView):
    """One thread."""

    @extend_schema(operation_id="threads_retrieve", responses=shapes.ThreadSerializer)
    def get(self, request: Request, thread_id: UUID) -> Response:
        """The thread, without what was said in it."""
        return _thread(request, thread_id)


class CommentsView(PublicView, PagedView):
    """What was said in a thread."""

    @extend_schema(operation_id="comments_list", responses=shapes.CommentSerializer(many=True))
    def get(self, request: Request, thread_id: UUID) -> Response:
        """Every comment, in order; deleted ones are empty."""
        comments, context = reading.comments(request.user, thread_id), {"request": request}
        if request.user.is_authenticated:
            prefetch_related_objects([request.user], "matrix_identities")
        return self.page_of(comments, lambda page: shapes.CommentSerializer(page, many=True, context=context).data)

    @extend_schema(operation_id="comments_create", request=shapes.NewComment, responses={201: shapes.CommentSerializer})
    def post(self, request: Request, thread_id: UUID) -> Response:
        """Reply."""
        asked = read(shapes.NewComment, request)
        made = service.reply(signed_in(request), thread_id, asked["body"], mentions=asked["mentions"])
        return _comment(request, made, status.HTTP_201_CREATED)


class ResolveView(APIView):
    """The end of a thread."""

    @extend_schema(operation_id="threads_resolve", request=None, responses=shapes.ThreadSerializer)
    def post(self, request: Request, thread_id: UUID) -> Response:
        """Nothing is left to say: for who started the thread, and editors."""
        service.resolve(signed_in(request), thread_id)
        return _thread(request, thread_id)


class ReopenView(APIView):
    """A thread that goes on."""

    @extend_schema(operation_id="threads_reopen", request=None, responses=shapes.ThreadSerializer)
    def post(self, request: Request, thread_id: UUID) -> Response:
        """There is more to say: for the same."""
        service.reopen(signed_in(request), thread_id)
        return _thread(request, thread_id)


class CommentView(PublicView):
    """One comment."""

    @extend_schema(operation_id="comments_retrieve", responses=shapes.CommentSerializer)
    def get(self, request: Request, comment_id: UUID) -> Response:
        """The comment as it is now."""
        return _comment(request, reading.comment(request.user, comment_id))

    @extend_schema(operation_id="comments_update", request=shapes.CommentChange, responses=shapes.CommentSerializer)
    def patch(self, request: Request, comment_id: UUID) -> Response:
        """Change one's own words."""
        asked = read(shapes.CommentChange, request)
        changed = service.edit(
            signed_in(request),
            comment_id,
            asked["body"],
            mentions=asked.get("mentions"),
            based_on=asked.get("version"),
        )
        return _comment(request, changed)

    @extend_schema(operation_id="comments_destroy", responses={204: None})
    def delete(self, request: Request, comment_id: UUID) -> Response:
        """Take one's own words out, or as an owner anybody's; the place in the thread stays."""
        service.delete(signed_in(request), comment_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReactView(APIView):
    """A reaction."""

    @extend_schema(operation_id="reactions_add", request=shapes.ReactionAsked, responses=shapes.CommentSerializer)
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Answer with an emoji; the same again changes nothing."""
        service.react(signed_in(request), comment_id, read(shapes.ReactionAsked, request)["key"])
        return _comment(request, reading.comment(request.user, comment_id))


class UnreactView(APIView):
    """No reaction."""

    @extend_schema(operation_id="reactions_remove", request=shapes.ReactionAsked, responses=shapes.CommentSerializer)
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Take one's own reaction back."""
        service.unreact(signed_in(request), comment_id, read(shapes.ReactionAsked, request)["key"])
        return _comment(request, reading.comment(request.user, comment_id))


class TellView(ServiceView):
    """What rooms may show of comments."""

    scope = Scope.AUDIENCE

    @extend_schema(operation_id="comments_tell", request=shapes.TellSerializer, responses={200: shapes.ToldsSerializer})
    def post(self, request: Request) -> Response:
        """For each question, how many of the audience cannot read the comment, and the comment if all can."""
        asked = read(shapes.TellSerializer, request)
        questions = [CommentQuestion(one["audience"], CommentId(one["comment"])) for one in asked["questions"]]
        answers = telling.answer(self.asking.name, asked["audiences"], questions)
        return Response(shapes.ToldsSerializer({"answers": answers}).data)


def _comment(request: Request, comment: Comment, code: int = status.HTTP_200_OK) -> Response:
    return Response(shapes.CommentSerializer(comment, context={"request": request}).data, status=code)


def _thread(request: Request, thread_id: UUID) -> Response:
    thread = reading.thread(request.user, thread_id)
    context = {"passages": {one.key for one in reading.passages(request.user, thread.document_id)}}
    return Response(shapes.ThreadSerializer(thread, context=context).data)
