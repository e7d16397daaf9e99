"""The comments of a document, for its template: the text with links to comment on it, and the section below."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from workspace.comments import section
from workspace.docs.render import Rendered
from workspace.sharing.roles import Role

register = template.Library()


@register.simple_tag(takes_context=True)
def commentable(context: dict[str, Any], rendered: Rendered) -> SafeString:
    """The text of a document, with a link beside each passage for who may comment on it."""
    writes = context["user"].is_authenticated and context["role"] >= Role.COMMENTER and not context["in_trash"]
    html = section.with_links(rendered.html, rendered.passages) if writes else rendered.html
    return mark_safe(html)  # noqa: S308  # `docs.render` made it safe, and what is added is escaped


@register.inclusion_tag("comments/section.html", takes_context=True)
def comments_section(context: dict[str, Any]) -> dict[str, Any]:
    """The threads of a document, and the forms of who may comment. In a template that `sharing.pages.about` fills."""
    return section.context_of(context["request"], context["document"], context["role"], context["in_trash"]) | {
        "csrf_token": context.get("csrf_token")
    }
