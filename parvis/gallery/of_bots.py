"""What the bots say beside cards and results."""

from __future__ import annotations

from collections.abc import Iterator

from bots.courier import words as courier
from bots.find import words as find
from bots.framework import words as framework
from parvis.gallery import values as v
from parvis.gallery.sample import Both, Sample, sample, word


def samples() -> Iterator[Sample]:
    """All of them."""
    commands = Both(find.HELP["fr"], find.HELP["en"])
    for key in framework.WORDS:
        yield word(framework, key, help=commands, code="K7QX2P")
    for key in find.WORDS:
        yield word(find, key, parvis=v.PARVIS, account=v.ACCOUNT, most="200")
    for key in courier.WORDS:
        with_address = {"url": v.DOCUMENT} if "{url}" in courier.WORDS[key]["en"] else {}
        yield word(courier, key, workspace=v.WORKSPACE, most="50", since="03/11/2026 09:05", **with_address)
    yield sample(courier.listed, [v.DOCUMENT], case="1 thing")
    yield sample(courier.listed, [v.DOCUMENT, v.FILE, v.FOLDER], case="3 things")
