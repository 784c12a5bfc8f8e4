"""Benchmarks by name: made of a file that the user has, and of nothing else."""

from __future__ import annotations

import json

import pytest

from masdesign.errors import InputError
from masdesign.tasks import load_task


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "gsm8k").mkdir()
    rows = [
        {"question": f"Ann has {n} eggs and buys {n}. How many?", "answer": f"#### {2 * n}"}
        for n in range(90)
    ]
    (tmp_path / "gsm8k/test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setenv("MASDESIGN_DATA", str(tmp_path))
    return tmp_path


def test_gsm8k_is_cut_from_one_file(folder):
    task = load_task("gsm8k")
    assert (task.name, task.metric.name) == ("gsm8k", "numeric")
    assert len(task.train) + len(task.val) + task.size("test") == 90
    assert len(task.train) < len(task.val) < task.size("test")
    assert any("not one on the official test set" in note for note in task.notes)
    assert task.version == load_task(folder / "gsm8k/test.jsonl").version
    assert len(load_task("gsm8k", items=5, test_items=7).val) == 5


def test_a_missing_file_is_one_line_that_says_where_to_have_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MASDESIGN_DATA", str(tmp_path))
    with pytest.raises(InputError, match="openai/grade-school-math") as caught:
        load_task("gsm8k")
    assert "\n" not in str(caught.value)
