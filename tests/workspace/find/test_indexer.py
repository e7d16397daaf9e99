"""The indexer as it runs: real NATS, real S3, the relay and the indexer as processes, and what befalls them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.drive import seaweed

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[3]
S3_PORT, NATS_PORT = 23020, 23040
#: Seconds that anything here may take; all of it takes moments.
PATIENCE = 60.0


@dataclass
class Hub:
    """The processes, by name, and how each is started."""

    home: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        commands = {
            "nats": [str(Path(sys.executable).with_name("nats-server")), "-c", str(self.home / "nats.conf")],
            "relay": [sys.executable, "-m", "workspace", "relay"],
            "indexer": [sys.executable, "-m", "workspace", "indexer"],
        }
        with (self.home / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                commands[name], stdout=log, stderr=log, env=self.environment, cwd=ROOT
            )
        if name == "nats":
            within(lambda: _answers(NATS_PORT))

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM) -> int:
        process = self.running.pop(name)
        process.send_signal(number)
        return process.wait(PATIENCE)

    def log(self, name: str) -> str:
        return (self.home / f"{name}.log").read_text()


class Acts:
    """`tests.workspace.find.acts`, as functions."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.workspace.find.acts"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=ROOT,
            text=True,
        )

    def do(self, act: str, **arguments: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": act} | arguments) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    home = tmp_path_factory.mktemp("hub")
    with seaweed.running(tmp_path_factory.mktemp("s3"), S3_PORT) as s3:
        one = Hub(home, _environment(home, s3))
        subprocess.run([sys.executable, "-m", "workspace", "migrate", "-v0"], env=one.environment, cwd=ROOT, check=True)
        try:
            for name in ("nats", "relay", "indexer"):
                one.start(name)
            yield one
        finally:
            for name in list(one.running):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    one.stop(name)


@pytest.fixture(scope="module")
def acts(hub: Hub) -> Iterator[Acts]:
    one = Acts(hub.environment)
    yield one
    one.process.kill()
    one.process.wait()


@pytest.fixture(scope="module")
def camille(acts: Acts) -> str:
    return str(acts.do("person", name="camille"))


def _environment(home: Path, s3: seaweed.Seaweed) -> dict[str, str]:
    password = secrets.token_urlsafe(24)
    for name, value in (("s3-key", s3.access_key), ("s3-secret", s3.secret_key), ("nats", password)):
        (home / name).touch(mode=0o600)
        (home / name).write_text(value)
    (home / "nats.conf").touch(mode=0o600)
    (home / "nats.conf").write_text(
        f'listen: "127.0.0.1:{NATS_PORT}"\njetstream {{ store_dir: "{home / "jetstream"}", sync_interval: always }}\n'
        f'authorization {{ user: "parvis", password: "{password}" }}\n'
    )
    ours = {
        "PARVIS_RUN_DIR": str(home / "run"),
        "PARVIS_WORKSPACE_DATA": str(home / "workspace"),
        "PARVIS_WORKSPACE_FIND_DIR": str(home / "find"),
        "PARVIS_WORKSPACE_S3_URL": s3.url,
        "PARVIS_WORKSPACE_S3_ACCESS_KEY_FILE": str(home / "s3-key"),
        "PARVIS_WORKSPACE_S3_SECRET_KEY_FILE": str(home / "s3-secret"),
        "PARVIS_WORKSPACE_NATS_URL": f"nats://127.0.0.1:{NATS_PORT}",
        "PARVIS_WORKSPACE_NATS_USER": "parvis",
        "PARVIS_WORKSPACE_NATS_PASSWORD_FILE": str(home / "nats"),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
    return kept | ours


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def within(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def finds(acts: Acts, who: str, words: str, *items: str) -> None:
    within(lambda: acts.do("search", who=who, words=words) == list(items))


def test_a_document_and_the_contents_of_a_file_are_found(acts: Acts, camille: str) -> None:
    document = acts.do("document", who=camille, title="Premier", content="Une délibération du conseil.")
    finds(acts, camille, "deliberations", document)
    path = ROOT / "parvis" / "demo" / "note-sobriete.pdf"
    note = acts.do("file", who=camille, path=str(path), media_type="application/pdf")
    finds(acts, camille, "inertie réserve", note)


def test_what_happened_while_the_indexer_was_killed_is_done_when_it_is_back(hub: Hub, acts: Acts, camille: str) -> None:
    kept = acts.do("document", who=camille, title="Gardé")
    gone = acts.do("document", who=camille, title="Gardé aussi")
    finds(acts, camille, "aussi", gone)
    hub.stop("indexer", signal.SIGKILL)
    acts.do("retitle", who=camille, item=kept, title="Renommé")
    acts.do("trash", who=camille, item=gone)
    hub.start("indexer")
    finds(acts, camille, "renommé", kept)
    finds(acts, camille, "aussi")


def test_a_damaged_index_is_made_anew(hub: Hub, acts: Acts, camille: str) -> None:
    one = acts.do("document", who=camille, title="Indestructible")
    finds(acts, camille, "indestructible", one)
    assert hub.stop("indexer") == 0
    home = Path(hub.environment["PARVIS_WORKSPACE_FIND_DIR"])
    (home / (home / "current").read_text() / "meta.json").write_bytes(b"\x00")
    hub.start("indexer")
    finds(acts, camille, "indestructible", one)


def test_a_rebuild_while_the_indexer_runs_loses_nothing(hub: Hub, acts: Acts, camille: str) -> None:
    before = acts.do("document", who=camille, title="Avant la reconstruction")
    finds(acts, camille, "reconstruction", before)
    done = subprocess.run(
        [sys.executable, "-m", "workspace", "reindex"], env=hub.environment, cwd=ROOT, check=True, capture_output=True
    )
    assert b"items can be found" in done.stdout
    after = acts.do("document", who=camille, title="Ensuite")
    finds(acts, camille, "ensuite", after)
    finds(acts, camille, "reconstruction", before)


def test_it_goes_on_after_a_restart_of_nats(hub: Hub, acts: Acts, camille: str) -> None:
    hub.stop("nats", signal.SIGKILL)
    one = acts.do("document", who=camille, title="Sans réseau")
    hub.start("nats")
    finds(acts, camille, "réseau", one)


def test_it_stops_when_it_is_asked_to_and_logs_no_title(hub: Hub, acts: Acts, camille: str) -> None:
    one = acts.do("document", who=camille, title="Confidentiel", content="texte confidentiel")
    finds(acts, camille, "confidentiel", one)
    assert hub.stop("indexer") == 0
    log = hub.log("indexer")
    assert "Confidentiel" not in log
    assert "Traceback" not in log
