"""Links of the workspace in what people write."""

from __future__ import annotations

from uuid import UUID

import pytest

from bridge.links import MOST, links_in
from contract.ids import ItemId

WORKSPACE = "https://espace.gouv.test"
A, B = (ItemId(UUID(f"0192f0c8-0000-7000-8000-00000000000{number}")) for number in (1, 2))
DOC, FILE = f"{WORKSPACE}/docs/{A}/", f"{WORKSPACE}/drive/{B}"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (DOC, [A]),
        (f"Voir {DOC}, puis {FILE}.", [A, B]),
        (f"(voir <{DOC}>)", [A]),
        (f"({FILE})", [B]),
        (f"[la note]({DOC})", [A]),
        (f"**{FILE}**", [B]),
        (f"« {DOC} »", [A]),
        (f"{DOC}#titre {DOC}?x=1 {DOC}", [A]),
        (f"{DOC}\n{FILE}\n{DOC}", [A, B]),
        (DOC.upper().replace("/DOCS/", "/docs/"), [A]),
        ("https://ailleurs.test" + DOC.removeprefix(WORKSPACE), []),
        (f"https://espace.gouv.test@evil.test/docs/{A}/", []),
        (f"https://evil.test/?{DOC}", []),
        (f"{WORKSPACE}/docs/pas-un-identifiant/", []),
        ("rien", []),
        (f"`{DOC}`", []),
        (f"``{DOC} ` ``", []),
        (f"un ` seul, et {DOC}", [A]),
        (f"```\n{DOC}\n```", []),
        (f"```\n{DOC}\n```\n{FILE}", [B]),
        (f"~~~sh\ncurl {DOC}\n~~~", []),
        (f"```\n{DOC}", []),
        (f"> {DOC}\n\nnon", []),
        (f"> {DOC}\n\n{FILE}", [B]),
    ],
)
def test_links_are_found_but_not_in_code_nor_in_what_others_wrote(body: str, found: list[ItemId]) -> None:
    assert links_in(body, WORKSPACE) == found


def test_of_a_long_list_only_the_first_are_looked_at() -> None:
    many = [ItemId(UUID(int=number)) for number in range(1, 20)]
    assert links_in(" ".join(f"{WORKSPACE}/docs/{item}/" for item in many), WORKSPACE) == many[:MOST]


@pytest.mark.parametrize("hostile", ["`" * 60_000, "```\n" * 15_000, "> " * 30_000, "https://" * 8_000, "``a" * 20_000])
def test_what_is_made_to_take_long_does_not(hostile: str) -> None:
    assert links_in(hostile + " " + DOC, WORKSPACE) in ([], [A])
