"""The bot of docs/bots.md is taken out of the page, imported, and runs."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from bots.framework.app import App
from bots.framework.bot import Call
from bots.framework.settings import _KNOWN
from bots.framework.trust import Trust
from tests.bots import apps
from tests.bots.fake_client import FakeClient, room
from tests.bots.fake_workspace import FakeWorkspace

PAGE = Path(__file__).parents[2] / "docs/bots.md"
CAMILLE, INES, LOUIS = "@camille:a.test", "@ines:a.test", "@louis:a.test"


def example(folder: Path) -> App:
    """The page's first piece of Python, as a module of its own."""
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    written = [line for line in code.splitlines() if line.strip()]
    assert len(written) <= 24, "about twenty lines"
    file = folder / "secretary.py"
    file.write_text(code)
    spec = importlib.util.spec_from_file_location("secretary", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app = module.app
    assert isinstance(app, App)
    return app


async def test_the_bot_of_the_page_runs(workspace: FakeWorkspace, tmp_path: Path) -> None:
    client = FakeClient(rooms={"!all": room("!all", CAMILLE, INES), "!louis": room("!louis", CAMILLE, LOUIS)})
    async with apps.running(example(tmp_path), client, workspace, tmp_path) as scene:
        await scene.says("!all", CAMILLE, "!announce Lunch at noon")
        question = "$sent1"
        assert "Announce “Lunch at noon”?" in client.told("!all")[0]
        await scene.reacts("!all", CAMILLE, question, "✅")
        await scene.reacts("!all", INES, question, "✅", trust=Trust.UNKNOWN_DEVICE)
        assert not any("📣" in said for said in client.told("!all"))
        await scene.reacts("!all", INES, question, "✅")
        assert client.told("!all")[-1] == "📣 Lunch at noon"
        await scene.says("!all", CAMILLE, "!annoncer Again")
        await scene.says("!all", INES, f"!refuse {client.told('!all')[-1].split('!refuse ')[1][:6]}")
        assert client.told("!all")[-1] == "It stays unsaid."
        workspace.happens(workspace.add("Plan social", CAMILLE, INES))
        assert "Plan social" in (await scene.until_told("!all", len(client.told("!all")) + 1))[-1]
        [bare] = await scene.until_told("!louis", 1)
        assert "Plan social" not in bare
        assert "1 member of the room has no access" in bare


def test_the_page_names_what_there_is() -> None:
    """What the page's table names is in the code, and the other way round."""
    page = PAGE.read_text()
    assert {name for name in _KNOWN if f"`{name}`" in page} == _KNOWN
    for name in re.findall(r"`call\.(\w+)", page):
        assert hasattr(Call, name) or name in Call.__dataclass_fields__, name
    for name in re.findall(r"`@app\.(\w+)", page):
        assert hasattr(App, name), name
