"""One thing that is said, as it is said of one sample of values."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from bots.framework.text import Text
from cards import Language, Message


@dataclass(frozen=True)
class Both:
    """A value that depends on the language."""

    fr: Any
    en: Any


@dataclass(frozen=True)
class Sample:
    """`name` is that of what makes it (`cards.answers.bound`, `bots.find.words:moving`), `case` what the values show.

    `about` is how the code describes it. `hostile`: the values have what people write to deceive.
    """

    name: str
    case: str
    about: str
    make: Callable[[Language], Message]
    hostile: bool = False


def sample(maker: Callable[..., Any], *values: Any, case: str = "", hostile: bool = False, **named: Any) -> Sample:
    """What `maker`, a function of `cards` or of a bot's words, makes of the values, in the language that is asked for.

    It takes the language last or not at all, or gives what takes it.
    """
    takes_language = "language" in inspect.signature(maker).parameters

    def make(language: Language) -> Message:
        own = [getattr(value, language) if isinstance(value, Both) else value for value in values]
        made = maker(*own, **named, **({"language": language} if takes_language else {}))
        return message(made(language) if callable(made) else made)

    return Sample(f"{maker.__module__}.{maker.__qualname__}", case, _first_line(maker), make, hostile)


def word(module: ModuleType, key: str, *, case: str = "", **values: str | Both) -> Sample:
    """The text that the bot's words in `module` have under `key`."""

    def make(language: Language) -> Message:
        own = {name: getattr(value, language) if isinstance(value, Both) else value for name, value in values.items()}
        return message(module.say(key, language, **own))

    return Sample(f"{module.__name__}:{key}", case, _first_line(module), make)


def message(made: Message | Text) -> Message:
    """A bot's text as a message; where it has no HTML, clients show its plain text."""
    return made if isinstance(made, Message) else Message(made.plain, made.html or "")


def _first_line(what: object) -> str:
    return (inspect.getdoc(what) or "").split("\n\n")[0].replace("\n", " ").partition(" Raises")[0]
