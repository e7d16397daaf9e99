"""Looking at pages in a Chromium as somebody would, and noting what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from playwright.async_api import Browser, Page

from tests.workspace.pages import serving

_AXE = serving.ROOT / "tests/system/js/node_modules/axe-core/axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: A window on a desk, and a telephone.
WIDTHS = (1280, 390)


class Looking:
    """One tab. `problems` is what the page complained of: errors, refused loads, violations of its policy."""

    def __init__(self, page: Page, site: serving.Site) -> None:
        self.page = page
        self.site = site
        self.problems: list[str] = []
        page.on("console", lambda said: self._heard(said.type, said.text, said.location.get("url", "")))
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("requestfailed", lambda request: self.problems.append(f"not loaded: {request.url} {request.failure}"))

    def _heard(self, kind: str, text: str, url: str) -> None:
        # What a page's own status is, Chromium says as an error of its console.
        if kind in {"error", "warning"} and not (url == self.page.url and "the server responded with a status" in text):
            self.problems.append(f"{kind}: {text}")

    async def open(self, path: str) -> int:
        """Go there; the status."""
        answer = await self.page.goto(self.site.url + path)  # scripts have run when it is there: they are modules
        return answer.status if answer else 0

    async def violations(self) -> list[str]:
        """What axe finds against WCAG 2.2 AA and its best practices, a line each."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(_AXE.read_text())
        found = await self.page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(_RULES)}}})")
        return [_line(one) for one in found["violations"]]

    async def sideways(self) -> list[str]:
        """What is wider than the window, if the page can be scrolled sideways."""
        found: list[str] = await self.page.evaluate(_SIDEWAYS)
        return found

    async def wrong(self) -> list[str]:
        """All of it, as the page is now at its width."""
        return [*self.problems, *await self.violations(), *await self.sideways()]


@asynccontextmanager
async def looking(
    chromium: Browser,
    site: serving.Site,
    who: str | None,
    *,
    language: str = "fr",
    width: int = WIDTHS[0],
    scheme: Literal["light", "dark"] = "light",
) -> AsyncIterator[Looking]:
    """A tab of somebody (`None`: not signed in) whose browser prefers `language` and `scheme`."""
    context = await chromium.new_context(
        viewport={"width": width, "height": 900}, locale=language, color_scheme=scheme, reduced_motion="reduce"
    )
    try:
        if who is not None:
            await context.add_cookies([{"name": "parvis_session", "value": site.sessions[who], "url": site.url}])
        yield Looking(await context.new_page(), site)
    finally:
        await context.close()


def _line(violation: dict[str, Any]) -> str:
    nodes = "; ".join(f"{node['html'][:160]} ({node['failureSummary']})" for node in violation["nodes"][:3])
    return f"axe {violation['id']}: {violation['help']}: {nodes}"


_SIDEWAYS = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > width + 1)
    .slice(0, 5)
    .map((one) => `wider than ${width}: ${one.outerHTML.slice(0, 120)}`);
}"""
