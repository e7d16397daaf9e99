"""What can be said: found in the code, so that the gallery can be held against it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any, get_args, get_type_hints

import bots
import cards
from bots.framework.text import Text
from cards import Message

#: What messages are made with, and says nothing itself.
_TOOLS = "cards.message"


def makers() -> set[str]:
    """The names of all that makes something to read, as samples have them (`parvis.gallery.sample`)."""
    return {*_of_cards(), *_of_bots()}


def _of_cards() -> Iterator[str]:
    for module in _modules(cards):
        if module.__name__ != _TOOLS:
            yield from _functions(module)


def _of_bots() -> Iterator[str]:
    """A bot has its words in a module `words`: texts by their keys, and functions."""
    for module in _modules(bots):
        if module.__name__.endswith(".words"):
            yield from (f"{module.__name__}:{key}" for key in module.WORDS)
            yield from (name for name in _functions(module) if not name.endswith(".say"))


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def _functions(module: ModuleType) -> Iterator[str]:
    """The public functions and methods that are written here and give something to read."""
    classes = [one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == module.__name__]
    for holder in (module, *classes):
        for name, one in vars(holder).items():
            public = inspect.isfunction(one) and not name.startswith("_") and one.__module__ == module.__name__
            if public and _to_read(get_type_hints(one).get("return")):
                yield f"{one.__module__}.{one.__qualname__}"


def _to_read(given: Any) -> bool:
    """Whether this is a message, a text, or what gives one."""
    return given in (Message, Text) or any(_to_read(one) for one in get_args(given) if not isinstance(one, list))
