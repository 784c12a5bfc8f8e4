"""Experience: what is known steers it, what is unknown is tried, and a run leaves what it has learnt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from masdesign.archive import Archive, ArchiveView, Entry, Evidence, Insight
from masdesign.experiments.baselines import step_by_step
from masdesign.lm import Budgeted, Scripted
from masdesign.search import SearchResult, Settings, search
from masdesign.search.grammar.generate import Grammar
from masdesign.search.objective import ScoreObjective
from masdesign.search.strategies.experience import Experience
from masdesign.search.strategy import Setting
from masdesign.session.run import Run
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Request


def known(what: str, gain: float, times: int = 60) -> Insight:
    return Insight("sums", "toy-1", what, sum((Evidence.of(gain) for _ in range(times)), Evidence()))


def share(insights: tuple[Insight, ...], mark: str, seed: int = 0) -> float:
    """Of 24 proposals, the share with the mark in their source."""
    strategy = Experience(Setting(Grammar(), ScoreObjective(), Random(seed)))
    entries: tuple[Entry, ...] = (Entry(step_by_step(), 0.4, 40.0, 200, None, "complete"),)
    for _ in range(3):
        grown = strategy.propose(ArchiveView(entries, insights), 8)
        assert isinstance(grown, Iterator)
        found = [p.design for p in grown]
        entries += tuple(Entry(design, 0.4, 50.0, 200, None, "complete") for design in found)
    return sum(mark in entry.design.source for entry in entries[1:]) / 24


@pytest.mark.slow
def test_what_helped_is_proposed_and_what_hurt_is_not() -> None:
    liked, disliked = known("asks verify", 0.3), known("asks verify", -0.3)
    shares = [share(insights, "verify(") for insights in ((liked,), (), (disliked,))]
    assert shares[0] > 2 * shares[2] + 0.3
    assert shares[0] > shares[1] > shares[2]


@pytest.mark.slow
def test_little_evidence_leaves_room_to_try() -> None:
    hasty, sure = (
        sum(share((known("asks verify", -0.3, times),), "verify(", seed) for seed in range(4))
        for times in (1, 60)
    )
    assert hasty > sure


async def run(
    task: Task, open_scripted, archive: Archive, name: str, strategy: str = "experience"
) -> SearchResult:
    ledger = Ledger(Budget.parse("600calls"))
    async with open_scripted(ledger) as runtime:
        return await search(Run.of(task, runtime, ledger, archive), Settings(strategy), name=name)


def lines(archive: Archive, path: Path) -> list[dict]:
    archive.export(path, canonical=True)
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.slow
async def test_every_run_leaves_insights_and_later_ones_begin_with_them(
    task, open_scripted, tmp_path
) -> None:
    with Archive(tmp_path / "archive.db") as archive:
        await run(task, open_scripted, archive, "first", "random")
        left = archive.insights("first")
        assert any(one.evidence.weight > 0 and one.what.startswith("asks ") for one in left)
        assert "insights" not in archive.run("first").settings
        await run(task, open_scripted, archive, "second")
        begun = archive.run("second").settings["insights"]
        assert {one["what"] for one in begun} <= {one.what for one in left}
        assert begun
        before = lines(archive, tmp_path / "before.jsonl")
        archive.add_insights("third", [known("asks verify", 0.3)])  # more is known by now
        await run(task, open_scripted, archive, "second")  # and yet it goes on as it began, at no cost
        of_second = [line for line in before if "second" in (line.get("run"), line.get("name"))]
        after = lines(archive, tmp_path / "after.jsonl")
        assert of_second == [line for line in after if "second" in (line.get("run"), line.get("name"))]
        texts = json.dumps([line for line in after if line["kind"] == "insight"])
        assert not any(item.question in texts for split in ("val", "test") for item in task.make(split))


@pytest.mark.parametrize("seed", [0, 1])
def test_without_any_insight_it_still_breeds_from_the_best(seed: int) -> None:
    strategy = Experience(Setting(Grammar(), ScoreObjective(), Random(seed)))
    best = Entry(step_by_step(), 1.0, 40.0, 200, None, "complete")
    grown = strategy.propose(ArchiveView((best,)), 24)
    assert isinstance(grown, Iterator)
    found = [p.design for p in grown]
    assert any(best.design.id in design.parents for design in found)


def written(request: Request) -> str:
    if "Lesson: ..." in request.messages[1].content:
        return "Lesson: Let a judge see each draft first."
    code = f"async def workflow(task):\n    return await direct(task, role='{request.sample}')"
    return f"Thought: t\nName: by model {request.sample}\n```python\n{code}\n```"


@pytest.mark.slow
async def test_a_model_writes_from_the_insights_and_puts_the_sure_ones_into_words(
    task, open_scripted
) -> None:
    ledger = Ledger(Budget.parse("1200calls"))
    meta = Scripted(written, "meta", window=100_000)
    with Archive(":memory:") as archive:
        archive.add_insights("before", [replace(known("asks verify", 0.3), when="sums", model="scripted")])
        async with open_scripted(ledger) as runtime:
            settings = Settings("experience")
            designer = Budgeted(meta, ledger)
            run = Run.of(task, replace(runtime, roles={"meta": designer}), ledger, archive)
            await search(run, settings, name="one")
        prompts = [request.messages[1].content for request in meta.requests]
        left = {one.what: one.words for one in archive.insights("one")}
        origins = {design.name: design.origin for design in archive.designs()}
    writing = [prompt for prompt in prompts if "Write the next design" in prompt]
    assert "a design that asks verify: +0.2" in writing[0]
    assert "Let a judge see each draft first." in writing[0]
    assert left["asks verify"] == "Let a judge see each draft first."
    assert origins["by model 0"] == "experience"
    texts = "\n".join(prompts)
    assert "train: 1 + 7 =" in texts
    assert not any(item.question in texts for split in ("val", "test") for item in task.make(split))
