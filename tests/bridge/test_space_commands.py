"""What is asked for all rooms of a space, in one of them; and who may bind a room, by what power they have in it."""

from __future__ import annotations

import pytest

from bridge.commands.parsing import Command, Misused, Verb, parse
from bridge.offers import Choice
from contract.ids import ItemId, RoomId
from contract.options import Binders
from tests.bridge.conftest import Bridge
from tests.bridge.fakes import CAMILLE, INES, PARVIS, ROOM, item, problem, url_of
from tests.bridge.test_commands import answers
from tests.bridge.test_spaces import MALLORY, OTHER, SPACE, a_space, changes, into

DIRECT = RoomId(f"!direct-{CAMILLE}")


@pytest.fixture(autouse=True)
async def _space(bridge: Bridge) -> None:
    """Camille arranges the space, in which are her room and that of Inès."""
    bridge.rooms.members |= {ROOM: frozenset({PARVIS, CAMILLE, INES}), OTHER: frozenset({PARVIS, INES})}
    bridge.rooms.powers |= {ROOM: {CAMILLE}, OTHER: {INES}}
    a_space(bridge, SPACE, {ROOM: CAMILLE, OTHER: INES})
    await into(bridge, SPACE)
    bridge.rooms.events.clear()


def note(bridge: Bridge, *readers: object) -> ItemId:
    of = item()
    bridge.workspace.readers[of] = {*readers}  # type: ignore[arg-type]
    return of


def of_space(bridge: Bridge, space: RoomId = SPACE) -> list[str]:
    """What a space is bound to."""
    return [one["item"] for one in bridge.workspace.spaces.get(space, {"bindings": []})["bindings"]]


def asked_to_bind(bridge: Bridge) -> list[object]:
    return [body for _, path, body in bridge.workspace.asked if path.endswith("/bindings/")]


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        ("!parvis bind <https://a/b> space", Command(Verb.BIND, "https://a/b space")),
        ("!parvis unbind https://a/b ESPACE", Command(Verb.UNBIND, "https://a/b ESPACE")),
        ("!parvis bind https://a/b espace !id:x", Command(Verb.BIND, "https://a/b espace !id:x")),
        ("!parvis bind https://a/b room", Misused(Verb.BIND)),
        ("!parvis bind https://a/b space !id and", Misused(Verb.BIND)),
        ("!parvis bind space", Command(Verb.BIND, "space")),
    ],
)
def test_a_space_is_asked_for_by_a_word(body: str, parsed: object) -> None:
    assert parse(body) == parsed


