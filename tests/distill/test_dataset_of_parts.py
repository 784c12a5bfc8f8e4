"""Training data of a design that takes questions apart, on the embedded model: nothing comes from nowhere."""

from __future__ import annotations

import json
import re

import pytest

from masdesign.distill import run_distill_async
from masdesign.tasks import load_task
from masdesign.workflow import Design

ISOLATE = Design("async def workflow(task):\n    return await isolate(task, n=4)\n", name="isolate")
_NUMBER = re.compile(r"\d+")


@pytest.mark.slow
async def test_targets_hold_the_parts_and_pairs_answer_the_same_question(tmp_path):
    task = load_task("ledger", items=50, test_items=50)
    result = await run_distill_async(
        ISOLATE, task, method="dataset", train_items=30, archive=tmp_path / "archive.db", budget="4000calls"
    )
    files = {file.name: file.read_text() for file in result.save(tmp_path / "data.jsonl")}
    rows = [json.loads(line) for line in files["data.jsonl"].splitlines()]
    assert len(rows) >= 5
    items = {item.id: item for item in task.to_learn_from(30)}
    for row in rows:
        prompt, reply = row["messages"][0]["content"], row["messages"][-1]["content"]
        last = reply.splitlines()[-1]
        assert len(reply.splitlines()) > 2, "the parts stand before the merge"
        for number in _NUMBER.findall(last.partition("=")[0]):
            assert number in prompt or number in reply.rpartition(last)[0], f"{number} comes from nowhere"
        assert reply.rstrip().endswith(items[row["item"]].target)
    for line in files["data.pairs.jsonl"].splitlines():
        pair = json.loads(line)
        assert items[pair["item"]].question in pair["prompt"][-1]["content"]
        assert not pair["rejected"][0]["content"].rstrip().endswith(f" {items[pair['item']].target}")
