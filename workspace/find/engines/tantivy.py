"""The embedded engine: tantivy, an index in a directory. One writer at a time, readers that never wait for it.

Layout of the directory (mode 700): `current` names the generation that is searched, a sub-directory; `writer.lock` is
held (flock) while something is written. A rebuild writes a new generation beside the old one and swaps `current` in one
rename. Whoever applied a change keeps tantivy's writer, and with it tantivy's own lock on that generation, so that
segments are merged in the background.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from tantivy import Document, Index, IndexWriter, Occur, Query, Schema, SchemaBuilder, Searcher, SnippetGenerator
from tantivy import Order as Direction

from workspace.find.engines import excerpts
from workspace.find.engines.analysis import LANGUAGES, analyzer, is_filler
from workspace.find.engines.base import (
    Answer,
    Change,
    Clause,
    Entry,
    IndexUnavailable,
    Order,
    Question,
    WriterBusy,
)
from workspace.find.engines.words import Term, normalise, parse

logger = logging.getLogger(__name__)

#: Part of a generation's name: one with another schema is not ours to read, and is rebuilt.
SCHEMA_VERSION = 2
_POINTER = "current"
_LOCK = "writer.lock"
#: Bytes that tantivy may fill before it writes a segment.
_SMALL_HEAP, _LARGE_HEAP = 15_000_000, 64_000_000
_TITLE_BOOST = 3.0
#: Where both languages find a word, how much the weaker of the two adds.
_TIE_BREAKER = 0.1


def _schema() -> Schema:
    builder = SchemaBuilder()
    for name in ("id", "ancestors", "kind"):
        builder.add_text_field(name, stored=name == "id", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("updated_at", fast=True)
    for language in LANGUAGES:
        builder.add_text_field(f"title_{language}", tokenizer_name=language)
        builder.add_text_field(f"body_{language}", tokenizer_name=language)
    builder.add_text_field("body", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


class TantivyEngine:
    """A `workspace.find.engines.base.Engine` in the directory `home`, made if it is not there."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._schema = _schema()
        self._opened: tuple[str, Index] | None = None
        self._opening = threading.Lock()
        self._writer: tuple[str, IndexWriter] | None = None

    def apply(self, change: Change) -> None:
        """See `Engine.apply`."""
        with self._locked(), _committed(self._kept_writer()) as writer:
            for item in change.gone:
                writer.delete_documents_by_term("id", str(item))
            for item in change.under:
                writer.delete_documents_by_term("ancestors", str(item))
            for entry in change.entries:
                writer.delete_documents_by_term("id", str(entry.id))
                writer.add_document(self._document(entry))

    def rebuild(self, entries: Iterable[Entry]) -> int:
        """See `Engine.rebuild`."""
        with self._locked():
            name = f"v{SCHEMA_VERSION}-{uuid4().hex}"
            (self._home / name).mkdir(mode=0o700)
            count = 0
            writer = _writer(self._create(name), _LARGE_HEAP)
            with _committed(writer):
                for entry in entries:
                    writer.add_document(self._document(entry))
                    count += 1
            writer.wait_merging_threads()
            self._swap(name)
            self._sweep(keep=name)
            return count

    def ready(self) -> bool:
        """See `Engine.ready`."""
        try:
            self._searcher()
        except IndexUnavailable:
            return False
        return True

    def search(self, question: Question) -> Answer:
        """See `Engine.search`."""
        wanted = self._terms(parse(question.words))
        if wanted is None or not question.clauses:
            return Answer((), 0)
        filters = [self._rights(clause) for clause in question.clauses]
        if question.kind is not None:
            filters.append(Query.term_query(self._schema, "kind", str(question.kind), "basic"))
        must = [(Occur.Must, wanted)] + [(Occur.Must, Query.const_score_query(one, 0.0)) for one in filters]
        recent = question.order is Order.RECENT
        with _reading():
            searcher = self._searcher()
            found = searcher.search(
                Query.boolean_query(must),
                limit=question.limit,
                order_by_field="updated_at" if recent else None,
                order=Direction.Desc,
            )
            ids = tuple(UUID(searcher.doc(address).get_first("id")) for _, address in found.hits)
        return Answer(ids, found.count)  # type: ignore[attr-defined]  # tantivy's own stubs forgot it

    def excerpts(self, words: str, ids: Sequence[UUID]) -> dict[UUID, str]:
        """See `Engine.excerpts`."""
        shown = self._shown(parse(words))
        if not ids or shown is None:
            return {}
        with _reading():
            searcher = self._searcher()
            generators = {}
            for language in LANGUAGES:
                generator = SnippetGenerator.create(searcher, shown, self._schema, f"body_{language}")
                generator.set_max_num_chars(excerpts.LENGTH)
                generators[language] = generator
            wanted = Query.term_set_query(self._schema, "id", [str(item) for item in ids])
            found = searcher.search(wanted, limit=len(ids), count=False)
            documents = [searcher.doc(address) for _, address in found.hits]
            return {
                UUID(one.get_first("id")): self._excerpt(generators, one.get_first("body") or "") for one in documents
            }

    def _excerpt(self, generators: dict[str, SnippetGenerator], body: str) -> str:
        best: tuple[int, str] = (0, "")
        for language, generator in generators.items():
            document = Document.from_dict({f"body_{language}": [body]}, self._schema)
            snippet = generator.snippet_from_doc(document)
            ranges = [(one.start, one.end) for one in snippet.highlighted()]
            if len(ranges) > best[0]:
                best = (len(ranges), excerpts.marked(snippet.fragment(), ranges))
        return best[1] or excerpts.beginning(body)

    def _terms(self, terms: Sequence[Term]) -> Query | None:
        """What must, may and must not be there; None where there is nothing to look for.

        Filler words ("de", "the") only add to the score, unless there is nothing but them.
        """
        positive = [term for term in terms if not term.excluded]
        insisted = [term for term in positive if not is_filler(term.text)] or positive
        clauses: list[tuple[Occur, Query]] = []
        for term in terms:
            query = self._term(term.text)
            if query is None:
                continue
            if term.excluded:
                clauses.append((Occur.MustNot, query))
            else:
                clauses.append((Occur.Must if term in insisted else Occur.Should, query))
        return Query.boolean_query(clauses) if any(occur is Occur.Must for occur, _ in clauses) else None

    def _shown(self, terms: Sequence[Term]) -> Query | None:
        """What an excerpt marks."""
        positive = [term for term in terms if not term.excluded]
        insisted = [term for term in positive if not is_filler(term.text)] or positive
        queries = [query for term in insisted if (query := self._term(term.text)) is not None]
        return Query.boolean_query([(Occur.Should, query) for query in queries]) if queries else None

    def _term(self, text: str) -> Query | None:
        either: list[Query] = []
        for language in LANGUAGES:
            # With their positions: where an elided article was left out, a phrase has a gap, here as in the index.
            tokens = [(token.position, token.text) for token in analyzer(language).pre_tokenize(text).tokens]
            if not tokens:
                continue
            for field, boost in ((f"title_{language}", _TITLE_BOOST), (f"body_{language}", 1.0)):
                one = (
                    Query.term_query(self._schema, field, tokens[0][1])
                    if len(tokens) == 1
                    else Query.phrase_query(self._schema, field, list(tokens))
                )
                either.append(Query.boost_query(one, boost))
        return Query.disjunction_max_query(either, _TIE_BREAKER) if either else None

    def _rights(self, clause: Clause) -> Query:
        if not clause.roots:
            return Query.empty_query()
        return Query.term_set_query(self._schema, "ancestors", [str(root) for root in clause.roots])

    def _document(self, entry: Entry) -> Document:
        title, body = normalise(entry.title), normalise(entry.body)
        fields: dict[str, list[Any]] = {
            "id": [str(entry.id)],
            "ancestors": [str(item) for item in entry.ancestors],
            "kind": [str(entry.kind)],
            "updated_at": [max(0, int(entry.updated_at.timestamp() * 1_000_000))],
            "body": [body],
        }
        for language in LANGUAGES:
            fields[f"title_{language}"] = [title]
            fields[f"body_{language}"] = [body]
        return Document.from_dict(fields, self._schema)

    def _searcher(self) -> Searcher:
        """What is committed now: a rebuild by another process is noticed by its name, a commit by a reload (0.2 ms)."""
        name = self._generation()
        with self._opening:
            if self._opened is None or self._opened[0] != name:
                self._opened = (name, self._open(name))
            index = self._opened[1]
        with _reading():
            index.reload()
            return index.searcher()

    def _generation(self) -> str:
        try:
            name = (self._home / _POINTER).read_text().strip()
        except OSError as error:
            raise IndexUnavailable("there is no search index yet") from error
        if not name.startswith(f"v{SCHEMA_VERSION}-") or "/" in name:
            raise IndexUnavailable("the search index is of another version of Parvis")
        return name

    def _open(self, name: str) -> Index:
        with _reading():
            return self._set_up(Index.open(str(self._home / name)))

    def _create(self, name: str) -> Index:
        return self._set_up(Index(self._schema, path=str(self._home / name), reuse=False))

    def _set_up(self, index: Index) -> Index:
        for language in LANGUAGES:
            index.register_tokenizer(language, analyzer(language))
        # Reloaded by hand at each search: tantivy's own watcher is a thread that polls.
        index.config_reader(reload_policy="manual")
        return index

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._home / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _kept_writer(self) -> IndexWriter:
        name = self._generation()
        if self._writer is None or self._writer[0] != name:
            self._writer = None
            self._writer = (name, _writer(self._open(name), _SMALL_HEAP))
        return self._writer[1]

    def _swap(self, name: str) -> None:
        fresh = self._home / f"{_POINTER}.new"
        with fresh.open("w") as file:
            file.write(name)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._home / _POINTER)

    def _sweep(self, keep: str) -> None:
        """Old generations go; a reader that still has one open keeps its files until it lets go of them."""
        for one in self._home.iterdir():
            if one.is_dir() and one.name != keep:
                shutil.rmtree(one, ignore_errors=True)


def _writer(index: Index, heap: int) -> IndexWriter:
    try:
        return index.writer(heap_size=heap, num_threads=1)
    except ValueError as error:
        if "lock" in str(error).lower():
            raise WriterBusy("another process writes the search index") from error
        raise IndexUnavailable("the search index cannot be written") from error


@contextmanager
def _committed(writer: IndexWriter) -> Iterator[IndexWriter]:
    """All or nothing."""
    try:
        yield writer
        with _reading():
            writer.commit()
    except BaseException:
        writer.rollback()
        raise


@contextmanager
def _reading() -> Iterator[None]:
    """Tantivy raises `ValueError` for everything; behind this door all of it is an index that must be rebuilt."""
    try:
        yield
    except (ValueError, OSError) as error:
        logger.warning("find.index_unreadable error=%s", type(error).__name__)
        raise IndexUnavailable("the search index cannot be read") from error
