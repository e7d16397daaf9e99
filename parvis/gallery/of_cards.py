"""Cards: one thing to which something happened, many of them, and what a link opens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cards import Card, Flood, Happening, card, flood, links
from cards.card import KINDS
from cards.search import answer
from contract.events import EventType
from contract.resources import Kind
from parvis.gallery import values as v
from parvis.gallery.sample import Sample, sample

_MIDDLE = "Camille Martin", "Inès Benali", "Louis Petit", "Sofia Roux", "Ahmed"


def samples() -> Iterator[Sample]:
    """All of them."""
    for kind, words in KINDS.items():
        for happened in words.actions:
            yield from _happened(kind, happened)
    yield from _updates()
    yield from _odd_cards()
    for kind, words in KINDS.items():
        for happened in words.actions:
            yield from _floods(kind, happened)
    yield from _links()
    yield from _searches()


def _happened(kind: Kind, happened: EventType) -> Iterator[Sample]:
    name = happened.removeprefix("fr.parvis.")
    yield sample(card.render, _card(kind, Happening(happened, "Camille Martin", v.WHEN)), case=name)
    yield sample(
        card.render, _card(kind, Happening(happened, None, v.WHEN)), case=f"{name}, by nobody who may be named"
    )
    for cannot in (0, 1, 3):
        yield sample(card.render_bare, kind, cannot, happened, case=f"{name}, {_cannot(cannot)}")


def _updates() -> Iterator[Sample]:
    """Several changes of one document are one card."""
    for people in (0, 1, 2, 4, 5):
        names = _MIDDLE[:people] or (None,)
        changes = [
            Happening(EventType.DOCUMENT_UPDATED, name, v.WHEN + timedelta(minutes=turn))
            for turn, name in enumerate(names * 2)
        ]
        yield sample(card.render, _card(Kind.DOCUMENT, *changes), case=f"{len(changes)} changes by {people} people")


def _odd_cards() -> Iterator[Sample]:
    uploaded = Happening(EventType.FILE_UPLOADED, "Camille Martin", v.WHEN)
    for title, case in ((v.LONG, "a long title"), (v.RIGHT_TO_LEFT, "a title from right to left")):
        yield sample(card.render, _card(Kind.FILE, uploaded, title=title, folder=title), case=case)
    bad = Happening(EventType.FILE_UPLOADED, v.HOSTILE, v.WHEN)
    yield sample(
        card.render, _card(Kind.FILE, bad, title=v.HOSTILE, folder=v.HOSTILE), case="a hostile title", hostile=True
    )


def _floods(kind: Kind, happened: EventType) -> Iterator[Sample]:
    name = happened.removeprefix("fr.parvis.")
    items = tuple((f"{v.TITLES[kind]} ({number})", v.URLS[kind]) for number in range(1, 6))
    folder = ("Pièces du dossier", v.FOLDER)
    whole = Flood(kind, happened, 200, "Camille Martin", folder, items)
    yield sample(flood.render_flood, whole, case=f"200 × {name}")
    if kind is Kind.FILE and happened is EventType.FILE_UPLOADED:
        for some, case in (
            (Flood(kind, happened, 4, "Camille Martin", folder, items[:4]), "all are named"),
            (Flood(kind, happened, 6, "Camille Martin", folder, items), "one is not named"),
            (Flood(kind, happened, 6, "Camille Martin", folder, ()), "none may be named"),
            (Flood(kind, happened, 6, None, None, items[:1]), "neither who nor where may be told"),
        ):
            yield sample(flood.render_flood, some, case=case)
        bad = Flood(kind, happened, 6, v.HOSTILE, (v.HOSTILE, v.FOLDER), ((v.HOSTILE, v.FILE),))
        yield sample(flood.render_flood, bad, case="hostile titles", hostile=True)
    for cannot in (0, 1, 3):
        yield sample(flood.render_bare_flood, kind, 200, cannot, happened, case=f"200 × {name}, {_cannot(cannot)}")


def _links() -> Iterator[Sample]:
    for kind in KINDS:
        seen = v.facts(kind, folder="Pièces du dossier")
        yield sample(card.card_of, v.resource(kind), seen, v.URLS[kind], case=kind)
        yield sample(links.linked, v.resource(kind), seen, v.URLS[kind], case=kind)
    yield sample(links.hidden, None, case="it is not told whether it opens anything")
    for cannot in (1, 3):
        yield sample(links.hidden, cannot, case=_cannot(cannot))


def _searches() -> Iterator[Sample]:
    found = [
        v.hit(v.TITLE, "… l’<mark>accueil</mark> du public est ouvert de 9 h à 17 h …"),
        v.hit("note-sobriété.pdf", "", Kind.FILE),
        v.hit("Pièces du dossier", "", Kind.FOLDER),
    ]
    bad = [v.hit(v.HOSTILE, "&lt;script&gt; <mark>accueil</mark> &amp; <b>")]
    for maker in (answer.for_room, answer.for_asker, answer.for_asker_only):
        if maker is not answer.for_asker_only:
            yield sample(maker, [], 0, "accueil", v.WORKSPACE, case="nothing")
        yield sample(maker, found[:1], 1, "accueil", v.WORKSPACE, case="1 result")
        yield sample(maker, found, 3, "accueil du public", v.WORKSPACE, case="3 results")
        yield sample(maker, found, 5, "accueil du public", v.WORKSPACE, case="5 results, of which 3 are shown")
        yield sample(maker, found, 4, "accueil du public", v.WORKSPACE, case="4 results, of which 3 are shown")
        yield sample(maker, bad, 1, v.HOSTILE, v.WORKSPACE, case="hostile words and titles", hostile=True)
    yield sample(answer.for_asker_only, [], 300, "accueil", v.WORKSPACE, case="too many to show one")


def _card(kind: Kind, *happenings: Happening, title: str | None = None, folder: str | None = None) -> Card:
    return Card(v.resource(kind), v.facts(kind, title, folder), v.URLS[kind], happenings)


def _cannot(count: int) -> str:
    return f"{count} cannot read it" if count else "it is gone"
