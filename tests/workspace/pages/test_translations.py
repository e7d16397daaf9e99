"""The French of the workspace: complete, compiled, with the same gaps to fill, and set as French is.

After a change of what the code says, with the gettext tools, in `workspace/`:
`PYTHONPATH=.. DJANGO_SETTINGS_MODULE=workspace.settings python -P -m django makemessages -l fr --no-obsolete --no-wrap
--add-location=never`, then translate, then `compilemessages -l fr` in the same way.
"""

from __future__ import annotations

import re

import polib
import pytest

from tests.workspace.pages import catalogue

_GAPS = re.compile(r"%\(\w+\)[sd]|(?<!%\()\{\w+\}")
#: A colon of an address, of an id or of Markdown is none of the sentence.
_NEEDS_A_THIN_SPACE = re.compile(r"[^\s\u00a0\u202f][;:!?»](?=\s|$)|« |[ ][;:!?»](?=\s|$)|«[^\u00a0\u202f]|\w'\w")


@pytest.fixture(scope="module")
def french() -> polib.POFile:
    return polib.pofile(str(catalogue.FRENCH))


def compiled(entries: polib.POFile | polib.MOFile) -> dict[catalogue.Message, object]:
    return {(one.msgctxt, one.msgid): one.msgstr_plural or one.msgstr for one in entries}


def test_all_that_is_said_is_in_the_catalogue_and_nothing_else(french: polib.POFile) -> None:
    there = {(one.msgctxt, one.msgid) for one in french}
    said = catalogue.said()
    assert said - there == set(), "run makemessages, and translate"
    assert there - said == set(), "these are said no longer"


def test_all_of_it_is_translated(french: polib.POFile) -> None:
    assert [one.msgid for one in french if not one.translated() or one.fuzzy] == []


def test_the_compiled_catalogue_is_that_of_the_sources(french: polib.POFile) -> None:
    assert compiled(polib.mofile(str(catalogue.FRENCH.with_suffix(".mo")))) == compiled(french)


def test_translations_have_the_gaps_of_what_they_translate(french: polib.POFile) -> None:
    for one in french:
        gaps = set(_GAPS.findall(one.msgid + one.msgid_plural))
        for words in list(one.msgstr_plural.values()) or [one.msgstr]:
            assert set(_GAPS.findall(words)) <= gaps, one.msgid
            if not one.msgid_plural:
                assert set(_GAPS.findall(words)) == gaps, one.msgid


def test_french_is_set_as_french_is(french: polib.POFile) -> None:
    texts = [words for one in french for words in list(one.msgstr_plural.values()) or [one.msgstr]]
    assert [words for words in texts if _NEEDS_A_THIN_SPACE.search(words)] == []
