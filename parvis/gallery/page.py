"""The gallery as one page of HTML, which needs nothing else: each message as Element shows it, beside its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from cards import Language, Message
from parvis.gallery.sample import Sample

#: As Element shows messages, near enough to judge them.
_STYLE = """
:root { color-scheme: light; }
body { margin: 0; padding: 24px 32px; font: 15px/1.47 Inter, "Helvetica Neue", Arial, sans-serif; color: #1b1d22; }
h1, h2 { font-weight: 600; } h2 { margin: 40px 0 8px; }
article { border-top: 1px solid #d4d8de; padding: 12px 0 16px; }
h3 { margin: 0 0 2px; font: 600 13px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
.case { font-weight: 400; color: #0b5d3b; } .about { margin: 0 0 8px; font-size: 13px; color: #565b64; }
.pair { display: grid; grid-template-columns: 2rem minmax(0, 1fr) minmax(0, 1fr); gap: 12px; margin-top: 8px; }
.language { font-size: 12px; color: #565b64; padding-top: 6px; }
.shown { background: #f1f3f5; border-radius: 8px; padding: 6px 12px; overflow-wrap: anywhere; }
.shown p { margin: 0 0 8px; } .shown > :last-child { margin-bottom: 0; }
.shown ul, .shown ol { margin: 0 0 8px; padding-left: 24px; }
.shown a { color: #0467dd; } .shown code { font-size: 13px; background: #e1e6ec; border-radius: 4px; padding: 1px 4px; }
.none { color: #565b64; font-style: italic; }
pre { margin: 0; padding: 6px 12px; border: 1px solid #d4d8de; border-radius: 8px; white-space: pre-wrap;
  overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
"""


def page(parts: Mapping[str, Sequence[Sample]], languages: Iterable[Language]) -> str:
    """All of it."""
    shown = tuple(languages)
    count = sum(len(samples) for samples in parts.values())
    sections = "".join(
        f"<section><h2>{escape(title)}</h2>{''.join(_article(one, shown) for one in samples)}</section>"
        for title, samples in parts.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>What Parvis says</title>'
        '<meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body><main><h1>What Parvis says</h1>"
        f"<p>{count} samples. Left as a client shows the HTML, right the plain text, which has to read well alone.</p>"
        f"{sections}</main></body></html>\n"
    )


def _article(one: Sample, languages: Sequence[Language]) -> str:
    case = f' <span class="case">{escape(one.case)}</span>' if one.case else ""
    pairs = "".join(_pair(language, one.make(language)) for language in languages)
    return f'<article><h3>{escape(one.name)}{case}</h3><p class="about">{escape(one.about)}</p>{pairs}</article>'


def _pair(language: Language, message: Message) -> str:
    html = message.html or '<p class="none">no HTML: clients show the plain text</p>'
    return (
        f'<div class="pair" lang="{language}"><div class="language">{language}</div>'
        f'<div class="shown">{html}</div><pre>{escape(message.body)}</pre></div>'
    )
