"""Insights in the archive: kept by run, added up over runs, exported, imported as foreign."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from masdesign.archive import Archive, Evidence, Insight


def insight(what: str = "asks verify", *gains: float, when: str = "sums", words: str = "") -> Insight:
    said = sum((Evidence.of(gain) for gain in gains), Evidence())
    return Insight(when, "toy-1", what, said, words, "Add numbers.")


def test_a_mean_is_drawn_towards_nothing_and_gets_surer() -> None:
    few, many = Evidence.of(0.3), sum((Evidence.of(0.3) for _ in range(40)), Evidence())
    assert 0 < few.gain < 0.15 < many.gain < 0.3
    assert many.error < 0.03 < few.error
    assert Evidence().gain == 0
    mixed = Evidence.of(0.4) + Evidence.of(-0.4)
    assert mixed.gain == 0
    assert mixed.error > (Evidence.of(0.0) + Evidence.of(0.0)).error
    assert (mixed.helped, mixed.hurt) == (1, 1)


def test_a_run_that_ends_again_replaces_its_own_and_runs_add_up() -> None:
    with Archive(":memory:") as archive:
        archive.add_insights("one", [insight("asks verify", 0.1)])
        archive.add_insights("one", [insight("asks verify", 0.1, 0.2), insight("a vote", 0.3)])
        archive.add_insights("two", [insight("asks verify", -0.2, words="It depends.")])
        found = {one.what: one for one in archive.insights()}
        assert found["asks verify"].evidence.weight == 3
        assert found["asks verify"].evidence.helped == 2
        assert found["asks verify"].words == "It depends."
        assert {one.what for one in archive.insights("two")} == {"asks verify"}


def test_export_and_import_keep_them_apart_as_foreign(tmp_path: Path) -> None:
    there, back = tmp_path / "there.jsonl", tmp_path / "back.jsonl"
    with Archive(":memory:") as archive:
        archive.add_insights("one", [insight("asks verify", 0.1), insight("a vote", 0.3)])
        archive.export(there)
    with Archive(":memory:") as other:
        assert other.import_(there).to_json() == {"added": 2, "known": 0, "skipped": []}
        assert other.import_(there).to_json() == {"added": 0, "known": 2, "skipped": []}
        assert other.insights() == []  # evidence from elsewhere decides nothing here
        other.export(back)
    lines = [json.loads(line) for line in back.read_text().splitlines()[1:]]
    assert [line["what"] for line in lines] == ["asks verify", "a vote"]
    assert all(line["foreign"] for line in lines)


@pytest.mark.parametrize(
    "change",
    [{"total": 5.0}, {"weight": -1.0}, {"squares": 9.0}, {"helped": -1}, {"total": "much"}, {"weight": None}],
)
def test_evidence_that_cannot_be_is_skipped(tmp_path: Path, change) -> None:
    path = tmp_path / "odd.jsonl"
    with Archive(":memory:") as archive:
        archive.add_insights("one", [insight("asks verify", 0.1)])
        archive.export(path)
        line = json.loads(path.read_text().splitlines()[1])
        line["evidence"] |= change
        path.write_text(json.dumps(line))
        assert len(archive.import_(path).skipped) == 1
