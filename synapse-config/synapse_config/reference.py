"""Every key of `federation.toml` in Markdown, written from the model: a part of `docs/federation.md`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from typing import Any

from synapse_config.config import key_of
from synapse_config.model import Choice, Federation, Rate, Scalar, Table, Tables

_HEAD = "| key | default | meaning |\n|---|---|---|\n"
_MEBIBYTE = 1 << 20


def reference() -> str:
    """The tables, one a TOML table of the file."""
    return "\n".join(_section("At the top", Federation, ""))


def _section(title: str, shape: type[Any], path: str) -> Iterator[str]:
    documented = [each for each in fields(shape) if "kind" in each.metadata]
    inner = [each for each in documented if not _is_value(each)]
    rows = "".join(_row(each) for each in documented if _is_value(each))
    doc = "" if shape is Federation else f"{_summary(shape)}\n\n"
    if rows:
        yield f"### {title}\n\n{doc}{_HEAD}{rows}"
    for each in inner:
        yield from _inner(each, f"{path}{key_of(each)}")


def _inner(each: Field[Any], path: str) -> Iterator[str]:
    kind = each.metadata["kind"]
    if isinstance(kind, Choice):
        for value, shape in kind.shapes.items():
            yield from _section(f'`[{path}]` with `{kind.key} = "{value}"`', shape, f"{path}.")
    elif isinstance(kind, Tables):
        yield from _section(f"`[[{path}]]`, one each", kind.shape, f"{path}.")
    elif isinstance(kind, Table):
        yield from _section(f"`[{path}]`", kind.shape, f"{path}.")


def _is_value(each: Field[Any]) -> bool:
    """Whether the key is shown as a row: a plain value, or a rate, which is written between braces."""
    kind = each.metadata["kind"]
    return isinstance(kind, Scalar) or (isinstance(kind, Table) and kind.shape is Rate)


def _row(each: Field[Any]) -> str:
    default = "(required)" if each.default is MISSING else _spelt(each.name, each.default)
    return f"| `{key_of(each)}` | {default} | {each.metadata['doc']} |\n"


def _spelt(name: str, value: object) -> str:
    if value == "":
        return ""
    if isinstance(value, Rate):
        return f"`{{ per_second = {value.per_second:g}, burst = {value.burst} }}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if name == "max_upload" and isinstance(value, int):
        return f'`"{value // _MEBIBYTE}M"`'
    return f"`{value}`" if isinstance(value, int) else f'`"{value}"`'


def _summary(shape: type[Any]) -> str:
    return " ".join((shape.__doc__ or "").split())
