"""Nobody is told what they may not read, and nobody is obeyed who did not write it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parvis.browser import Refused
from parvis.tour.cast import PATIENCE, Actor
from tests.impostor import write_as
from tests.system.conftest import FIND, PARVIS, Stack
from tests.system.js_client import JsClient

pytestmark = pytest.mark.system
SECRET = "Fermeture du site de Vannes"


async def test_a_strict_client_of_the_other_stack_reads_the_cards_without_a_shield_and_is_answered(
    stack: Stack, camille: Actor, ines: Actor, louis: Actor, tmp_path: Path
) -> None:
    person = louis.person
    async with JsClient.open(person.homeserver, person.user_id, person.password, log=tmp_path / "js.log") as js:
        recovery = (stack.layout.secrets / "identities" / person.id / "recovery.key").read_text().strip()
        await js.call("recover", recovery_key=recovery)
        await js.call("isolation", strict=True)
        room = await stack.room(camille, louis)
        folder = await stack.bound_folder(camille, room)
        document = await camille.browser.create_document("Pour l’autre pile", "", folder["id"])
        card = await js.wait_message(room, lambda message: document["url"] in message["body"], PATIENCE)
        assert card["shield"] == {"colour": "none", "reason": None}
        await js.call("send", room=room, body="!parvis bindings")
        answer = await js.wait_message(room, lambda message: folder["url"] in message["body"], PATIENCE)
        assert answer["shield"] == {"colour": "none", "reason": None}


async def test_a_title_is_told_only_where_all_may_read_and_taking_access_away_shows_in_the_next_card(
    stack: Stack, camille: Actor, ines: Actor
) -> None:
    room = await stack.room(camille, ines)
    await camille.client.invite(room, FIND)
    await ines.client.wait_joined(room, FIND, PATIENCE)
    folder = await stack.bound_folder(camille, room)
    document = await camille.browser.create_document(SECRET, "", folder["id"])
    await ines.hears(room, PARVIS, re.escape(SECRET))
    await stack.indexed(camille, "Vannes", document["id"])
    before = await ines.asks(room, "!find Vannes", FIND)
    assert SECRET in before.body
    assert (await ines.browser.api("GET", "search/?q=Vannes"))["total"] == 1

    accesses = await camille.browser.api("GET", f"items/{folder['id']}/accesses/")
    (given,) = [access for access in accesses["results"] if access["team"]]
    await camille.browser.api("DELETE", f"items/{folder['id']}/accesses/{given['id']}/")
    await camille.browser.edit_document(document["id"], document["version"], "deux")
    bare = await ines.hears(room, PARVIS, "^🔒 .*modifié")
    assert SECRET not in bare.body
    after = await ines.asks(room, "!find Vannes", FIND)
    assert SECRET not in after.body
    assert (await ines.browser.api("GET", "search/?q=Vannes"))["hits"] == []


async def test_who_may_not_read_learns_nothing_from_any_address(camille: Actor, louis: Actor) -> None:
    document = await camille.browser.create_document(SECRET, "Rien pour les autres.")
    absent = document["id"][:-4] + "0000"
    for method, address, body in (
        ("GET", "documents/{}/", None),
        ("PATCH", "documents/{}/", {"content": "x"}),
        ("GET", "documents/{}/versions/", None),
        ("GET", "items/{}/", None),
        ("GET", "items/{}/accesses/", None),
        ("DELETE", "items/{}/", None),
        ("PUT", "items/{}/link/", {"reach": "public", "role": "reader"}),
        ("GET", "files/{}/", None),
        ("GET", "files/{}/download/", None),
    ):
        said = []
        for item in (document["id"], absent):
            with pytest.raises(Refused) as refused:
                await louis.browser.api(method, address.format(item), body, {"If-Match": '"1"'})
            said.append((refused.value.status, refused.value.body))
        assert said[0] == said[1], address
        assert SECRET not in str(said)
    page = await louis.browser.http.get(document["url"])
    assert page.status_code == 404
    assert SECRET not in page.text


async def test_a_command_in_anothers_name_is_not_obeyed_by_the_bridge(
    stack: Stack, camille: Actor, sofia: Actor
) -> None:
    """Sofia has Camille's access token (as her homeserver has), but not her device's keys."""
    room = await stack.room(camille, sofia)
    document = await camille.browser.create_document("À Camille seule", "")
    await write_as(camille.client, sofia.client, room, f"!parvis bind {document['url']}", PATIENCE)
    answer = await camille.asks(room, "!parvis bindings", PARVIS)
    assert "ne suit rien" in answer.body
    assert "does not come from" in stack.layout.log("bridge").read_text()


async def test_the_bridge_refuses_a_room_without_encryption_and_says_why_in_private(
    stack: Stack, camille: Actor
) -> None:
    room = await camille.client.create_room("en clair", invite=[PARVIS], encrypted=False)
    direct = await camille.client.direct_with(PARVIS)
    seen = await camille.hears(direct, PARVIS, re.escape(room))
    assert "chiffrés" in seen.body
    assert all(message.sender != PARVIS for message in camille.client.messages(room))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("!parvis bnd x", "Vouliez-vous dire «\u00a0!parvis bind\u00a0»"),
        ("!parvis bind", "Écrivez\u00a0: !parvis bind <adresse>"),
        ("!parvis bind https://example.org/docs/1/", "pas l’adresse d’un document"),
        ("!parvis bind {url}/docs/00000000-0000-4000-8000-000000000000/", "Il n’y a rien à cette adresse"),
        ("!parvis link", "déjà relié"),
    ],
)
async def test_what_cannot_be_done_is_said_in_the_agents_language(
    stack: Stack, camille: Actor, command: str, said: str
) -> None:
    room = await camille.client.direct_with(PARVIS)
    answer = await camille.asks(room, command.format(url=stack.layout.workspace_url), PARVIS)
    assert said in answer.body


async def test_a_second_binding_is_said_to_be_one(stack: Stack, camille: Actor, ines: Actor) -> None:
    room = await stack.room(camille, ines)
    folder = await stack.bound_folder(camille, room)
    answer = await camille.asks(room, f"!parvis bind {folder['url']}", PARVIS)
    assert answer.body == "Ce salon le suit déjà."
    await camille.asks(room, "!parvis language en", PARVIS)
    english = await camille.asks(room, f"!parvis unbind {folder['url']}", PARVIS)
    assert english.body == "Done, this room no longer follows it."
