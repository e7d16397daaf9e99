"""The real workspace (its server, SQLite, a SeaweedFS) on loopback, with `stage` played on it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.workspace.drive import seaweed

ROOT = Path(__file__).resolve().parents[3]
#: Seconds that it may take to answer, and to stop.
_READY_WITHIN, _STOPPED_WITHIN = 60.0, 20.0


@dataclass(frozen=True)
class Site:
    """Where it is, whose session has which key, and the path of each page."""

    url: str
    sessions: dict[str, str]
    paths: dict[str, str]


@contextmanager
def running(folder: Path, first_port: int) -> Iterator[Site]:
    """The site with its data in `folder`, on `first_port`, and its store on the ten ports after."""
    url = f"http://127.0.0.1:{first_port}"
    (folder / "s3").mkdir()
    with seaweed.running(folder / "s3", first_port + 1) as s3:
        environment = _environment(folder, first_port, url, s3)
        _run(environment, "-m", "workspace", "migrate", "--verbosity=0")
        played = json.loads(_run(environment, "-m", "tests.workspace.pages.stage"))
        with (folder / "web.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "workspace", "serve"], env=environment, cwd=ROOT, stdout=log, stderr=log
            )
            try:
                _wait(process, url, folder / "web.log")
                yield Site(url, played["sessions"], played["paths"])
            finally:
                _stop(process)


def _environment(folder: Path, port: int, url: str, s3: seaweed.Seaweed) -> dict[str, str]:
    files = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "OIDC_CLIENT_SECRET": secrets.token_urlsafe(16),
        "S3_ACCESS_KEY": s3.access_key,
        "S3_SECRET_KEY": s3.secret_key,
    }
    given = {"URL": url, "PORT": str(port), "DATA": str(folder / "data"), "S3_URL": s3.url}
    for name, secret in files.items():
        path = folder / name.lower()
        path.touch(mode=0o600)
        path.write_text(secret)
        given[f"{name}_FILE"] = str(path)
    services = folder / "services.json"
    acts = {"bridge": ["read", "save", "comment", "share"], "find": ["read"]}
    services.write_text(
        json.dumps({name: {"token_sha256": secrets.token_hex(32), "scopes": [], "acts": acts[name]} for name in acts})
    )
    given["SERVICES_FILE"] = str(services)
    others = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
    ours = {f"PARVIS_WORKSPACE_{name}": value for name, value in given.items()}
    return others | ours | {"PARVIS_RUN_DIR": str(folder / "run"), "PYTHONPATH": str(ROOT)}


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr[-3000:]}")
    return done.stdout


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The workspace ended with {process.returncode}: {log.read_text()[-3000:]}")
        try:
            httpx.get(f"{url}/signed-out/", trust_env=False, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"The workspace did not answer in {_READY_WITHIN} s: {log.read_text()[-3000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
