"""Where each key of a TOML file is written, for errors that give a line. Called by `config`.

`tomllib` gives values without positions. It is also the only judge of TOML's grammar here: the file is cut into
statements by asking it, line by line, whether what was gathered so far is one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

#: A key's way down from the top; a number is an index in an array of tables.
KeyPath = tuple[str | int, ...]


def positions(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of each table and key of `text`, which must be valid TOML."""
    found: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for line, statement, value in _statements(text):
        if statement.lstrip().startswith("["):
            table = _header(value, counts)
            found.setdefault(table, line)
            continue
        for path in _keys(value, table):
            found.setdefault(path, line)
    return found


def nearest(found: dict[KeyPath, int], path: KeyPath) -> int:
    """The line of `path`, or of the nearest table around it that is written down; 1 where there is none."""
    while path and path not in found:
        path = path[:-1]
    return found.get(path, 1)


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    gathered: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):  # TOML knows no other end of a line, `splitlines` does
        gathered.append(f"{line}\n")
        statement = "".join(gathered)
        try:
            value = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue  # a string or an array goes on over the next line
        if value:
            yield number - len(gathered) + 1, statement, value
        gathered.clear()


def _header(value: dict[str, Any], counts: dict[KeyPath, int]) -> KeyPath:
    """The absolute path of the table that a `[header]` or `[[header]]` opens; `counts` numbers arrays of tables."""
    path: KeyPath = ()
    node: Any = value
    while isinstance(node, dict) and node:
        ((name, node),) = node.items()
        path = (*path, name)
        if isinstance(node, list):  # a new element
            counts[path] = counts.get(path, -1) + 1
            return (*path, counts[path])
        if path in counts:  # inside the newest element
            path = (*path, counts[path])
    return path


def _keys(value: dict[str, Any], table: KeyPath) -> Iterator[KeyPath]:
    for name, inner in value.items():
        path = (*table, name)
        yield path
        if isinstance(inner, dict):
            yield from _keys(inner, path)
