"""What a stack keeps: the objects of its store, the rows of its databases, the memory of its processes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3

from tests.system.conftest import Stack

#: The bucket, where nothing else is said (`workspace.config`).
_BUCKET = "parvis"


def s3(stack: Stack) -> Any:
    """A client of the store, with the operator's own keys."""
    keys = json.loads(stack.layout.s3_conf.read_text())["identities"][0]["credentials"][0]
    return boto3.client(
        "s3",
        endpoint_url=stack.layout.s3_url,
        aws_access_key_id=keys["accessKey"],
        aws_secret_access_key=keys["secretKey"],
        region_name="us-east-1",
    )


def objects(stack: Stack) -> dict[str, int]:
    """The keys of everything in the store, each with its bytes."""
    pages = s3(stack).get_paginator("list_objects_v2").paginate(Bucket=_BUCKET)
    return {one["Key"]: one["Size"] for page in pages for one in page.get("Contents", ())}


def contents(stack: Stack) -> Iterator[tuple[str, bytes]]:
    """Everything in the store, with its key."""
    client = s3(stack)
    for key in objects(stack):
        yield key, client.get_object(Bucket=_BUCKET, Key=key)["Body"].read()


def databases(stack: Stack) -> list[Path]:
    """Every SQLite database of ours: the workspace's, the bridge's and the bots'; not the homeservers'."""
    found = [path for path in (stack.layout.home / "data").rglob("*") if path.is_file() and _is_database(path)]
    assert {path.parent.name for path in found} >= {"workspace", "bridge"}
    return sorted(found)


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a question gets from a database, of what is committed by now."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def workspace(stack: Stack) -> Path:
    """The workspace's database."""
    (found,) = [path for path in databases(stack) if path.parent.name == "workspace"]
    return found


def pid_of(stack: Stack, part: str) -> int:
    """The process of a part that runs now."""
    (told,) = [told for told in stack.status()["parts"] if told["name"] == part]
    assert told["state"] == "ready", told
    return int(told["pid"])


def peak_mib(pid: int) -> float:
    """The most memory that a process ever had resident (`VmHWM`), in MiB. Its children are not counted."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024
