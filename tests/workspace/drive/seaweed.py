"""A real SeaweedFS of its own on loopback, for the tests that are marked `system`."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: Seconds that it may take to answer; it takes about one.
_READY_WITHIN = 60.0
_STOPPED_WITHIN = 20.0


@dataclass(frozen=True)
class Seaweed:
    """Where it answers, and with which keys."""

    url: str
    access_key: str
    secret_key: str


@contextmanager
def running(folder: Path, first_port: int) -> Iterator[Seaweed]:
    """SeaweedFS with its data in `folder`, on ports from `first_port` to `first_port + 9`."""
    keys = Seaweed(f"http://127.0.0.1:{first_port}", "parvis", secrets.token_urlsafe(32))
    config = folder / "s3.json"
    config.touch(mode=0o600)
    credentials = [{"accessKey": keys.access_key, "secretKey": keys.secret_key}]
    config.write_text(
        json.dumps({"identities": [{"name": "parvis", "credentials": credentials, "actions": ["Admin"]}]})
    )
    ports = {
        "s3.port": 0,
        "s3.port.grpc": 1,
        "master.port": 2,
        "master.port.grpc": 3,
        "filer.port": 4,
        "filer.port.grpc": 5,
        "volume.port": 6,
        "volume.port.grpc": 7,
        "admin.port": 8,
        "admin.port.grpc": 9,
    }
    (folder / "data").mkdir()
    log = (folder / "weed.log").open("wb")
    process = subprocess.Popen(
        [
            Path(sys.executable).with_name("weed"),
            "-logtostderr=true",
            "mini",
            f"-dir={folder / 'data'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-disableHttp=true",
            "-master.telemetry=false",
            "-admin.ui=false",
            "-webdav=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",
            f"-s3.config={config}",
            *(f"-{name}={first_port + shift}" for name, shift in ports.items()),
        ],
        stdout=log,
        stderr=log,
        cwd=folder,
    )
    try:
        _wait(process, first_port, folder / "weed.log")
        yield keys
    finally:
        process.terminate()
        try:
            process.wait(_STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"SeaweedFS ended with {process.returncode}: {log.read_text()[-2000:]}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"SeaweedFS did not answer in {_READY_WITHIN} s: {log.read_text()[-2000:]}")
