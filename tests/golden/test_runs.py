"""Runs end as they did: the same archive, byte for byte, and the same result but for times."""

from __future__ import annotations

import json
from itertools import zip_longest
from pathlib import Path

import pytest
from golden import scenarios
from golden.files import expected, packed, unpack

RECORDED = ("search", "distill")
"""Runs of abacus, whose completions are on file."""


def check(name: str, ended: scenarios.Ended) -> None:
    """Compare the end of a run, and name the first line of the archive that differs."""
    before = packed(f"{name}.jsonl").splitlines()
    for number, (line, was) in enumerate(zip_longest(ended.export.splitlines(), before), start=1):
        assert line == was, f"line {number} of the canonical export of {name}"
    found = json.loads(json.dumps(ended.to_json()))
    assert found == expected(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["compare", "meta_agent"])
def test_a_scripted_run_ends_as_it_did(name: str, tmp_path: Path) -> None:
    check(name, scenarios.RUNS[name](tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_run_ends_as_it_did_and_asks_for_nothing(name: str, tmp_path: Path) -> None:
    unpack(f"{name}.calls.db", tmp_path).rename(tmp_path / "calls.db")
    ended = scenarios.RUNS[name](tmp_path)
    check(name, ended)
    assert ended.paid_calls == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDED)
def test_a_run_that_computes_all_of_it_ends_as_it_did(name: str, tmp_path: Path) -> None:
    ended = scenarios.RUNS[name](tmp_path)
    check(name, ended)
    assert ended.paid_calls > 100


@pytest.mark.slow
def test_an_old_run_is_replayed_to_the_same_bytes(tmp_path: Path) -> None:
    unpack("search.calls.db", tmp_path).rename(tmp_path / "calls.db")
    unpack("search.archive.db", tmp_path).rename(tmp_path / "archive.db")
    again = scenarios.replay(tmp_path, expected("search")["result"]["run"])
    assert again["same_bytes"]
    assert again["differences"] == []
    assert again["sha256"] == expected("search")["sha256"]
    assert (tmp_path / "again.jsonl").read_bytes() == packed("search.jsonl")
