"""The icons of the pages: strokes on a grid of 24, drawn for Parvis. They are decoration: words say the same."""

from __future__ import annotations

from typing import Final

PATHS: Final[dict[str, str]] = {
    "document": '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4M9 12h6M9 16h6"/>',
    "folder": '<path d="M3 6h6l2 2.5h10V19H3z"/>',
    "file": '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4"/>',
    "pdf": (
        '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4"/>'
        '<path d="M9 17v-4h1.2a1.2 1.2 0 0 1 0 2.4H9M14 13h2M14 13v4M14 15h1.5"/>'
    ),
    "image": '<path d="M4 5h16v14H4z"/><path d="m4 16 5-5 4 4 2-2 5 4"/><circle cx="15.5" cy="9" r="1.25"/>',
    "sheet": '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4M9 11h6v6H9zM9 14h6M12 11v6"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
    "upload": '<path d="M12 15V4M7.5 8.5 12 4l4.5 4.5M4 15v5h16v-5"/>',
    "download": '<path d="M12 4v11M7.5 10.5 12 15l4.5-4.5M4 15v5h16v-5"/>',
    "trash": '<path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5"/>',
    "restore": '<path d="M4 9h10a5.5 5.5 0 0 1 0 11H8"/><path d="M8 5 4 9l4 4"/>',
    "share": '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20a6.5 6.5 0 0 1 11.4-4.3M18 13v7M14.5 16.5h7"/>',
    "edit": '<path d="m4 20 1-4L16 5l3 3L8 19zM14 7l3 3"/>',
    "history": '<path d="M4 12a8 8 0 1 0 2.5-5.8L4 8.5"/><path d="M4 4v4.5h4.5M12 8v4.5l3 1.8"/>',
    "person": '<circle cx="12" cy="8" r="3.75"/><path d="M4.5 20.5a7.5 7.5 0 0 1 15 0"/>',
    "room": '<path d="M3 5h13v9H9l-4 3.5V14H3z"/><path d="M19 9h2v8.5h-2v3L15.5 17.5H12"/>',
    "lock": '<path d="M5 11h14v10H5z"/><path d="M8 11V7.5a4 4 0 0 1 8 0V11"/>',
    "people": (
        '<circle cx="9" cy="8" r="3.25"/><path d="M2.5 19.5a6.5 6.5 0 0 1 13 0"/>'
        '<path d="M15.5 5a3.25 3.25 0 0 1 0 6.2M18 14a6.5 6.5 0 0 1 3.5 5.5"/>'
    ),
    "globe": '<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c5 5 5 12 0 17c-5-5-5-12 0-17z"/>',
    "link": (
        '<path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.4 1.4"/>'
        '<path d="M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.4-1.4"/>'
    ),
    "check": '<path d="m4.5 12.5 5 5 10-11"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.5v.01"/>',
    "warning": '<path d="M12 4 2.5 20h19z"/><path d="M12 10v5M12 17.5v.01"/>',
    "close": '<path d="m6 6 12 12M18 6 6 18"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "down": '<path d="m6 9 6 6 6-6"/>',
    "leave": '<path d="M10 4H4v16h6M10 12h11M17 8l4 4-4 4"/>',
    "move": '<path d="M3 6h6l2 2.5h10V19H3z"/><path d="M9 14h6M12.5 11.5 15 14l-2.5 2.5"/>',
    "home": '<path d="m4 11 8-7 8 7v9h-5v-6H9v6H4z"/>',
    "bold": '<path d="M7 5h6a3.25 3.25 0 0 1 0 6.5H7zM7 11.5h7a3.5 3.5 0 0 1 0 7H7z"/>',
    "italic": '<path d="M10 5h7M7 19h7M14 5l-4 14"/>',
    "heading": '<path d="M6 5v14M18 5v14M6 12h12"/>',
    "list": '<path d="M9 6h11M9 12h11M9 18h11M4.5 6v.01M4.5 12v.01M4.5 18v.01"/>',
    "numbers": '<path d="M10 6h10M10 12h10M10 18h10M4 5l1.5-1v5M4 15.5c2.5-1.5 3 .5 1.5 2L4 19.5h2.5"/>',
    "quote": '<path d="M5 7h5v5c0 3-1.5 4.5-4 5M14 7h5v5c0 3-1.5 4.5-4 5"/>',
    "code": '<path d="m8 7-5 5 5 5M16 7l5 5-5 5"/>',
    "talk": '<path d="M4 5h16v11h-8l-4.5 4v-4H4z"/><path d="M8 9h8M8 12h5"/>',
    "smile": '<circle cx="12" cy="12" r="8.5"/><path d="M8.5 14a4 4 0 0 0 7 0M9 9.5v.01M15 9.5v.01"/>',
    "eye": (
        '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/>'
        '<circle cx="12" cy="12" r="2.75"/>'
    ),
}

#: Which icon stands for files of a media type, by what the type starts with.
_BY_TYPE: Final[tuple[tuple[str, str], ...]] = (
    ("application/pdf", "pdf"),
    ("image/", "image"),
    ("text/csv", "sheet"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml", "sheet"),
    ("application/vnd.oasis.opendocument.spreadsheet", "sheet"),
    ("text/", "document"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml", "document"),
    ("application/vnd.oasis.opendocument.text", "document"),
)


def of_item(kind: str, media_type: str = "") -> str:
    """The name of the icon of an item."""
    if kind != "file":
        return kind
    return next((icon for start, icon in _BY_TYPE if media_type.startswith(start)), "file")
