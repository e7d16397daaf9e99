"""`GET /api/v1.0/events/stream`: lets somebody in; `workspace.streaming.serving` then tells them what happens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from contract.events import EventType
from workspace.accounts import askers
from workspace.accounts.askers import Asker
from workspace.accounts.asking import signed_in
from workspace.accounts.bearer import ReadByAccounts
from workspace.api.errors import Problem
from workspace.api.reading import read_query
from workspace.api.seats import Seat
from workspace.sharing import doors
from workspace.streaming import looking
from workspace.streaming.looking import Wanted
from workspace.streaming.seats import seats

_VERSION = 7


class TypesField(serializers.CharField):
    """Types of events with commas between them."""

    def to_internal_value(  # type: ignore[override]  # DRF's own fields change the type too
        self, data: Any
    ) -> frozenset[EventType]:
        """The types. One that is not known, or told to nobody, is refused."""
        words = {word.strip() for word in super().to_internal_value(data).split(",")} - {""}
        if unknown := sorted(words - set(looking.TYPES))[:3]:
            raise serializers.ValidationError(
                _("These are no types of events that are told here: %(names)s.") % {"names": ", ".join(unknown)}
            )
        return frozenset(EventType(word) for word in words)


class StreamAsked(serializers.Serializer[Any]):
    """What is followed."""

    under = serializers.UUIDField(
        required=False, help_text="Only what happens to this item, or under it. Without it: to what one has access to."
    )
    types = TypesField(required=False, max_length=2_000, help_text="Only events of these types, with commas between.")


class Opened(StreamingHttpResponse):
    """A stream that may begin: `serving` tells what `asker` wants from `start` on, once Django is done with this."""

    def __init__(self, asker: Asker, wanted: Wanted, start: looking.Start, seat: Seat) -> None:
        super().__init__(iter(()), content_type="text/event-stream; charset=utf-8")
        self.headers["Cache-Control"] = "no-store"
        self.headers["X-Accel-Buffering"] = "no"  # nginx would keep what it should pass on
        self.asker = asker
        self.wanted = wanted
        self.start = start
        self.seat = seat

    def __del__(self) -> None:
        """Where the stream never began: nobody holds it any more."""
        self.seat.give_back()


class StreamView(ReadByAccounts):
    """The events, as they happen."""

    http_method_names = ("get", "options")  # to a HEAD, Django would answer with a stream

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """Whoever accepts nothing but `text/event-stream` is refused in JSON all the same."""
        return JSONRenderer(), "application/json"

    @extend_schema(
        operation_id="events_stream",
        parameters=[
            StreamAsked,
            OpenApiParameter(
                "Last-Event-ID", OpenApiTypes.UUID, OpenApiParameter.HEADER, description="The last id that one has."
            ),
        ],
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Server-sent events: each a CloudEvent as data, about what one may read when it is sent.

        A stream resumes after `Last-Event-ID`. Where that is older than what is kept (seven days), it begins with an
        event `gap` that says so. At least once: an event may come again after a pause, under the same id.
        """
        user, asked = signed_in(request), read_query(StreamAsked, request)
        under = asked.get("under")
        if under is not None:
            doors.open_item(user, under)
        start = looking.start(_last(request))
        seat = seats.take(user.pk)
        return Opened(askers.of(request), Wanted(under, asked.get("types", frozenset())), start, seat)


def _last(request: Request) -> UUID | None:
    said = request.headers.get("Last-Event-ID", "")
    if not said:
        return None
    try:
        last = UUID(said)
    except ValueError:
        last = None
    if last is None or last.version != _VERSION:
        raise Problem(400, "bad_last_event_id", _("The last event id is none that came from here."))
    return last
