"""What every search engine must do. An engine's test module makes one and takes these statements over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contract.resources import Kind
from workspace.find.engines.base import Change, Clause, Engine, Entry, Order, Question
from workspace.find.engines.words import TooManyWords

ROOT, OTHER_ROOT = uuid4(), uuid4()
THEM = Clause(roots=frozenset({ROOT}))
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def entry(title: str, body: str = "", *, root: UUID = ROOT, **changes: object) -> Entry:
    """An entry under `root`."""
    id_ = uuid4()
    fields: dict[str, object] = {
        "id": id_,
        "kind": Kind.DOCUMENT,
        "title": title,
        "body": body,
        "ancestors": (root, id_),
        "updated_at": START,
    }
    return Entry(**(fields | changes))  # type: ignore[arg-type]


class EngineContract:
    """`engine` is a fixture of the module that takes this over: an engine with an empty index."""

    def found(self, engine: Engine, words: str, *clauses: Clause, **options: object) -> list[UUID]:
        return list(engine.search(Question(words, clauses or (THEM,), **options)).ids)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("typed", "text"),
        [
            ("délibération", "Les délibérations du conseil"),
            ("deliberations", "Une délibération municipale"),
            ("DÉLIBÉRATION", "une deliberation"),
            ("eau", "La qualité de l'eau"),
            ("l'eau", "Une eau pure"),
            ("état", "Le conseil d’État"),
            ("d'Etat", "L'état des lieux"),
            ("il", "Dès qu'il pleut"),
            ("cœur", "Au coeur du sujet"),
            ("meeting", "All the meetings"),
            ("running", "He runs the office"),
            ("energetique", "Plan de sobriété énergétique"),
            ("sous-préfet", "La sous-préfète et les sous-préfets"),
            ("financement", "Le \ufb01nancement du plan"),
            ("état", "Le conseil d'e\u0301tat"),
            ("2026-114", "Marché 2026-114, lot 3"),
        ],
    )
    def test_a_word_is_found_whatever_its_form(self, engine: Engine, typed: str, text: str) -> None:
        one = entry("Note", text)
        engine.apply(Change(entries=[one, entry("Note", "tout autre chose")]))
        assert self.found(engine, typed) == [one.id]

    def test_every_word_must_be_there(self, engine: Engine) -> None:
        both = entry("Plan", "budget de la culture")
        engine.apply(Change(entries=[both, entry("Plan", "budget"), entry("Plan", "culture")]))
        assert self.found(engine, "budget culture") == [both.id]

    def test_filler_words_are_not_insisted_on(self, engine: Engine) -> None:
        one = entry("Plan sobriété")
        engine.apply(Change(entries=[one]))
        assert self.found(engine, "le plan de la sobriété") == [one.id]

    def test_a_filler_word_alone_is_searched(self, engine: Engine) -> None:
        one = entry("La note")
        engine.apply(Change(entries=[one, entry("Budget")]))
        assert self.found(engine, "la") == [one.id]

    def test_a_phrase_keeps_its_order(self, engine: Engine) -> None:
        one = entry("Note", "la qualité de l'eau potable")
        engine.apply(Change(entries=[one, entry("Note", "l'eau de qualité, potable")]))
        assert self.found(engine, '"qualités de l’eau"') == [one.id]
        assert self.found(engine, "« eau potable »") == [one.id]

    def test_an_excluded_word_must_not_be_there(self, engine: Engine) -> None:
        one = entry("Plan", "budget")
        engine.apply(Change(entries=[one, entry("Plan", "budget annulé")]))
        assert self.found(engine, "budget -annulé") == [one.id]

    def test_a_title_counts_for_more_than_a_text(self, engine: Engine) -> None:
        title, body = entry("Sobriété", "un texte"), entry("Un titre", "sobriété")
        engine.apply(Change(entries=[body, title]))
        assert self.found(engine, "sobriété") == [title.id, body.id]

    def test_the_latest_comes_first_where_it_is_asked_for(self, engine: Engine) -> None:
        entries = [entry("Note", updated_at=START + timedelta(days=day)) for day in (2, 3, 1)]
        engine.apply(Change(entries=entries))
        assert self.found(engine, "note", order=Order.RECENT) == [entries[1].id, entries[0].id, entries[2].id]

    @pytest.mark.parametrize("typed", ["", "   ", "*", "-", '""', "-note", "l'", "!?…", "\x00"])
    def test_nothing_to_look_for_finds_nothing(self, engine: Engine, typed: str) -> None:
        engine.apply(Change(entries=[entry("Note")]))
        assert self.found(engine, typed) == []

    @pytest.mark.parametrize(
        "typed", ["title_fr:note", "note AND", "ancestors:*", "note^9", "[a TO z]", "note~2", "(note"]
    )
    def test_the_engines_own_query_language_is_not_spoken(self, engine: Engine, typed: str) -> None:
        engine.apply(Change(entries=[entry("Note", root=OTHER_ROOT), entry("Rien")]))
        assert self.found(engine, typed) == []

    @pytest.mark.parametrize("typed", ["a" * 401, "a " * 33])
    def test_what_is_too_long_to_be_a_search_is_refused(self, engine: Engine, typed: str) -> None:
        with pytest.raises(TooManyWords):
            self.found(engine, typed)

    def test_only_what_hangs_under_ones_roots_is_found_or_counted(self, engine: Engine) -> None:
        mine, theirs = entry("Note"), entry("Note", root=OTHER_ROOT)
        engine.apply(Change(entries=[mine, theirs]))
        answer = engine.search(Question("note", (THEM,)))
        assert (answer.ids, answer.total) == ((mine.id,), 1)

    def test_no_clause_and_an_empty_clause_find_nothing(self, engine: Engine) -> None:
        engine.apply(Change(entries=[entry("Note")]))
        assert engine.search(Question("note", ())).total == 0
        assert engine.search(Question("note", (Clause(),))).total == 0

    def test_every_clause_must_admit_it(self, engine: Engine) -> None:
        both = entry("Note", ancestors=(ROOT, OTHER_ROOT))
        engine.apply(Change(entries=[both, entry("Note"), entry("Note", root=OTHER_ROOT)]))
        other = Clause(roots=frozenset({OTHER_ROOT}))
        assert self.found(engine, "note", THEM, other) == [both.id]
        assert self.found(engine, "note", THEM, Clause()) == []

    def test_a_kind_narrows(self, engine: Engine) -> None:
        one = entry("Note", kind=Kind.FILE)
        engine.apply(Change(entries=[one, entry("Note")]))
        assert self.found(engine, "note", kind=Kind.FILE) == [one.id]

    def test_the_total_is_of_all_and_the_hits_are_the_first(self, engine: Engine) -> None:
        engine.apply(Change(entries=[entry("Note") for _ in range(7)]))
        answer = engine.search(Question("note", (THEM,), limit=3))
        assert (len(answer.ids), answer.total) == (3, 7)

    def test_indexing_again_replaces(self, engine: Engine) -> None:
        old = entry("Ancien titre")
        engine.apply(Change(entries=[old]))
        engine.apply(Change(entries=[entry("Nouveau titre", id=old.id, ancestors=(ROOT, old.id))]))
        assert self.found(engine, "ancien") == []
        assert self.found(engine, "nouveau") == [old.id]

    def test_what_is_gone_is_not_found(self, engine: Engine) -> None:
        one, kept = entry("Note"), entry("Note")
        engine.apply(Change(entries=[one, kept]))
        engine.apply(Change(gone=frozenset({one.id})))
        assert self.found(engine, "note") == [kept.id]

    def test_all_that_hangs_under_an_item_goes_at_once(self, engine: Engine) -> None:
        folder, kept = uuid4(), entry("Note")
        engine.apply(Change(entries=[entry("Note", ancestors=(ROOT, folder, uuid4())), kept]))
        engine.apply(Change(under=frozenset({folder})))
        assert self.found(engine, "note") == [kept.id]

    def test_what_is_indexed_in_the_commit_that_clears_above_it_stays(self, engine: Engine) -> None:
        one = entry("Note")
        engine.apply(Change(entries=[one], under=frozenset({ROOT})))
        assert self.found(engine, "note") == [one.id]

    def test_a_rebuild_replaces_everything(self, engine: Engine) -> None:
        engine.apply(Change(entries=[entry("Note")]))
        fresh = entry("Note")
        assert engine.rebuild(iter([fresh])) == 1
        assert self.found(engine, "note") == [fresh.id]
        engine.apply(Change(gone=frozenset({fresh.id})))
        assert self.found(engine, "note") == []

    def test_a_rebuild_that_fails_leaves_the_index_as_it_was(self, engine: Engine) -> None:
        one = entry("Note")
        engine.apply(Change(entries=[one]))

        def broken():  # type: ignore[no-untyped-def]
            yield entry("Note")
            raise RuntimeError("the database went away")

        with pytest.raises(RuntimeError):
            engine.rebuild(broken())
        assert self.found(engine, "note") == [one.id]

    def test_an_excerpt_marks_the_words_in_escaped_text(self, engine: Engine) -> None:
        one = entry("Note", "Avant. <script>alert('é')</script> & la sobriété énergétique des bâtiments.")
        engine.apply(Change(entries=[one]))
        excerpt = engine.excerpts("sobriete des", [one.id])[one.id]
        assert "<mark>sobriété</mark> énergétique" in excerpt
        assert "&lt;script&gt;" in excerpt
        assert "<script" not in excerpt
        assert "<mark>des" not in excerpt

    def test_an_excerpt_finds_the_place_in_a_long_text(self, engine: Engine) -> None:
        one = entry("Note", "rien. " * 3000 + "Le mot rare est ici. " + "rien. " * 3000)
        engine.apply(Change(entries=[one]))
        excerpt = engine.excerpts("rares", [one.id])[one.id]
        assert "<mark>rare</mark>" in excerpt
        assert len(excerpt) < 400

    def test_what_is_found_by_its_title_shows_the_beginning(self, engine: Engine) -> None:
        one, bare = entry("Sobriété", "Un  <b>début</b>\n" + "de texte " * 100), entry("Sobriété")
        engine.apply(Change(entries=[one, bare]))
        shown = engine.excerpts("sobriété", [one.id, bare.id])
        assert shown[one.id].startswith("Un &lt;b&gt;début&lt;/b&gt; de texte")
        assert shown[one.id].endswith("…")
        assert shown[bare.id] == ""

    def test_an_excerpt_of_what_is_not_indexed_is_not_given(self, engine: Engine) -> None:
        assert engine.excerpts("note", [uuid4()]) == {}
