"""The names under which things are remembered: cache keys, versions, ids."""

from __future__ import annotations

import json

import pytest
from golden import scenarios
from golden.files import expected


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(scenarios.NAMES))
def test_names_are_as_ever(name: str) -> None:
    found = json.loads(json.dumps(scenarios.NAMES[name]()))
    assert found == expected(name)


def test_there_are_as_many_as_promised() -> None:
    assert len({row["key"] for row in expected("keys")}) == 200
    assert len(expected("block_versions")) == 85
    assert len(expected("design_ids")) == 40
