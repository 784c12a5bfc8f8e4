"""The task of sums with its scripted model, and an archive, as fixtures."""

import pytest
from sums import runtime, script, sums

from masdesign.archive import Archive

__all__ = ["archive", "runtime", "script", "sums"]


@pytest.fixture
def archive():
    with Archive(":memory:") as archive:
        yield archive
