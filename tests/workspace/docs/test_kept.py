"""Rendered HTML is kept, but no more of it than there is room for."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.workspace.people import person
from workspace.docs import service
from workspace.docs.kept import Kept
from workspace.docs.render import Rendered

ONE, TWO, THREE = ((uuid4(), number) for number in (1, 2, 3))


def page(size: int) -> Rendered:
    return Rendered("a" * size)


def test_what_was_not_asked_for_the_longest_makes_room() -> None:
    kept = Kept(10)
    kept.put(ONE, page(4))
    kept.put(TWO, page(4))
    assert kept.get(ONE) == page(4)
    kept.put(THREE, page(5))
    assert [kept.get(version) for version in (ONE, TWO, THREE)] == [page(4), None, page(5)]


def test_what_is_larger_than_the_room_is_not_kept_and_what_is_put_twice_counts_once() -> None:
    kept = Kept(10)
    for _ in range(5):
        kept.put(ONE, page(6))
    assert kept.get(ONE) == page(6)
    kept.put(TWO, page(11))
    assert kept.get(TWO) is None
    kept.put(THREE, page(10))
    assert kept.get(THREE) == page(10)


@pytest.mark.django_db
def test_a_version_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def render(content: str, *, named: bool) -> Rendered:
        assert named, "comments point at its passages"
        made.append(content)
        return Rendered(content)

    monkeypatch.setattr(service, "render", render)
    document = service.create(person("camille.martin"), title="Note", content="Un")
    for _ in range(3):
        assert service.rendered(document.pk, document.version, document.content).html == "Un"
    assert made == ["Un"]
