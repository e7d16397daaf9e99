"""Every page in a real browser: nothing that axe knows to be a barrier, nothing to scroll sideways, no complaint.

French is looked at in light colours on a desk, English in dark ones on a telephone, and either must fit both.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests.workspace.pages.looking import WIDTHS, Looking, looking
from tests.workspace.pages.serving import Site

pytestmark = pytest.mark.system

#: The pages of `stage.paths` and what they answer with, where that is not 200.
PAGES = {
    **dict.fromkeys(("home", "docs", "document", "document-hostile", "document-long", "document-new"), 200),
    **dict.fromkeys(("document-edit", "versions", "version", "version-first", "share-document", "move"), 200),
    **dict.fromkeys(
        ("drive", "folder", "folder-empty", "seal", "file", "share-folder", "trash", "document-in-trash"), 200
    ),
    **dict.fromkeys(("document-commenting", "document-thread", "document-resolved", "comment-edit"), 200),
    **dict.fromkeys(("search-empty", "search", "search-nothing", "account", "link-good"), 200),
    **dict.fromkeys(("link-used", "link-expired", "link-unknown"), 410),
    "not-found": 404,
    "uses": 200,
}
#: The second look is one of `make test-long`: what a page lacks for one it mostly lacks for the other.
LOOKS = [("fr", "light", 1280), pytest.param("en", "dark", 390, marks=pytest.mark.long)]


async def barriers(tab: Looking) -> list[str]:
    """What is wrong with the page as it is: for axe where it was opened, and sideways at each width."""
    wrong = [*tab.problems, *await tab.violations()]
    for width in WIDTHS:
        await tab.page.set_viewport_size({"width": width, "height": 900})
        wrong += await tab.sideways()
    return wrong


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
async def test_a_page_has_no_barrier(
    chromium: Browser, site: Site, name: str, language: str, scheme: Literal["light", "dark"], width: int
) -> None:
    async with looking(chromium, site, "camille", language=language, scheme=scheme, width=width) as tab:
        assert await tab.open(site.paths[name]) == PAGES[name]
        assert await tab.page.locator("html").get_attribute("lang") == language
        assert await barriers(tab) == []


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
@pytest.mark.parametrize("path", ["/", "/sign-in/failed/", "/signed-out/", "public"])
async def test_a_page_for_who_is_not_signed_in_has_no_barrier(
    chromium: Browser, site: Site, path: str, language: str, scheme: Literal["light", "dark"], width: int
) -> None:
    async with looking(chromium, site, None, language=language, scheme=scheme, width=width) as tab:
        assert await tab.open(site.paths.get(path, path)) == 200
        assert await barriers(tab) == []


@pytest.mark.parametrize("who", ["louis", "ines"])
@pytest.mark.parametrize("name", ["home", "document", "share-document"])
async def test_a_page_has_no_barrier_for_whom_it_offers_less(
    chromium: Browser, site: Site, name: str, who: str
) -> None:
    async with looking(chromium, site, who) as tab:
        assert await tab.open(site.paths[name]) == (403 if name == "share-document" else 200)
        assert await barriers(tab) == []


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
async def test_an_open_menu_is_no_barrier(
    chromium: Browser, site: Site, language: str, scheme: Literal["light", "dark"], width: int
) -> None:
    async with looking(chromium, site, "camille", language=language, scheme=scheme, width=width) as tab:
        await tab.open(site.paths["home"])
        await tab.page.locator(".menu summary").click()
        await expect(tab.page.locator(".menu__panel")).to_be_visible()
        assert await barriers(tab) == []


async def test_people_that_are_suggested_are_no_barrier(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "camille") as tab:
        await tab.open(site.paths["share-document"])
        await tab.page.get_by_role("combobox", name="Nom ou adresse électronique").press_sequentially("sofia")
        await expect(tab.page.get_by_role("option", name="Sofia Roux")).to_be_visible()
        assert await barriers(tab) == []


async def test_a_preview_is_no_barrier(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "camille") as tab:
        await tab.open(site.paths["document-edit"])
        await tab.page.get_by_role("button", name="Aperçu").click()
        await expect(tab.page.get_by_role("heading", name="Calendrier")).to_be_visible()
        assert await barriers(tab) == []


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
async def test_a_conflict_is_no_barrier(
    chromium: Browser, site: Site, language: str, scheme: Literal["light", "dark"], width: int
) -> None:
    async with looking(chromium, site, "camille", language=language, scheme=scheme, width=width) as tab:
        await tab.open("/docs/new/")
        await tab.page.locator("#title").fill("À deux")
        await tab.page.locator("textarea").fill("Premier")
        await tab.page.locator("[data-save]").click()
        await tab.open(urlsplit(tab.page.url).path + "edit/")
        for words in ("Deuxième", "Autre"):
            other = await tab.page.context.new_page()
            await other.goto(tab.page.url)
            await other.locator("textarea").fill(words)
            await other.locator("[data-save]").click()
            await other.wait_for_url(lambda url: "edit" not in url)
            await other.close()
        await tab.page.locator("textarea").fill("Troisième")
        await tab.page.locator("[data-save]").click()
        await expect(tab.page.get_by_role("alert")).to_contain_text("Camille Martin")
        await expect(tab.page.locator("textarea")).to_have_value(re.compile("Troisième(.|\\n)*Autre"))
        tab.problems.clear()  # a conflict is answered with 409, which the console has
        assert await barriers(tab) == []
