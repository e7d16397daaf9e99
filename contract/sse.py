"""Server-sent events, as WHATWG HTML has them ("Server-sent events", parsing an event stream): bytes in, blocks out.

Whoever sends them may be anybody: what a block holds is bounded.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from contract.errors import ContractError

#: Characters of one line and of one event's data.
MAX_LINE, MAX_DATA = 65_536, 131_072


class TooLong(ContractError):
    """A line, or an event's data, is longer than anything that is sent to us."""


@dataclass(frozen=True)
class Block:
    """What an empty line ended. `data` is None where it only moved `last_id`; `retry` is in milliseconds."""

    event: str
    data: str | None
    last_id: str
    retry: int | None


class Parser:
    """Reads one stream, from its beginning. `last_id` is what the client has from before."""

    def __init__(self, last_id: str = "") -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._text = ""
        self._last_id = last_id
        self._event = ""
        self._data: list[str] = []
        self._length = 0
        self._retry: int | None = None

    def feed(self, chunk: bytes) -> Iterator[Block]:
        """The blocks that `chunk` completes. Raises `TooLong`."""
        self._text += self._decoder.decode(chunk)
        while (line := self._line()) is not None:
            if line:
                self._field(line)
            else:
                yield self._dispatch()
        if len(self._text) > MAX_LINE:
            raise TooLong(f"a line has at most {MAX_LINE} characters")

    def _line(self) -> str | None:
        """The next line, ended by CR, LF or both; a CR at the end of what has come may be half of an end."""
        ends = [at for at in (self._text.find("\r"), self._text.find("\n")) if at >= 0]
        if not ends:
            return None
        at = min(ends)
        if self._text[at] == "\r" and at + 1 == len(self._text):
            return None
        width = 2 if self._text[at : at + 2] == "\r\n" else 1
        line, self._text = self._text[:at], self._text[at + width :]
        return line

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._event = value
            case "data":
                self._length += len(value) + 1
                if self._length > MAX_DATA:
                    raise TooLong(f"an event's data has at most {MAX_DATA} characters")
                self._data.append(value)
            case "id" if "\0" not in value:
                self._last_id = value
            case "retry" if value.isascii() and value.isdigit() and len(value) < 8:
                self._retry = int(value)

    def _dispatch(self) -> Block:
        block = Block(
            self._event or "message", "\n".join(self._data) if self._data else None, self._last_id, self._retry
        )
        self._event, self._data, self._length, self._retry = "", [], 0, None
        return block
