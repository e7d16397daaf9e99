"""What the templates say again and again: icons, people's initials, when something happened, sizes, kinds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zlib import crc32

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from workspace.grants import words as grants
from workspace.pages import icons, words

register = template.Library()
register.filter("kind_word", words.kind)
register.filter("role_word", words.role)
register.filter("role_means", words.role_means)
register.filter("team_word", words.team)
register.filter("reach_word", words.reach)
register.filter("type_word", words.media_type)
register.simple_tag(grants.allowance)
register.filter("act_means", grants.act_means)
register.filter("use_word", grants.use)
register.filter("refusal_word", grants.refusal)
_AVATAR_COLOURS = 6


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of `workspace.pages.icons`, as decoration."""
    return mark_safe(  # noqa: S308  # the path is ours, a constant
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{icons.PATHS[name]}</svg>'
    )


@register.simple_tag
def glyph(kind: str, media_type: str = "") -> SafeString:
    """The sign before an item's title, with its kind for those who do not see it."""
    return format_html(
        '<span class="item__glyph item__glyph--{}">{}<span class="hidden-visually">{}</span></span>',
        kind,
        icon(icons.of_item(kind, media_type)),
        gettext("%(kind)s:") % {"kind": words.kind(kind)},
    )


@register.simple_tag
def avatar(name: str) -> SafeString:
    """The initials of a person, in a colour that stays theirs. Decoration: the name stands beside it."""
    parts = [part for part in name.replace("-", " ").split() if part[0].isalnum()] or ["?"]
    initials = parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")
    colour = crc32(name.encode()) % _AVATAR_COLOURS
    return format_html('<span class="avatar avatar--{}" aria-hidden="true">{}</span>', str(colour), initials.upper())


@register.simple_tag
def script_words() -> SafeString:
    """What the scripts of the pages say, as JSON in the page."""
    return json_script({name: str(sentence) for name, sentence in words.SCRIPTS.items()}, "words")


@register.filter
def excerpt(text: str) -> SafeString:
    """A hit's excerpt (`contract.answers.Hit`): the engine escaped it, and only `<mark>` is markup in it."""
    return mark_safe(text)  # noqa: S308  # see above


@register.filter
def when(moment: datetime | None) -> SafeString | str:
    """A moment as a person says it: “today at 14:05”, “yesterday at 9:30”, “3 November at 14:05”, “3 November 2024”."""
    if moment is None:
        return ""
    local, now = timezone.localtime(moment), timezone.localtime()
    time = formats.time_format(local, "TIME_FORMAT")
    days = (now.date() - local.date()).days
    if days == 0:
        said = gettext("today at %(time)s") % {"time": time}
    elif days == 1:
        said = gettext("yesterday at %(time)s") % {"time": time}
    elif local.year == now.year:
        day = formats.date_format(local, "MONTH_DAY_FORMAT")
        said = gettext("%(day)s at %(time)s") % {"day": day, "time": time}
    else:
        said = formats.date_format(local, "DATE_FORMAT")
    full = formats.date_format(local, "DATETIME_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(timespec="seconds"), full, said)


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any], section: str) -> SafeString | str:
    """`aria-current` on the way to the section of the page that is shown."""
    return mark_safe(' aria-current="page"') if context.get("section") == section else ""
