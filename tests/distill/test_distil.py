"""The course of a distillation, with a scripted model: choice on val, one look at test, nothing leaks."""

from __future__ import annotations

import json
import re

import pytest

from masdesign.archive import Archive
from masdesign.distill.methods import METHODS
from masdesign.errors import BudgetExhausted, InputError, ProviderError
from masdesign.session.resolve import resolve_design
from masdesign.tasks import Task
from masdesign.types import Item, Message, Request
from masdesign.workflow import Design

VOTE = Design("async def workflow(task):\n    return await self_consistency(task, n=5)\n", name="vote")
REFINE = Design("async def workflow(task):\n    return await self_refine(task)\n", name="refine")
META_REPLY = "<prompt>\nAdd them up. Check the sum. Give the answer on the last line: Answer: ...\n</prompt>"
METHODS = [name for name in METHODS.names() if name != "weights"]
each_method = pytest.mark.parametrize("method", METHODS)


def write(request):
    """Writes a prompt; or fills in what DSPy's own prompts ask for."""
    asked = re.findall(r"\[\[ ## (\w+) ## \]\]", request.messages[-1].content.rpartition("Respond with")[2])
    fields = [f"[[ ## {name} ## ]]\n{META_REPLY}" for name in dict.fromkeys(asked)]
    return "\n".join(fields) or META_REPLY


@pytest.mark.slow
async def test_the_row_is_measured_on_the_same_items(run, task):
    with Archive(":memory:") as archive:
        found, _, _ = await run("transcribe", REFINE, archive=archive)
        val, test = found.val, found.test
        for row, items in ((val, task.val), (test, task.make("test"))):
            for part in (row.teacher, row.student, row.step_by_step, row.matched):
                assert [r.item_id for r in part.results] == [item.id for item in items]
        assert val.student.design_id == found.design.id == archive.design(found.design.id).id
        assert found.design.parents == (REFINE.id,)
        assert found.design.origin == "distill:transcribe"
        assert [a.design_id for a in archive.lineage(found.design.id).ancestors] == [REFINE.id]
        (opening,) = archive.openings(found.run)
        assert set(opening.designs) >= {found.design.id, REFINE.id}
        assert archive.run(found.run).outcome["distillate"] == found.design.id


@pytest.mark.slow
@each_method
async def test_nothing_of_val_or_test_reaches_a_prompt(run, method, sums):
    """A canary in every question and target of val and test is in no prompt but its own item's."""

    def marked(name, count):
        return [
            Item(i.id, i.question.replace(name, mark), i.target, solution=mark)
            for n, i in enumerate(sums(name, count))
            for mark in [f"canary{n}{name}"]
        ]

    task = Task.of("sums", train=sums("train", 6), val=marked("val", 10), test=marked("test", 6))
    found, lm, writer = await run(method, VOTE, on=task, meta=write)
    for form in ("text", "markdown", "chat"):
        assert "canary" not in found.text(form)
    assert not any("canary" in text for text in found.files.values())
    assert "canary" not in found.design.source
    for tried in found.drafts:
        assert "canary" not in tried.design.source
    for request in writer.requests:
        assert "canary" not in repr(request.messages)
    for request in lm.requests:
        seen = set(re.findall(r"canary(\d+\w+?):", repr(request.messages)))
        assert len(seen) <= 1, "one item's prompt shows another's question"


@pytest.mark.slow
@pytest.mark.parametrize("method", [name for name in METHODS if name != "auto"])  # which is the others
async def test_the_same_seed_gives_the_same_distillate(run, method, sums):
    small = Task.of("sums", train=sums("train", 6), val=sums("val", 8), test=sums("test", 6))
    once, _, _ = await run(method, VOTE, on=small, meta=write, seed=3)
    again, _, _ = await run(method, VOTE, on=small, meta=write, seed=3)
    assert once.prompt == again.prompt
    assert once.files == again.files
    drop = {"spend", "notes"}
    a, b = ({k: v for k, v in _timeless(f.to_json()).items() if k not in drop} for f in (once, again))
    assert a == b


def _timeless(value):
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if not k.startswith("seconds")}
    return [_timeless(v) for v in value] if isinstance(value, list) else value


@pytest.mark.slow
async def test_the_best_draft_on_val_is_taken(run):
    found, _, _ = await run("rewrite", VOTE, meta=lambda r: f"<prompt>Try {r.sample}: Check.</prompt>")
    assert len(found.drafts) > 1
    best = max(t.val.score for t in found.drafts)
    assert found.val.student.score == best


@pytest.mark.slow
async def test_a_run_goes_on_with_the_same_opening(run):
    with Archive(":memory:") as archive:
        first, _, _ = await run("transcribe", archive=archive)
        again, _, _ = await run("transcribe", archive=archive, name=first.run)
        assert again.run == first.run
        assert again.test_openings == 1
        with pytest.raises(InputError, match="seed"):
            await run("transcribe", archive=archive, name=first.run, seed=9)


@pytest.mark.slow
async def test_a_distilled_run_is_no_search_winner(run):
    with Archive(":memory:") as archive:
        await run("transcribe", archive=archive)
        assert resolve_design("best", archive=archive) == archive.best("sums")


@pytest.mark.slow
async def test_the_budget_is_kept_and_the_look_at_test_shrinks_away(run):
    found, _, _ = await run("transcribe", VOTE, budget="300calls")
    assert found.spend.calls <= 300
    assert found.test is None
    assert any("test" in note for note in found.notes)
    assert found.verdict == found.val.verdict


