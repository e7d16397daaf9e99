"""Reading what a request brings, once, into checked values. Bodies are JSON, and within bounds."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from itertools import islice
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework import parsers, serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

#: Slips of one body that are told, and characters of each: a body can have any number of any length.
_TOLD, _TOLD_LENGTH = 5, 60


class JSONParser(parsers.JSONParser):
    """DRF's; what is nested deeper than Python can follow is not read."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """See `JSONParser.parse`."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError from error


class Body(serializers.Serializer[Any]):
    """What the body of a request may hold. A key that is not known is refused: nobody would heed what it says."""

    def to_internal_value(self, data: Any) -> Any:
        """See `Serializer.to_internal_value`."""
        known = [name for name, field in self.fields.items() if not field.read_only]
        if isinstance(data, Mapping) and (slips := set(data) - set(known)):
            told = islice((str(key)[:_TOLD_LENGTH] for key in data if key in slips), _TOLD)
            raise serializers.ValidationError({key: [_advice(key, known)] for key in told})
        return super().to_internal_value(data)


def read(shape: type[Body], request: Request) -> Any:
    """The body of `request`, checked. Raises DRF's `ValidationError`."""
    return _checked(shape(data=request.data))


def read_query(shape: type[serializers.Serializer[Any]], request: Request) -> Any:
    """What the address of `request` asks for, checked. Raises DRF's `ValidationError`."""
    return _checked(shape(data=request.query_params))


def _checked(serializer: serializers.Serializer[Any]) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def _advice(key: str, known: list[str]) -> str:
    if near := difflib.get_close_matches(key, known, 1):
        return _("There is no “%(key)s” here. Did you mean “%(near)s”?") % {"key": key, "near": near[0]}
    if known:
        return _("There is no “%(key)s” here. There are: %(known)s.") % {"key": key, "known": ", ".join(known)}
    return _("There is no “%(key)s” here.") % {"key": key}
