"""What agents read: one folder a kind of card, plain text and HTML, French and English. Pure functions of values."""

from cards.card import Card, Happening, render, render_bare
from cards.message import Language, Message

__all__ = ["Card", "Happening", "Language", "Message", "render", "render_bare"]
