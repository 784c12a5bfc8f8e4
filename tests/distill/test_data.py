"""Training data: roles, pairs of steps credited by outcome, columns of TRL and OpenAI, the card."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from masdesign.building_blocks import blocks
from masdesign.building_blocks._step import solution
from masdesign.distill._lessons import RIGHT, ROLES, credited, drafts_of, preferences, warm
from masdesign.distill.job import Transcript
from masdesign.lm import Scripted
from masdesign.testing.block import dice
from masdesign.types import Item
from masdesign.workflow import Design, MontySandbox, Runtime, run_item

from .test_serialise import TASK, sampled

PARTS = Design("async def workflow(task):\n    return await decompose(task)\n", name="parts")


async def runs_of(source, runtime, worlds=4):
    """Transcripts of a design in several worlds; the first is right, and then every second one."""
    item, transcripts = Item("a", TASK.question, "7", context=TASK.context), []
    for world in range(worlds):
        outcome = await run_item(Design(source), TASK, replace(runtime, world=world))
        transcripts.append(Transcript(item, outcome, float(world % 2 == 0)))
    return transcripts


@pytest.mark.slow
async def test_pairs_of_every_block_answer_the_same_question_with_the_same_context():
    """A step's pair has one prompt, which had both replies; a draft's prompt holds all passages."""
    paired = drafted = 0
    async with MontySandbox() as sandbox:
        runtime = Runtime(models={"": Scripted(dice)}, blocks=blocks(), sandbox=sandbox)
        for block in (block for block in blocks().values() if not block.needs):
            shown = "result" if "Answer" in str(block.hints["return"]) else "'done'"
            source = f"async def workflow(task):\n    result = await {sampled(block)}\n    return {shown}"
            transcripts = await runs_of(warm(Design(source)).source, runtime, 2)
            calls = [n for t in transcripts for n in t.outcome.trace.root.walk() if n.completion is not None]
            replies = {(n.request.messages, n.completion.text.strip()) for n in calls}
            for best, worst in preferences(credited(transcripts)):
                paired += 1
                assert best.prompt == worst.prompt
                assert best.reply != worst.reply
                assert best.value > RIGHT > worst.value
                assert {(best.prompt, best.reply), (worst.prompt, worst.reply)} <= replies, block.name
            for transcript in transcripts:
                for draft in drafts_of(transcript):
                    drafted += 1
                    prompts = [
                        "\n".join(m.content for m in node.request.messages)
                        for node in transcript.outcome.trace.root.walk()
                        if node.completion is not None and node.completion.text.strip() in solution(draft)
                    ]
                    whole = (TASK.question, *TASK.context)
                    assert any(all(part in prompt for part in whole) for prompt in prompts), block.name
    assert paired > 20
    assert drafted > 100


async def test_a_reply_is_credited_with_the_mean_of_the_runs_that_go_through_it():
    def reply(request):
        if "Split" in request.messages[-1].content:
            return f"Question 1: Part {request.world % 2}?"
        return f"Answer: {request.world}"

    async with MontySandbox() as sandbox:
        runtime = Runtime(models={"": Scripted(reply)}, blocks=blocks(), sandbox=sandbox)
        transcripts = await runs_of(warm(PARTS).source, runtime)
    scored = [replace(t, score=s) for t, s in zip(transcripts, (1.0, 0.0, 1.0, 1.0), strict=True)]
    steps = credited(scored)
    splits = [(s.reply, s.value, s.runs) for s in steps if s.role == "splitter"]
    assert splits == [("Question 1: Part 0?", 1.0, 2), ("Question 1: Part 1?", 0.5, 2)]
    assert {step.role for step in steps} <= set(ROLES)
    assert {"solver", "merger"} <= {step.role for step in steps}


@pytest.fixture
async def files(run, tmp_path):
    vote = Design("async def workflow(task):\n    return await self_refine(task)\n", name="refine")
    found, _, _ = await run("dataset", vote, candidates=6)
    saved = found.save(tmp_path / "data.jsonl")
    return {file.name.removeprefix("data"): file for file in saved}


@pytest.mark.slow
async def test_the_files_have_the_columns_that_are_documented(files):
    def rows(ending):
        return [json.loads(line) for line in files[ending].read_text().splitlines()]

    roles = {"system", "user", "assistant"}
    for ending in (".jsonl", ".openai.jsonl", ".solver.jsonl", ".judge.jsonl"):
        assert rows(ending), ending
        for row in rows(ending):
            assert {message["role"] for message in row["messages"]} <= roles
            assert row["messages"][-1]["role"] == "assistant"
    assert all(set(row) == {"messages"} for row in rows(".openai.jsonl"))
    pairs = [*rows(".pairs.jsonl"), *rows(".steps.pairs.jsonl")]
    assert any("values" in pair for pair in pairs)
    for pair in pairs:
        assert {"prompt", "chosen", "rejected"} <= set(pair)
        assert pair["chosen"] != pair["rejected"]
    for row in rows(".pairs.openai.jsonl"):
        assert set(row) == {"input", "preferred_output", "non_preferred_output"}
        assert row["preferred_output"][0]["role"] == "assistant"
    assert len(rows(".pairs.openai.jsonl")) == len(pairs)


@pytest.mark.slow
async def test_datasets_reads_them(files, monkeypatch):
    datasets = pytest.importorskip("datasets", reason="the extra `hf` is not installed")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    loaded = datasets.load_dataset("json", data_files=str(files[".jsonl"]), split="train")
    assert loaded.features["messages"]


@pytest.mark.slow
async def test_the_card_counts_and_nothing_of_test_is_in_it(files):
    card = files[".card.md"].read_text()
    assert "| items that `val` or `test` ask, too | 0 |" in card
    assert "items that the design got wrong" in card
    assert "steps of the judge (`.judge.jsonl`)" in card
