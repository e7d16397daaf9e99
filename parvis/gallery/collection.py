"""The whole gallery, in the order in which it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from parvis.gallery import of_answers, of_bots, of_cards, of_files, of_spaces, of_talk
from parvis.gallery.sample import Sample

_PARTS: Mapping[str, Callable[[], Iterable[Sample]]] = {
    "Cards, links and results": of_cards.samples,
    "Answers": of_answers.samples,
    "Spaces": of_spaces.samples,
    "Files": of_files.samples,
    "Talk and comments": of_talk.samples,
    "Bots": of_bots.samples,
}


def gallery(wanted: str = "") -> dict[str, list[Sample]]:
    """The samples of each part whose names have `wanted`; parts without any are left out."""
    parts = {title: [one for one in samples() if wanted in one.name] for title, samples in _PARTS.items()}
    return {title: ones for title, ones in parts.items() if ones}
