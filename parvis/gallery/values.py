"""Values to say things of: ordinary ones, long ones, and such as people write to deceive."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from contract.answers import CardFacts, Hit
from contract.comments import Comment, CommentId, ThreadId
from contract.ids import ItemId, MatrixId
from contract.resources import Kind, Resource

WORKSPACE = "https://parvis.gouv.test"
ACCOUNT = f"{WORKSPACE}/account/"
ITEM = ItemId(UUID("0192f0c8-5a4e-7c31-9d2b-3f1c7a90e0d4"))
DOCUMENT, FILE, FOLDER = (f"{WORKSPACE}/{place}/{ITEM}/" for place in ("docs", "drive", "drive"))
URLS = {Kind.DOCUMENT: DOCUMENT, Kind.FILE: FILE, Kind.FOLDER: FOLDER}
CAMILLE, INES = MatrixId("@camille.martin:interieur.gouv.test"), MatrixId("@ines.benali:culture.gouv.test")
PARVIS, ROOM = "@parvis:parvis.gouv.test", "!nKq3zVdPzvLr:parvis.gouv.test"
WHEN = datetime(2026, 11, 3, 9, 5, tzinfo=UTC)

#: A title as agents give them; the longest; one that is HTML and turns the text around; one from right to left.
TITLE = "Note sur l’accueil du public"
LONG = "Compte rendu de la réunion interministérielle sur l’accueil du public, " * 4
HOSTILE = "<b>Urgent</b>\u202e & «\u00a0relu\u00a0» *vite* https://pirate.test"
RIGHT_TO_LEFT = "تقرير 2026"
TITLES = {Kind.DOCUMENT: TITLE, Kind.FILE: "note-sobriété.pdf", Kind.FOLDER: "Pièces du dossier"}


def facts(kind: Kind, title: str | None = None, folder: str | None = None) -> CardFacts:
    """What a card shows of a thing of that kind."""
    is_file = kind is Kind.FILE
    return CardFacts(
        kind,
        title or TITLES[kind],
        folder=folder,
        media_type="application/pdf" if is_file else None,
        size=53_200 if is_file else None,
    )


def resource(kind: Kind) -> Resource:
    """A thing of that kind."""
    return Resource(kind, ITEM)


def hit(title: str, excerpt: str, kind: Kind = Kind.DOCUMENT) -> Hit:
    """Something that a search found."""
    return Hit(ITEM, kind, title, excerpt, URLS[kind], WHEN)


#: A comment of somebody with an account, on the whole document.
COMMENT = Comment(
    id=CommentId(ITEM),
    document=ITEM,
    thread=ThreadId(ITEM),
    number=1,
    version=1,
    author="Inès Benali",
    guest=None,
    text="Qui peut relire\u00a0?\nIl manque un chiffre au deuxième paragraphe.",
    quote=None,
    created_at=WHEN,
    edited_at=None,
    deleted=False,
    resolved=False,
    resolved_by=None,
    reactions={},
    origin_room=None,
    origin_event=None,
)
QUOTING = replace(COMMENT, quote="Le délai court à compter de la réception de la demande par le service.")
OF_A_GUEST = replace(COMMENT, author="Ahmed", guest=MatrixId("@ahmed:ville.test"))
OF_A_NAMELESS_GUEST = replace(COMMENT, author=None, guest=MatrixId("@ahmed:ville.test"))
OF_NOBODY = replace(COMMENT, author=None)
VERY_LONG = replace(COMMENT, text="Je propose de reprendre ce passage depuis le début. " * 400)
HOSTILE_COMMENT = replace(
    COMMENT, author="Inès <b>Benali</b>\u202e", text="<script>alert(1)</script>\n\n@room & **gras**"
)
