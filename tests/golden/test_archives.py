"""Archives of every schema so far are opened, and say what they said when they were written."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden import scenarios
from golden.files import expected, unpack

NEVER_KEPT = {"promotion": 2, "insight": 2, "claim": 3}
"""The first schema that could hold such a line."""


@pytest.mark.slow
@pytest.mark.parametrize("schema", range(1, 9))
def test_an_archive_of_that_schema_says_what_it_said(schema: int, tmp_path: Path) -> None:
    path = unpack(f"schema_{schema}.db", tmp_path)
    found = scenarios.read(path)
    assert found == expected(f"schema_{schema}")
    assert scenarios.read(path) == found
    kinds = {line["kind"] for line in found["export"]}
    assert kinds >= {"design", "evaluation", "failure", "run", "proposal", "opening"}
    assert all((kind in kinds) == (schema >= first) for kind, first in NEVER_KEPT.items())


def test_what_is_written_today_says_the_same(tmp_path: Path) -> None:
    scenarios.fill(tmp_path / "archive.db")
    assert scenarios.read(tmp_path / "archive.db") == expected("schema_5")
