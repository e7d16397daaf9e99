"""Reads `federation.toml` into a `Federation`, once. All that is wrong is said at once, with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from synapse_config.errors import BadConfig, Problem, Wrong
from synapse_config.model import Appservice, Choice, Federation, Gateway, Kind, Scalar, Table, Tables
from synapse_config.positions import KeyPath, nearest, positions

_SYNTAX_AT = re.compile(r"(?P<what>.*?) \(at (?:line (?P<line>\d+), column \d+|end of document)\)", re.DOTALL)
_BAD: Any = object()


@dataclass(frozen=True)
class Taken:
    """What something else on the hub's machine has already: local parts on the hub and ports, and who has them.

    `host` is where it listens.
    """

    users: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[int, str] = field(default_factory=dict)
    host: str = "127.0.0.1"


def load(path: Path, taken: Taken | None = None) -> Federation:
    """The federation that the file at `path` describes.

    Raises `BadConfig` with every problem of the file (a missing or unreadable file is one).
    """
    advice = "Check the path and that you may read it; the repository's federation.toml is an example."
    try:
        return parse(path.read_bytes().decode(), path, taken)
    except OSError as error:
        raise BadConfig((Problem(path, 1, "", f"cannot be read ({error.strerror})", advice),)) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadConfig((Problem(path, line, "", "cannot be read (it is not UTF-8 text)", advice),)) from error


def parse(text: str, path: Path, taken: Taken | None = None) -> Federation:
    """The federation that `text` describes; `path` names it in messages. Raises `BadConfig`."""
    try:
        return _parsed(text.replace("\r\n", "\n"), path, taken or Taken())
    except RecursionError as error:
        lines = text.split("\n")
        line = max(range(len(lines)), key=lambda at: lines[at].count("[") + lines[at].count("{")) + 1
        problem = Problem(path, line, "", "brackets within brackets without end", "Nothing here needs more than three.")
        raise BadConfig((problem,)) from error


def _parsed(text: str, path: Path, taken: Taken) -> Federation:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig((_syntax(error, text, path),)) from error
    reader = _Reader(path, positions(text))
    federation = reader.table(Federation, raw, ())
    for at, wrong in (*_doubles(raw, taken), *_hubs(raw)):
        reader.wrong(at, wrong)
    if reader.problems:
        raise BadConfig(tuple(sorted(reader.problems, key=lambda problem: problem.line)))
    values = {each.name: getattr(federation, each.name) for each in fields(Federation)}
    return Federation(**{**values, "source": path})


def key_of(each: Field[Any]) -> str:
    """How a field of the model is spelt in the file."""
    return each.metadata["toml"] or each.name


class _Reader:
    """Turns tables into the model's dataclasses and gathers what is wrong on the way."""

    def __init__(self, path: Path, lines: dict[KeyPath, int]) -> None:
        self.path = path
        self.lines = lines
        self.problems: list[Problem] = []

    def wrong(self, at: KeyPath, wrong: Wrong) -> None:
        advice = wrong.advice if wrong.advice.endswith(("?", ".")) else f"{wrong.advice}."
        self.problems.append(Problem(self.path, nearest(self.lines, at), _dotted(at), wrong.what, advice))

    def table(self, shape: type[Any], value: object, at: KeyPath) -> Any:
        """An instance of `shape`, or `_BAD` where something in it is wrong."""
        if not isinstance(value, dict):
            self.wrong(at, Wrong(f"{value!r} is not a table", "Write its keys under a [header], or between { }"))
            return _BAD
        known = {key_of(each): each for each in fields(shape) if "kind" in each.metadata}
        for name in value.keys() - known.keys():
            self.wrong((*at, name), _unknown(name, known))
        values: dict[str, Any] = {}
        for name, each in known.items():
            if name in value:
                values[each.name] = self.value(each.metadata["kind"], value[name], (*at, name))
            elif each.default is MISSING:
                self.wrong(at, Wrong(f"“{name}” is missing", f"Add it: {each.metadata['doc']}"))
                values[each.name] = _BAD
        return _BAD if any(one is _BAD for one in values.values()) else shape(**values)

    def value(self, kind: Kind, value: object, at: KeyPath) -> Any:
        if isinstance(kind, Scalar):
            try:
                return kind.parse(value)
            except Wrong as wrong:
                self.wrong(at, wrong)
                return _BAD
        if isinstance(kind, Table):
            return self.table(kind.shape, value, at)
        if isinstance(kind, Tables):
            return self._tables(kind, value, at)
        return self._choice(kind, value, at)

    def _tables(self, kind: Tables, value: object, at: KeyPath) -> Any:
        if not isinstance(value, list):
            self.wrong(at, Wrong("is not an array of tables", f"Begin each with [[{at[-1]}]], between double brackets"))
            return _BAD
        made = tuple(self.table(kind.shape, each, (*at, number)) for number, each in enumerate(value))
        return _BAD if any(one is _BAD for one in made) else made

    def _choice(self, kind: Choice, value: object, at: KeyPath) -> Any:
        wanted = value.get(kind.key, next(iter(kind.shapes))) if isinstance(value, dict) else None
        if isinstance(wanted, str) and wanted in kind.shapes:
            return self.table(kind.shapes[wanted], value, at)
        names = " or ".join(f'"{name}"' for name in kind.shapes)
        if isinstance(value, dict):
            at = (*at, kind.key)
        self.wrong(at, Wrong(f"{wanted!r} is not one of those we know", f"Write {kind.key} = {names}"))
        return _BAD