class TestBindingASpace:
    async def test_is_done_for_who_arranges_it_and_says_that_nothing_is_shared(self, bridge: Bridge) -> None:
        of = note(bridge, CAMILLE, INES)
        (said,) = await answers(bridge, f"!parvis bind {url_of(of)} espace")
        assert of_space(bridge) == [str(of)]
        assert "Les salons de l’espace où je suis suivent désormais\u00a0: Plan social 2027" in said
        assert "Personne n’y gagne d’accès" in said
        assert bridge.workspace.spaces[SPACE]["rooms"] == [OTHER, ROOM]
        assert await answers(bridge, f"!parvis bind {url_of(of)} space") == ["L’espace le suit déjà."]

    async def test_asks_one_owner_for_the_room_where_it_was_asked_and_nobody_for_the_others(
        self, bridge: Bridge
    ) -> None:
        of = note(bridge, CAMILLE)
        bridge.workspace.owners[of] = {CAMILLE}
        (said,) = await answers(bridge, f"!parvis bind {url_of(of)} space")
        assert "Plan social" not in said
        (offer,) = bridge.rooms.said(DIRECT)
        assert "Plan social 2027" in offer["body"]
        assert len(bridge.rooms.reactions) == len(Choice)
        assert [path for _, path, _ in bridge.workspace.asked if "sharers" in path] == [f"rooms/{ROOM}/sharers/"]

    async def test_is_not_for_who_may_not_arrange_it(self, bridge: Bridge) -> None:
        of = note(bridge, CAMILLE, INES)
        bridge.rooms.members[SPACE] |= {INES}
        (said,) = await answers(bridge, f"!parvis bind {url_of(of)} space", sender=INES)
        assert "pas d’espace que vous organisez" in said
        assert SPACE not in said
        assert asked_to_bind(bridge) == []

    async def test_is_not_for_who_is_not_in_the_space_whatever_they_could_do_there(self, bridge: Bridge) -> None:
        bridge.rooms.powers[SPACE] = {CAMILLE, INES}
        (said,) = await answers(bridge, f"!parvis bind {url_of(note(bridge, INES))} space", sender=INES)
        assert "pas d’espace que vous organisez" in said
        assert asked_to_bind(bridge) == []

    async def test_is_not_for_a_room_that_only_claims_to_be_in_it(self, bridge: Bridge) -> None:
        await changes(bridge, SPACE, {OTHER: INES})
        bridge.rooms.parents.add((ROOM, SPACE))
        await bridge.middle.on_arranged(SPACE)
        (said,) = await answers(bridge, f"!parvis bind {url_of(note(bridge, CAMILLE))} space")
        assert "pas d’espace que vous organisez" in said
        assert asked_to_bind(bridge) == []

    async def test_is_asked_of_what_the_space_says_now(self, bridge: Bridge) -> None:
        await bridge.spaces.settle()
        bridge.rooms.spaces[SPACE] = {OTHER: INES}  # and we have not heard of it yet
        (said,) = await answers(bridge, f"!parvis bind {url_of(note(bridge, CAMILLE))} space")
        assert "pas d’espace que vous organisez" in said
        assert asked_to_bind(bridge) == []

    async def test_is_done_in_the_nearest_space(self, bridge: Bridge) -> None:
        of, above = note(bridge, CAMILLE, INES), RoomId("!above")
        a_space(bridge, above, {SPACE: CAMILLE})
        await into(bridge, above)
        await answers(bridge, f"!parvis bind {url_of(of)} space")
        assert (of_space(bridge), of_space(bridge, above)) == ([str(of)], [])
        await answers(bridge, f"!parvis bind {url_of(of)} space {above}")
        assert of_space(bridge, above) == [str(of)]
        await answers(bridge, f"!parvis unbind {url_of(of)} space")
        await answers(bridge, f"!parvis unbind {url_of(of)} space")
        assert (of_space(bridge), of_space(bridge, above)) == ([], [])

    async def test_asks_which_where_there_are_several_and_names_none_that_they_do_not_arrange(
        self, bridge: Bridge
    ) -> None:
        of, second, theirs = note(bridge, CAMILLE, INES), RoomId("!second"), RoomId("!theirs")
        a_space(bridge, second, {ROOM: CAMILLE})
        a_space(bridge, theirs, {ROOM: CAMILLE}, MALLORY)
        await into(bridge, second)
        await into(bridge, theirs, MALLORY)
        (said,) = await answers(bridge, f"!parvis bind {url_of(of)} space")
        assert SPACE in said
        assert second in said
        assert theirs not in said
        (said,) = await answers(bridge, f"!parvis bind {url_of(of)} space {theirs}")
        assert "pas d’espace que vous organisez" in said
        await answers(bridge, f"!parvis bind {url_of(of)} space {second}")
        assert (of_space(bridge), of_space(bridge, second), of_space(bridge, theirs)) == ([], [str(of)], [])

    async def test_brings_in_the_room_where_it_is_asked_and_says_to_them_alone_that_others_wait(
        self, bridge: Bridge
    ) -> None:
        await changes(bridge, SPACE, {ROOM: MALLORY, OTHER: MALLORY})
        of = note(bridge, CAMILLE, INES)
        (said,) = await answers(bridge, f"!parvis bind {url_of(of)} space")
        assert "suivent désormais" in said
        await bridge.spaces.settle()
        assert bridge.workspace.spaces[SPACE]["rooms"] == [ROOM]
        (alone,) = bridge.rooms.said(DIRECT)
        assert "Un salon que l’espace nomme" in alone["body"]

    async def test_brings_in_no_room_where_they_may_not_bind(self, bridge: Bridge) -> None:
        await changes(bridge, SPACE, {ROOM: MALLORY})
        await bridge.spaces.settle()
        bind = bridge.workspace._spaces

        def refused(method: str, path: str, body: object) -> object:
            return problem(409, "not_a_moderator") if path.endswith("/bindings/") else bind(method, path, body)

        bridge.workspace._spaces = refused  # type: ignore[method-assign, assignment]
        said = await answers(bridge, f"!parvis bind {url_of(note(bridge, CAMILLE))} space")
        assert said == ["the workspace says not_a_moderator"]
        await bridge.spaces.settle()
        assert bridge.workspace.spaces[SPACE]["rooms"] == []

    async def test_is_refused_where_the_room_follows_nothing_by_spaces(self, bridge: Bridge) -> None:
        await answers(bridge, "!parvis réglages espaces non")
        (said,) = await answers(bridge, f"!parvis bind {url_of(note(bridge, CAMILLE))} space")
        assert "ne rien suivre par ses espaces" in said
        assert asked_to_bind(bridge) == []

    async def test_wants_an_address_of_ours(self, bridge: Bridge) -> None:
        assert "pas l’adresse" in (await answers(bridge, "!parvis bind https://example.org/docs/1/ space"))[0]


