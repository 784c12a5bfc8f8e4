"""Designs and evaluations to fill archives with."""

from __future__ import annotations

import itertools

import pytest

from masdesign.archive import Archive
from masdesign.evaluation.evaluation import Evaluation
from masdesign.types import Answer, Failure, Result, Usage
from masdesign.workflow.design import Design


def make_design(number: int = 0, **fields) -> Design:
    fields = {"name": f"design {number}", "origin": "test", **fields}
    return Design(f"async def workflow(task):\n    return await ask('attempt {number}', task)\n", **fields)


def make_evaluation(design: Design, right: int, items: int = 100, **fields) -> Evaluation:
    """The first ``right`` items are right; ``done`` cuts it short, ``tokens`` is what each item took."""
    done, tokens, seconds = fields.pop("done", items), fields.pop("tokens", 30), fields.pop("seconds", 0.5)
    results = tuple(
        Result(f"item {n}", Answer("4", "because"), float(n < right), Usage(tokens - 10, 10), 1, seconds)
        for n in range(done)
    )
    values = {
        "design_id": design.id,
        "task": "arithmetic",
        "task_version": "1-2",
        "split": "val",
        "model": "abacus-1@3f2a",
        "world": 0,
        "fingerprint": "ask=1",
        "size": items,
        "results": results,
    }
    return Evaluation(**{**values, **fields})


def unscored(result: Result) -> Result:
    return Result(result.item_id, None, None, failure=Failure("provider", "the server was down"))


@pytest.fixture
def clock():
    """Seconds that pass by one with every look."""
    return itertools.count(1_700_000_000).__next__


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path) -> str:
    """Where an archive can be made: in a file, and on a server."""
    if request.param == "sqlite":
        return str(tmp_path / "archive.db")
    return request.getfixturevalue("new_database")()


@pytest.fixture
def archive(place, clock):
    with Archive(place, clock=clock) as opened:
        yield opened


@pytest.fixture
def make():
    """``make.design(n)``, ``make.evaluation(design, right)``, ``make.unscored(result)``."""

    class Make:
        design = staticmethod(make_design)
        evaluation = staticmethod(make_evaluation)
        unscored = staticmethod(unscored)

    return Make
