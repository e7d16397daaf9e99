"""Lists, a page at a time: `{"count": …, "next": …, "previous": …, "results": […]}`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workspace.api.reading import read_query

T = TypeVar("T")


class PageAsked(serializers.Serializer[Any]):
    """Which part of a list."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)


class Pages(LimitOffsetPagination):
    """`?limit=` (at most 100) and `?offset=`. A number that is none is refused: DRF would take another in its place."""

    def get_limit(self, request: Request) -> int:
        """See `LimitOffsetPagination.get_limit`."""
        return int(read_query(PageAsked, request)["limit"])

    def get_offset(self, request: Request) -> int:
        """See `LimitOffsetPagination.get_offset`."""
        return int(read_query(PageAsked, request)["offset"])


class PagedView(APIView):
    """A view that answers a list, a page at a time."""

    pagination_class = Pages

    def page_of(self, rows: QuerySet[Any] | Sequence[T], show: Callable[[list[T]], Any]) -> Response:
        """The page of `rows` that is asked for; `show` makes what the API says of it."""
        pages = self.pagination_class()
        return pages.get_paginated_response(show(pages.paginate_queryset(rows, self.request, self) or []))
