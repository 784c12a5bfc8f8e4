"""The type check of a source: how long it may take."""

from __future__ import annotations

import pytest

from masdesign.building_blocks import blocks
from masdesign.errors import SourceError
from masdesign.workflow import check, static_types

SOURCE = "async def workflow(task):\n    return await direct(task)  # {}\n"


def test_a_check_that_a_busy_machine_delays_is_made_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_types, "_PATIENCE", (0.0001, 20.0))
    assert check(SOURCE.format("busy"), blocks()).call_bound == 1


def test_a_check_that_is_too_long_twice_refuses_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_types, "_PATIENCE", (0.0001, 0.0002))
    with pytest.raises(SourceError, match="longer than 0"):
        check(SOURCE.format("too long"), blocks())
