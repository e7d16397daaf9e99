"""Every page in a real browser: nothing that axe knows to be a barrier, nothing to scroll sideways, no complaint.

French is looked at in light colours and English in dark ones, each on a wide window and on a telephone's.
"""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import Browser

from tests.workspace.pages.looking import WIDTHS, Looking, looking
from tests.workspace.pages.serving import Site

pytestmark = pytest.mark.system

#: The pages of `stage.paths` and what they answer with, where that is not 200.
PAGES = {
    **dict.fromkeys(("home", "docs", "document", "document-hostile", "document-long", "document-new"), 200),
    **dict.fromkeys(("document-edit", "versions", "version", "version-first", "share-document", "move"), 200),
    **dict.fromkeys(("drive", "folder", "folder-empty", "file", "share-folder", "trash", "document-in-trash"), 200),
    **dict.fromkeys(("search-empty", "search", "search-nothing", "account", "link-good"), 200),
    **dict.fromkeys(("link-used", "link-expired", "link-unknown"), 410),
    "not-found": 404,
}
LOOKS = [("fr", "light"), ("en", "dark")]


async def barriers(tab: Looking) -> list[str]:
    """What is wrong with the page as it is, at each width."""
    wrong = []
    for width in WIDTHS:
        await tab.page.set_viewport_size({"width": width, "height": 900})
        wrong += [f"{width}: {one}" for one in await tab.wrong()]
    return wrong


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
async def test_a_page_has_no_barrier(
    chromium: Browser, site: Site, name: str, language: str, scheme: Literal["light", "dark"]
) -> None:
    async with looking(chromium, site, "camille", language=language, scheme=scheme) as tab:
        assert await tab.open(site.paths[name]) == PAGES[name]
        assert await tab.page.locator("html").get_attribute("lang") == language
        assert await barriers(tab) == []