@pytest.mark.slow
@pytest.mark.parametrize("budget", ["20calls", "170calls", "185calls"])
async def test_too_small_a_budget_says_so(run, budget):
    with pytest.raises(BudgetExhausted, match="give a larger budget"):
        await run("transcribe", VOTE, budget=budget)


async def test_an_outage_is_never_a_score(run):
    with pytest.raises(ProviderError, match="val items"):
        await run("transcribe", script=lambda request: ProviderError("the line is dead"))


async def test_a_task_without_test_is_refused(run, sums):
    with pytest.raises(InputError, match="no test items"):
        await run("transcribe", on=Task.of("sums", train=sums("train", 3), val=sums("val", 5)))


async def test_a_design_that_asks_nothing_is_refused(run):
    silent = Design("async def workflow(task):\n    return task.question\n")
    with pytest.raises(InputError, match="no block"):
        await run("transcribe", silent)


@pytest.mark.slow
async def test_saved_files_are_what_the_form_says(run, tmp_path):
    found, _, _ = await run("transcribe", REFINE)
    (file,) = found.save(tmp_path / "prompt.md")
    assert file.read_text().startswith("# Prompt")
    with pytest.raises(InputError, match="cannot write"):
        found.save(tmp_path / "nowhere" / "prompt.md")


def test_the_script_of_these_tests_errs(script):
    texts = {script(Request((Message("user", f"x: {n} + 1 ="),))).endswith(f": {n + 1}") for n in range(40)}
    assert texts == {True, False}


@pytest.mark.slow
async def test_a_conversation_is_counted_with_its_prefix_cached_and_not(run):
    found, lm, _ = await run("converse", REFINE)
    assert len(found.prompt.turns) > 1
    student = found.val.student
    assert student.calls_per_item == len(found.prompt.turns)
    assert 0 < found.val.fresh.tokens < student.tokens_per_item
    assert found.to_json()["student"]["fresh_tokens_per_item"] == found.val.fresh.tokens
    longest = max((r.messages for r in lm.requests), key=len)
    assert [m.role for m in longest] == ["user", "assistant"] * (len(found.prompt.turns) - 1) + ["user"]


@pytest.mark.slow
async def test_examples_are_right_solutions_of_train_items(run, task):
    found, _, _ = await run("demonstrate", VOTE)
    targets = {item.question: item.target for item in task.train}
    assert found.prompt.examples
    assert all(e.answer == targets[e.question.question] for e in found.prompt.examples)
    assert len({e.question for e in found.prompt.examples}) == len(found.prompt.examples)


@pytest.mark.slow
async def test_examples_keep_to_the_token_limit(run):
    many, _, _ = await run("demonstrate", VOTE, candidates=1)
    few, _, _ = await run("demonstrate", VOTE, candidates=1, tokens=40)
    assert len(few.prompt.examples) < len(many.prompt.examples)
    with pytest.raises(InputError, match="more tokens"):
        await run("demonstrate", VOTE, tokens=3)


@pytest.mark.slow
async def test_items_that_ask_the_same_of_different_passages_are_told_apart(run, sums):
    """Else all are scored by the last one's target, and every right solution but its own is thrown away."""

    def of_passages(name, count):
        return [Item(i.id, "How much is it?", i.target, (i.question,)) for i in sums(name, count)]

    counts = {"train": 6, "val": 10, "test": 6}
    task = Task.of("sums", **{name: of_passages(name, count) for name, count in counts.items()})

    def right(request):
        a, b = map(int, re.findall(r": (\d+) \+ (\d+) =", request.messages[-1].content)[-1])
        return f"{a} and {b} make that.\nAnswer: {a + b}"

    found, _, _ = await run("optimise", on=task, script=right)
    shown = [draft.design.source.partition("solutions=")[2].count("Answer(") for draft in found.drafts]
    assert shown == [2, 4]


@pytest.mark.slow
async def test_the_data_set_trains_on_what_was_right(run, task, tmp_path):
    found, _, _ = await run("dataset", VOTE)
    files = {file.name: file.read_text() for file in found.save(tmp_path / "data.jsonl")}
    assert set(files) >= {"data.jsonl", "data.pairs.jsonl", "data.card.md"}
    targets = {item.id: item.target for item in task.train}
    rows = [json.loads(line) for line in files["data.jsonl"].splitlines()]
    assert rows
    for row in rows:
        assert [m["role"] for m in row["messages"]] == ["user", "assistant"]
        assert row["messages"][-1]["content"].endswith(f"Answer: {targets[row['item']]}")
    pairs = [json.loads(line) for line in files["data.pairs.jsonl"].splitlines()]
    assert pairs
    for pair in pairs:
        assert pair["chosen"][0]["content"].endswith(f"Answer: {targets[pair['item']]}")
        assert not pair["rejected"][0]["content"].endswith(f"Answer: {targets[pair['item']]}")
    assert f"| examples (`.jsonl`) | {len(rows)}" in files["data.card.md"]
    again = found.save(tmp_path / "more.pairs.jsonl")  # an ending of one of its own files
    assert {file.name for file in again} == {name.replace("data", "more", 1) for name in files}
    assert again[0].read_text() == files["data.jsonl"]


async def test_a_writer_that_writes_no_prompt_ends_in_one_line(run):
    with pytest.raises(InputError, match="wrote no prompt"):
        await run("rewrite", VOTE, meta=lambda request: "I would rather not.")


@pytest.mark.slow
async def test_the_writer_sees_code_and_train_alone(run, task):
    _, _, writer = await run("rewrite", VOTE, meta=write, candidates=2)
    asked = writer.requests[0].messages[-1].content
    assert "self_consistency(task, n=5)" in asked
    assert any(item.question in asked for item in task.train)
    assert not any(item.question in asked for item in (*task.val, *task.make("test")))
