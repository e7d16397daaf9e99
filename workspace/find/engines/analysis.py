"""How French and English text becomes terms: elided articles away, lower case, stems, accents folded.

Every text is analysed in both languages: a workspace mixes them, often inside one document.
"""

from __future__ import annotations

from functools import cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

LANGUAGES = ("fr", "en")
#: What stands before an apostrophe in French and means nothing by itself. The tokenizer has cut at the apostrophe.
_ELISIONS = ["c", "d", "j", "jusqu", "l", "lorsqu", "m", "n", "puisqu", "qu", "quoiqu", "s", "t"]
#: A longer "word" is no word: base64, a key, a line of dashes.
_LONGEST = 60


def _analyzer(*filters: Filter) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for one in (Filter.remove_long(_LONGEST), Filter.lowercase(), *filters):
        builder = builder.filter(one)
    return builder.build()


@cache
def analyzer(language: str) -> TextAnalyzer:
    """The analyser of `fr` or `en`. French stems need the accents, so they are folded after; English ones do not."""
    if language == "fr":
        return _analyzer(Filter.custom_stopword(_ELISIONS), Filter.stemmer("French"), Filter.ascii_fold())
    return _analyzer(Filter.ascii_fold(), Filter.stemmer("English"))


@cache
def _stopwords() -> TextAnalyzer:
    return _analyzer(Filter.custom_stopword(_ELISIONS), Filter.stopword("french"), Filter.stopword("english"))


def is_filler(text: str) -> bool:
    """Whether `text` has only words such as "de" and "the", which a search must not insist on."""
    return not _stopwords().analyze(text)
