"""What is said of files that are saved from a room, sent into it, or opened in it."""

from __future__ import annotations

from collections.abc import Iterator

from cards import files
from parvis.gallery import values as v
from parvis.gallery.sample import Sample, sample

_NAME = "note-sobriété.pdf"


def samples() -> Iterator[Sample]:
    """All of them."""
    for before in (False, True):
        when = "before" if before else "now"
        yield sample(files.saved, _NAME, v.FILE, before=before, case=f"{when}, all may read it")
        yield sample(files.saved, None, v.FILE, before=before, case=f"{when}, not all may read it")
    yield sample(files.saved, v.HOSTILE, v.FILE, case="a hostile name", hostile=True)
    for maker in (
        *(files.no_folder, files.no_attachment, files.not_proved, files.empty, files.nameless, files.damaged),
        *(files.mistyped, files.server_away, files.server_waits, files.gone, files.did_not_work, files.not_a_file),
        *(files.nothing_to_open, files.not_from_here, files.key_gone, files.not_sealed, files.none_found),
        files.commands,
    ):
        yield sample(maker)
    yield sample(files.too_large, None, case="the limit is not known")
    yield sample(files.too_large, 100 << 20, case="the limit is 100 MiB")
    for not_allowed in (files.save_not_allowed, files.read_not_allowed):
        yield sample(not_allowed, v.ACCOUNT)
    for cannot in (1, 3):
        yield sample(files.some_cannot, cannot, case=f"{cannot} cannot read it")
    yield sample(files.only_yours, "note", case="ordinary words")
    yield sample(files.only_yours, v.HOSTILE, case="hostile words", hostile=True)
    yield sample(files.which, [(_NAME, v.FILE), ("note-de-service.pdf", v.FILE)], case="two files")
    for verb in ("save", "send", "open"):
        yield sample(files.usage, verb, case=verb)
    yield sample(files.unknown, "sav", "save", case="there is a near one")
    yield sample(files.unknown, "ranger", None, case="there is none")
    yield sample(files.unknown, v.HOSTILE, None, case="hostile", hostile=True)
