"""The gallery has everything that is said; and what it has reads well, as far as a program can tell."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from cards import Language, Message
from parvis.__main__ import cli
from parvis.gallery import collection, makers
from parvis.gallery.page import page
from parvis.gallery.sample import Sample

SAMPLES = [one for samples in collection.gallery().values() for one in samples]
#: What is said with values that nobody chose to deceive: its texts are all ours.
HONEST = [one for one in SAMPLES if not one.hostile]
LANGUAGES: tuple[Language, ...] = ("fr", "en")
#: What Matrix allows and we use (specification, "m.room.message msgtypes").
TAGS = {"p", "a", "strong", "em", "ul", "ol", "li", "code", "br"}
#: What a link is called where its address stands alone in the plain text.
LABELS = {"fr": ("Relier mon compte", "Le salon", "votre compte", "Ouvrir")}
LABELS |= {"en": ("Link my account", "The room", "your account", "Open")}

#: What is not set as it should be: spaces before marks, or none.
_WRONG = {
    "fr": (r" [:;?»]", r" !(\s|$)", r"[^\s:;?!…][;?](\s|$)", r"\w[:!](\s|$)", r"«(?!\u00a0)", r"(?<!\u00a0)»"),
    "en": (r"[\s\u00a0][:;?]", r"[\s\u00a0]!(\s|$)", r"[«»]"),
}


class Read(HTMLParser):
    """What a page says: its text, the addresses that it leads to, and its tags; they have to be closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.addresses, self.tags, self._open = "", set[str](), set[str](), list[str]()
        self.feed(html)
        self.close()
        assert not self._open, f"{self._open} are not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.text += "\n"
        self.addresses |= {value or "" for name, value in attrs if name == "href"}
        assert {name for name, _ in attrs} <= {"href"}
        if tag != "br":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data


def test_all_that_can_be_said_is_in_the_gallery_and_nothing_else() -> None:
    assert {one.name for one in SAMPLES} == makers.makers()


def test_what_makes_messages_is_found() -> None:
    found = makers.makers()
    assert {"cards.card.render", "cards.talk.not_allowed", "cards.search.answer.for_room"} <= found
    assert {"bots.find.words:moving", "bots.courier.words.listed"} <= found
    assert "cards.message.say" not in found


def test_no_two_samples_have_the_same_name_and_case() -> None:
    named = [(one.name, one.case) for one in SAMPLES]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("one", SAMPLES, ids=lambda one: f"{one.name} {one.case}")
def test_the_html_says_what_the_plain_text_says(one: Sample) -> None:
    for language in LANGUAGES:
        made = one.make(language)
        if not made.html:
            continue  # clients show the plain text
        read = Read(made.html)
        assert read.tags <= TAGS
        assert all(address in made.body for address in read.addresses), "an address is only in the HTML"
        assert _words(_without_labels(read.text, language)) - _words(made.body) == set(), "only in the HTML"
        assert _words(made.body) - _words(read.text) == set(), "only in the plain text"


@pytest.mark.parametrize("one", HONEST, ids=lambda one: f"{one.name} {one.case}")
def test_no_plain_text_has_markup_and_all_of_it_is_set_as_its_language_is(one: Sample) -> None:
    for language in LANGUAGES:
        body = _without_addresses(one.make(language).body)
        assert re.search(r"</?(p|a|strong|em|ul|ol|li|code|br|b|i)\b", body) is None
        assert "&" not in body
        assert not re.search(r"[{}]", body)
        for wrong in (r"\w'\w", r"(?m)[ \u00a0]+$", r"\S {2,}\S", *_WRONG[language]):
            assert not re.search(wrong, _without_people_s_words(body)), (wrong, body)


@pytest.mark.parametrize("one", HONEST, ids=lambda one: f"{one.name} {one.case}")
def test_one_is_singular_and_two_are_plural(one: Sample) -> None:
    for language in LANGUAGES:
        body = _without_people_s_words(_without_addresses(one.make(language).body))
        many = re.search(r"(?<![\w.,:/])1[ \u00a0](\w+s)\b", body)
        assert many is None or many[1] in ("has", "mois"), body
        assert re.search(r"(?<![\w.,:/])(?:0|[2-9]|\d\d+)[ \u00a0](member|document|file|minute|result)\b", body) is None


def test_it_is_read_in_a_terminal() -> None:
    answer = CliRunner().invoke(cli, ["cards", "talk.resolved", "--language", "fr"])
    assert answer.exit_code == 0
    assert "✅ Inès Benali a clos cette discussion." in answer.output
    assert "resolved this discussion" not in answer.output
    assert "cards.answers" not in answer.output


def test_a_word_that_is_in_no_name_is_an_error() -> None:
    answer = CliRunner().invoke(cli, ["cards", "nothing.of.the.kind"])
    assert answer.exit_code != 0
    assert "has “nothing.of.the.kind” in its name" in str(answer.exception)


def test_it_is_a_page_that_needs_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "cards.html"
    answer = CliRunner().invoke(cli, ["cards", "--html", str(file)])
    assert answer.exit_code == 0
    shown = file.read_text(encoding="utf-8")
    assert f"{len(SAMPLES)} samples" in shown
    assert "<script" not in shown.replace("&lt;script", "")
    assert not re.search(r"<(link|img|iframe)\b|@import|url\(", shown)
    assert shown.count("<article>") == len(SAMPLES)


def test_the_page_shows_what_is_hostile_as_text() -> None:
    bad = Sample("x", "<i>", "<i>", lambda _language: Message("<i>body</i>", "<p>ours</p>"))
    shown = page({"<i>": [bad]}, ["fr"])
    assert "<i>" not in shown
    assert "<p>ours</p>" in shown


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", _without_addresses(text)))


def _without_labels(text: str, language: Language) -> str:
    for label in LABELS[language]:
        text = re.sub(rf"(?m)^{label}$", "", text)
    return text


def _without_addresses(text: str) -> str:
    return re.sub(r"https?://[^\s,]*[^\s,.]|[@!][\w.]+:[\w.]+", "…", text)


def _without_people_s_words(text: str) -> str:
    """What is left of a text if what people wrote in it, in whatever language, is taken out."""
    return re.sub(r"Qui peut relire.*|^> .*|“[^”]*”", "…", text, flags=re.MULTILINE)