def _unknown(name: str, known: Iterable[str]) -> Wrong:
    near = difflib.get_close_matches(name, list(known), n=1)
    advice = f"Did you mean “{near[0]}”?" if near else f"The keys here are {', '.join(sorted(known))}"
    return Wrong("this key is unknown", advice)


def _syntax(error: tomllib.TOMLDecodeError, text: str, path: Path) -> Problem:
    match = _SYNTAX_AT.fullmatch(str(error))
    what = match["what"] if match else str(error)
    line = int(match["line"]) if match and match["line"] else text.rstrip("\n").count("\n") + 1
    advice = "Texts are between quotes, tables under [headers], and nothing is written twice."
    return Problem(path, line, "", f"not valid TOML: {what[:1].lower()}{what[1:]}", advice)


def _rows(raw: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    rows = raw.get("homeserver")
    return [(at, row) for at, row in enumerate(rows) if isinstance(row, dict)] if isinstance(rows, list) else []


def _doubles(raw: dict[str, Any], taken: Taken) -> Iterator[tuple[KeyPath, Wrong]]:
    """Names, server names and sockets that two parts would share."""
    for key in ("name", "server_name"):
        seen: set[object] = set()
        for number, row in _rows(raw):
            value = row.get(key)
            if isinstance(value, str) and value in seen:
                wrong = Wrong(f"“{value}” is another homeserver's already", "Each homeserver needs its own")
                yield ("homeserver", number, key), wrong
            elif isinstance(value, str):
                seen.add(value)
    whose = {(repr(taken.host), port): who for port, who in taken.ports.items()}
    for at, host, port in _sockets(raw):
        if (host, port) in whose:
            yield at, Wrong(f"{port} is the port of {whose[host, port]} already", "Give each its own port")
        whose.setdefault((host, port), _dotted(at))
    bridge = raw.get("appservice")
    user = bridge.get("user") if isinstance(bridge, dict) else None
    if isinstance(user, str) and user in taken.users:
        yield ("appservice", "user"), Wrong(f"“{user}” is {taken.users[user]}", "Give the bridge a name of its own")


def _sockets(raw: dict[str, Any]) -> Iterator[tuple[KeyPath, str, int]]:
    for name, default in (("gateway", Gateway()), ("appservice", Appservice())):
        row = raw.get(name, {})
        if isinstance(row, dict) and type(port := row.get("port", default.port)) is int:
            yield (name, "port"), repr(row.get("host", default.host)), port
    for number, row in _rows(raw):
        for key in ("client_port", "federation_port"):
            if type(port := row.get(key)) is int:
                yield ("homeserver", number, key), repr(row.get("host", "127.0.0.1")), port


def _hubs(raw: dict[str, Any]) -> Iterator[tuple[KeyPath, Wrong]]:
    """There must be exactly one hub."""
    hubs = [number for number, row in _rows(raw) if row.get("hub") is True]
    for number in hubs[1:]:
        wrong = Wrong("a federation file has one hub, and there is one above", "Take this line away")
        yield ("homeserver", number, "hub"), wrong
    if not hubs and "homeserver" in raw:
        yield ("homeserver",), Wrong("no homeserver is the hub", "Write hub = true under the one with the bridge")


def _dotted(at: KeyPath) -> str:
    parts: list[str] = []
    for part in at:
        if isinstance(part, int):
            parts[-1] += f"[{part + 1}]"
        else:
            parts.append(part)
    return ".".join(parts)
