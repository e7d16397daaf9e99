"""What people do in the workspace, in a process of its own: JSON lines in and out.

Each line is `{"do": <name of a function below>, …its arguments}`; the answer is one line with what it returned.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django


def person(name: str) -> str:
    from workspace.accounts.models import User

    return str(User.objects.create(sub=name, email=f"{name}@a.test", full_name=name, username=name).pk)


def document(who: str, title: str, content: str = "") -> str:
    from workspace.docs import service

    return str(service.create(_user(who), title=title, content=content).pk)


def retitle(who: str, item: str, title: str) -> None:
    from uuid import UUID

    from workspace.docs import service

    service.update(_user(who), UUID(item), based_on=None, title=title)


def file(who: str, path: str, media_type: str) -> str:
    from pathlib import Path

    from workspace.drive import service

    raw = Path(path).read_bytes()
    declared = service.declare(_user(who), filename=Path(path).name, size=len(raw), media_type=media_type)
    service.store().put(f"incoming/{declared.upload_id}", raw, media_type=media_type)
    return str(service.publish(_user(who), declared.file_id).pk)


def trash(who: str, item: str) -> None:
    from workspace.sharing import tree
    from workspace.sharing.models import Item

    tree.trash_item(_user(who), Item.objects.get(pk=item))


def search(who: str, words: str) -> list[str] | None:
    from workspace.find import service
    from workspace.find.engines.base import IndexUnavailable

    try:
        return [str(hit.item) for hit in service.search(_user(who), words).hits]
    except IndexUnavailable:
        return None


def _user(pk: str) -> Any:
    from workspace.accounts.models import User

    return User.objects.get(pk=pk)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")
    django.setup()
    acts = {one.__name__: one for one in (person, document, retitle, file, trash, search)}
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(acts[asked.pop("do")](**asked)), flush=True)  # type: ignore[operator]


if __name__ == "__main__":
    main()
