"""Cards of files: they say how large a file is, and of what type if it is a common one."""

from __future__ import annotations

from cards.kinds import Action, KindOfCard
from cards.message import Language
from contract.answers import CardFacts
from contract.events import EventType

_UNITS = {"fr": ("octets", "ko", "Mo", "Go", "To"), "en": ("bytes", "kB", "MB", "GB", "TB")}
_TYPES = {
    "application/pdf": "PDF",
    "text/markdown": "Markdown",
    "text/csv": "CSV",
    "application/vnd.oasis.opendocument.text": "ODT",
    "application/vnd.oasis.opendocument.spreadsheet": "ODS",
    "application/vnd.oasis.opendocument.presentation": "ODP",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PPTX",
}


def size(count: int, language: Language) -> str:
    """A number of bytes as people write it, in powers of a thousand: `12,3 ko`, `12.3 kB`."""
    units, value, step = _UNITS[language], float(count), 0
    while value >= 999.95 and step < len(units) - 1:
        value, step = value / 1000, step + 1
    if not step:
        return f"{count}\u00a0{units[0] if count > 1 else units[0].removesuffix('s')}"
    number = f"{value:.1f}".removesuffix(".0")
    return f"{number.replace('.', ',') if language == 'fr' else number}\u00a0{units[step]}"


def _facts(facts: CardFacts, language: Language) -> list[str]:
    kind = _TYPES.get(facts.media_type or "")
    return [*([kind] if kind else []), *([size(facts.size, language)] if facts.size is not None else [])]


FILE = KindOfCard(
    icon="📎",
    nouns={"fr": "fichier", "en": "file"},
    actions={
        EventType.FILE_UPLOADED: Action.UPLOADED,
        EventType.FILE_UPDATED: Action.UPDATED,
        EventType.FILE_SHARED: Action.SHARED,
        EventType.FILE_TRASHED: Action.TRASHED,
        EventType.FILE_RESTORED: Action.RESTORED,
    },
    facts=_facts,
)
