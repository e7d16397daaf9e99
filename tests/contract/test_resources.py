"""Resource names and links: what names a thing of ours, and what only looks as if."""

from uuid import UUID

import pytest

from contract.errors import InvalidValue
from contract.ids import ItemId, item_id, matrix_id, room_id
from contract.resources import Kind, Resource, link, parse_link

ITEM = ItemId(UUID("0192d1c0-7a00-7000-8000-000000000001"))
WORKSPACE = "https://espace.gouv.test"


@pytest.mark.parametrize("kind", Kind)
def test_a_name_and_a_link_lead_back_to_the_resource(kind: Kind) -> None:
    resource = Resource(kind, ITEM)
    assert Resource.parse(resource.name) == resource
    assert parse_link(WORKSPACE, link(WORKSPACE, resource)) == ITEM


def test_a_workspace_below_a_path_has_links_below_it() -> None:
    workspace = "https://gouv.test/espace/"
    address = link(workspace, Resource(Kind.FOLDER, ITEM))
    assert address == f"https://gouv.test/espace/drive/{ITEM}/"
    assert parse_link(workspace, address) == ITEM


@pytest.mark.parametrize(
    "name",
    ["", "docs", "docs/document", f"drive/document/{ITEM}", f"docs/meeting/{ITEM}", "docs/document/1", "a/b/c/d"],
)
def test_what_names_no_resource_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue):
        Resource.parse(name)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "not a link",
        f"http://espace.gouv.test/docs/{ITEM}/",
        f"https://espace.gouv.test.evil.test/docs/{ITEM}/",
        f"https://evil.test/docs/{ITEM}/",
        f"https://espace.gouv.test@evil.test/docs/{ITEM}/",
        f"https://user:pass@espace.gouv.test/docs/{ITEM}/",
        f"https://espace.gouv.test:444/docs/{ITEM}/",
        f"https://espace.gouv.test:port/docs/{ITEM}/",
        f"https://espace.gouv.test/docs/{ITEM}/edit/",
        f"https://espace.gouv.test/docs/../docs/{ITEM}/",
        "https://espace.gouv.test/docs/",
        "https://[::1/docs/",
    ],
)
def test_what_is_no_link_to_an_item_of_ours_names_nothing(url: str) -> None:
    assert parse_link(WORKSPACE, url) is None


@pytest.mark.parametrize("tail", ["", "?version=3", "#titre"])
def test_a_link_may_carry_a_query_or_a_fragment(tail: str) -> None:
    assert parse_link(WORKSPACE, f" https://espace.gouv.test/docs/{ITEM}{tail} ") == ITEM


@pytest.mark.parametrize(
    "value", ["", "alice", "@alice", "alice:gouv.test", "@:gouv.test", "@a b:gouv.test", "@" + "a" * 260 + ":x"]
)
def test_what_is_no_matrix_id_is_refused(value: str) -> None:
    with pytest.raises(InvalidValue):
        matrix_id(value)


def test_ids_of_every_room_version_are_taken() -> None:
    assert matrix_id("@camille.martin:interieur.gouv.test")
    assert matrix_id("@camille.martin:localhost:8448")
    assert room_id("!abc:interieur.gouv.test")
    assert room_id("!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM")
    with pytest.raises(InvalidValue):
        room_id("#alias:gouv.test")
    with pytest.raises(InvalidValue):
        item_id("7")
