"""Threads go with the passages that they are on."""

from __future__ import annotations

import logging

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests.workspace.comments.talk import Scene
from workspace.comments import anchors, reading, service
from workspace.comments.models import Thread
from workspace.docs import service as docs
from workspace.docs.render import Passage, render


def passages(text: str) -> tuple[Passage, ...]:
    return render(text, named=True).passages


def became(before: str, after: str) -> dict[str, str]:
    """What each passage that is not there any more has become, by how they begin."""
    was = passages(before)
    quotes = {one.key: one.quote for one in was}
    return {quotes[key]: to.quote for key, to in anchors.successors(was, passages(after), set(quotes))}


ONE, TWO, THREE = "Relever les compteurs du site.", "Comparer avec hier.", "Décider ensemble, lundi."


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((ONE, TWO), (ONE, TWO), {}),
        ((ONE, TWO, THREE), (THREE, ONE, TWO), {}),
        ((ONE, TWO), (ONE.replace("du", "de tout le"), TWO), {ONE: ONE.replace("du", "de tout le")}),
        ((ONE, TWO), (f"# {ONE.rstrip('.')}", TWO), {ONE: ONE.rstrip(".")}),
        ((ONE, TWO), (TWO,), {}),
        ((ONE, TWO), ("Tout autre chose ici, vraiment.", TWO), {}),
        ((ONE, TWO, THREE), (ONE, "Comparer avec hier soir.", "Un ajout.", THREE), {TWO: "Comparer avec hier soir."}),
        ((ONE, TWO, THREE), (THREE, TWO, ONE + " Vite."), {}),
        ((ONE,), (), {}),
        ((), (ONE,), {}),
    ],
)
def test_what_a_passage_has_become(before: tuple[str, ...], after: tuple[str, ...], expected: dict[str, str]) -> None:
    assert became("\n\n".join(before), "\n\n".join(after)) == expected


def test_a_thread_follows_a_correction_and_stays_when_its_passage_is_taken_out(
    scene: Scene, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    heading, paragraph, _last = reading.passages(scene.reader, scene.document.pk)
    thread = service.start(scene.commenter, scene.document.pk, "Quand ?", passage=paragraph.key).thread_id
    whole = service.start(scene.commenter, scene.document.pk, "Bien.").thread_id
    other = service.start(scene.commenter, scene.document.pk, "Titre ?", passage=heading.key).thread_id

    def save(text: str) -> Thread:
        with django_capture_on_commit_callbacks(execute=True):
            docs.update(scene.editor, scene.document.pk, based_on=None, content=text)
        return Thread.objects.get(pk=thread)

    moved = save("Avant.\n\n# Calendrier\n\nRelever tous les compteurs.\n")
    assert moved.quote == "Relever tous les compteurs."
    assert moved.passage in {one.key for one in reading.passages(scene.reader, scene.document.pk)}
    gone = save("# Calendrier\n\nRien de tel, et c’est bien ainsi.\n")
    assert gone.passage == moved.passage, "it keeps what it was on"
    assert gone.passage not in {one.key for one in reading.passages(scene.reader, scene.document.pk)}
    back = save("# Calendrier\n\nRelever tous les compteurs.\n")
    assert back.passage in {one.key for one in reading.passages(scene.reader, scene.document.pk)}
    assert Thread.objects.get(pk=whole).passage == ""
    assert Thread.objects.get(pk=other).passage == heading.key


def test_a_save_stays_whatever_becomes_of_its_threads(
    scene: Scene,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(docs, "_watchers", [broken])
    with caplog.at_level(logging.ERROR), django_capture_on_commit_callbacks(execute=True):
        assert docs.update(scene.editor, scene.document.pk, based_on=1, content="x").version == 2
    assert "broken" in caplog.text
