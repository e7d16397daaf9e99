"""How a process of ours that runs asyncio asks the database."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")


def in_database(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """`function`, which asks the database, from asyncio: in Django's one thread, on a connection that works."""

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        close_old_connections()
        return function(*args, **kwargs)

    return sync_to_async(call)
