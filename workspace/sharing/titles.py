"""Titles and file names as people may give them: one line, without what changes how the rest of a line is read."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_TITLE = 255
#: Cc and Cf (controls, direction and format marks), Cs, Co, Cn: nothing in a title needs them. Zero-width joiners are
#: Cf, but several scripts and emoji need them.
_JOINERS = {"\u200c", "\u200d"}
#: What shows nothing by itself: spaces, joiners, the empty Braille cell, fillers, variation selectors.
_SHOWS_NOTHING = re.compile(
    r"[\s\u200c\u200d\u2800\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]*"
)


def clean(title: str) -> str:
    """`title` on one line, in NFC, without control and direction marks.

    Raises `ValidationError` if nothing that shows is left of it, or if it is too long.
    """
    text = unicodedata.normalize("NFC", re.sub(r"[\r\n\t\v\f\u2028\u2029]", " ", title))
    kept = "".join(c for c in text if c in _JOINERS or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    folded = re.sub(r"\s+", " ", kept).strip()
    if _SHOWS_NOTHING.fullmatch(folded):
        raise ValidationError(_("A title is needed."), code="title_empty")
    if len(folded) > MAX_TITLE:
        raise ValidationError(
            _("A title has at most %(max)d characters; this one has %(length)d."),
            code="title_too_long",
            params={"max": MAX_TITLE, "length": len(folded)},
        )
    return folded
