"""Reading what a request brings, once, into checked values."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request


def read(shape: type[serializers.Serializer[Any]], request: Request) -> Any:
    """The body of `request`, checked. Raises DRF's `ValidationError`."""
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
