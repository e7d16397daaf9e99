"""What the workspace says, as its code has it and as its French catalogue has it. Needs no gettext tools."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from tests.workspace.pages.serving import ROOT

WORKSPACE = ROOT / "workspace"
FRENCH = WORKSPACE / "locale/fr/LC_MESSAGES/django.po"
_PLAIN, _PLURAL, _CONTEXT = (
    {"_", "gettext", "gettext_lazy", "gettext_noop"},
    {"ngettext", "ngettext_lazy"},
    {"pgettext"},
)
_CALL = re.compile(r"(?<!\w)(?:_|n?p?gettext)\((?:[^()'\"]|u?'(?:\\.|[^'\\])*'|u?\"(?:\\.|[^\"\\])*\")*\)")

#: A context (or none) and a message, as the catalogue has them.
Message = tuple[str | None, str]


def said() -> set[Message]:
    """Every message of the code and of the templates."""
    found = {message for path in _files("*.py") for message in _in_code(path.read_text())}
    for path in _files("*.html"):
        for call in _CALL.findall(templatize(path.read_text())):
            found |= set(_in_code(call))
    return found


def _files(pattern: str) -> Iterator[Path]:
    return (path for path in WORKSPACE.rglob(pattern) if "migrations" not in path.parts)


def _in_code(code: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if name in _PLAIN | _PLURAL and words:
            yield None, words[0]
        elif name in _CONTEXT and len(words) == 2:
            yield words[0], words[1]