class TestEndingIt:
    async def test_is_done_by_who_arranges_the_space(self, bridge: Bridge) -> None:
        of = note(bridge, CAMILLE, INES)
        await answers(bridge, f"!parvis bind {url_of(of)} space")
        (said,) = await answers(bridge, f"!parvis unbind {url_of(of)} space", sender=INES)
        assert "pas d’espace que vous organisez" in said
        assert of_space(bridge) == [str(of)]
        (said,) = await answers(bridge, f"!parvis unbind {url_of(of)} space")
        assert "l’espace ne le suit plus" in said
        assert of_space(bridge) == []
        (said,) = await answers(bridge, f"!parvis unbind {url_of(of)} space")
        assert "Aucun espace" in said

    async def test_in_one_room_alone_says_that_it_goes_on_by_the_space(self, bridge: Bridge) -> None:
        of = note(bridge, CAMILLE, INES)
        await answers(bridge, f"!parvis bind {url_of(of)}")
        bridge.workspace.rooms[ROOM]["bindings"][0] |= {"by_space": True}
        (said,) = await answers(bridge, f"!parvis unbind {url_of(of)}")
        assert "il le suit encore par son espace" in said

    async def test_in_one_room_is_refused_where_it_has_it_by_the_space_alone(self, bridge: Bridge) -> None:
        of = note(bridge, CAMILLE, INES)
        unbind = bridge.workspace._rooms

        def refused(method: str, path: str, body: object) -> object:
            return problem(409, "by_space") if path.endswith("/remove/") else unbind(method, path, body)

        bridge.workspace._rooms = refused  # type: ignore[method-assign, assignment]
        (said,) = await answers(bridge, f"!parvis unbind {url_of(of)}")
        assert f"!parvis unbind {url_of(of)} espace" in said
        assert "settings spaces non" in said


async def test_bindings_say_what_comes_by_the_space_and_name_nobody_who_need_not_be_here(bridge: Bridge) -> None:
    own, both, inherited = (note(bridge, CAMILLE, INES) for _ in range(3))
    for of in (own, both, inherited):
        await answers(bridge, f"!parvis bind {url_of(of)}")
    bindings = bridge.workspace.rooms[ROOM]["bindings"]
    bindings[1] |= {"by_space": True}
    bindings[2] |= {"by_space": True, "own": False, "bound_by": MALLORY}
    (said,) = await answers(bridge, "!parvis bindings")
    first, second, third = (line for line in said.split("\n") if "(depuis" in line)
    assert CAMILLE in first
    assert "espace" not in first
    assert f"par {CAMILLE}, aussi par son espace" in second
    assert "par son espace" in third
    assert MALLORY not in said


class TestModerators:
    @pytest.mark.parametrize("command", ["bind {url}", "unbind {url}", "settings threads on", "bind {url} space"])
    async def test_are_told_of_before_anything_is_asked_that_they_alone_may(self, bridge: Bridge, command: str) -> None:
        bridge.rooms.powers[ROOM] = {CAMILLE, PARVIS, MALLORY}
        await bridge.roster.tell(ROOM)
        bridge.workspace.asked.clear()
        await answers(bridge, f"!parvis {command.format(url=url_of(note(bridge, CAMILLE)))}")
        (first, *_) = [
            body for method, path, body in bridge.workspace.asked if (method, path) == ("PUT", f"rooms/{ROOM}/")
        ]
        assert first["moderators"] == [CAMILLE]

    async def test_are_not_told_of_whenever_somebody_comes_or_goes(self, bridge: Bridge) -> None:
        bridge.workspace.asked.clear()
        await bridge.roster.tell(ROOM)
        assert bridge.workspace.asked == [("PUT", f"rooms/{ROOM}/", {"members": sorted([CAMILLE, INES])})]

    @pytest.mark.parametrize("word", ["moderators", "modérateurs", "Modérateurs"])
    async def test_alone_may_bind_where_a_room_chose_so(self, bridge: Bridge, word: str) -> None:
        (said,) = await answers(bridge, f"!parvis settings binding {word}")
        assert "C’est noté\u00a0: binding = moderators" in said
        assert bridge.table.options(ROOM).binding is Binders.MODERATORS
