"""Every part writes its log in the same form."""

from __future__ import annotations

import logging
import re
import time

import pytest

from contract.process import LogLine


def test_a_line_has_its_time_in_utc_whatever_the_time_zone_of_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        record = logging.LogRecord("part", logging.INFO, "", 1, "event id=%s", ("1",), None)
        record.created, record.msecs = 0.0, 7.0
        line = LogLine().format(record)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert re.fullmatch(r"1970-01-01 00:00:00,007Z INFO part: event id=1", line)
