"""The site and a headless Chromium, started once for the tests that are marked `system`."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.workspace.pages import serving

FIRST_PORT = 24000


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Site]:
    """The real workspace with `stage` played on it. Tests of a session share it: they leave what others look at."""
    with serving.running(tmp_path_factory.mktemp("site"), FIRST_PORT) as running:
        yield running


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("There is no Chromium on this machine. Run: sh tests/install-chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path)
        yield browser
        await browser.close()
