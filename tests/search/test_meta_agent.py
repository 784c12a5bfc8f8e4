"""Meta Agent Search on scripted models: seeds, what is shown, the whole loop, going on, what fails."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from masdesign.archive import Archive, Evidence, Insight
from masdesign.archive.view import ArchiveView, Entry
from masdesign.building_blocks import blocks
from masdesign.errors import BudgetExhausted, InputError, ProviderError
from masdesign.lm import Budgeted, Scripted
from masdesign.lm.cached import Cached
from masdesign.records.cache import Cache
from masdesign.search import Settings, search
from masdesign.search.designer import Designer, Written
from masdesign.search.events import Event, Note, SearchProgress
from masdesign.search.grammar.generate import Grammar
from masdesign.search.loop import loop
from masdesign.search.objective import ScoreObjective
from masdesign.search.strategies import STRATEGIES, meta_agent
from masdesign.search.strategies.meta_agent import seeds
from masdesign.search.strategy import Setting
from masdesign.session.run import Run
from masdesign.session.spec import RunSpec
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Failure
from masdesign.workflow import Design, call_bound, check

KIND = STRATEGIES.all()["meta_agent"]
BUDGET = "1300calls"


class Pen:
    """Stands for a designer: notes the briefs, and writes a design a brief, or what ``write`` makes of it."""

    class lm:
        window = 10_000

    def __init__(self, write=None):
        self.briefs, self.known = [], []
        self.write = write or (
            lambda n: Design(f"async def workflow(task):\n    return await ask('{n}', task)")
        )

    class diagnoses:
        @staticmethod
        async def of(design):
            return None

    async def write_all(self, briefs, known):
        self.known.append(set(known))
        first = len(self.briefs)
        self.briefs += briefs
        return [Written(d) for n in range(first, len(self.briefs)) if (d := self.write(n)) is not None]


def strategy(pen, name="meta_agent", seed=0):
    import random

    return STRATEGIES.get(name)(Setting(Grammar(), ScoreObjective(), random.Random(seed), designer=pen))


def entry(number: int, score: float | None, failure: str = "") -> Entry:
    source = f"async def workflow(task):\n    return await direct(task, role='{number}')"
    failed = Failure("design", failure, 2, "mend it") if failure else None
    stage = "failed" if score is None else "complete"
    return Entry(Design(source, f"design {number}"), score, 50.0, 100 if score else 0, failed, stage)


@pytest.mark.slow
def test_the_seeds_are_the_seven_classics_and_well_formed():
    found = seeds("meta_agent")
    assert len(found) == 7
    assert [call_bound(check(design, blocks()).source, blocks()) for design in found] == [
        1,
        5,
        11,
        7,
        3,
        5,
        2,
    ]
    assert {design.origin for design in found} == {"meta_agent"}
    assert all(re.search(r"arXiv:\d{4}\.\d{5}", design.thought) for design in found)


async def test_it_begins_with_the_seeds_and_asks_no_model_for_them():
    pen = Pen()
    known = ArchiveView((replace(entry(0, 0.5), design=seeds("baseline")[0]),))
    agent = strategy(pen)
    first, second = await agent.propose(known, 4), await agent.propose(known, 4)
    assert [p.design.name for p in (*first, *second)] == [design.name for design in seeds("")[1:]]
    assert not pen.briefs
    assert len(await agent.propose(known, 4)) == len(pen.briefs) == 4
    assert pen.known == [{known.entries[0].design.id}]


async def briefs_of(name: str, entries: tuple[Entry, ...], n: int = 6):
    pen = Pen()
    agent = strategy(pen, name)
    agent._seeds = []
    await agent.propose(ArchiveView(entries), n)
    return pen.briefs


ENTRIES = tuple(entry(n, (n * 7 % 30) / 30 + 0.01) for n in range(30))


async def test_parents_are_the_best_of_a_random_few_of_the_young():
    briefs = await briefs_of("meta_agent", ENTRIES, 40)
    ids = {e.design.id: number for number, e in enumerate(ENTRIES)}
    chosen = [[ids[parent] for parent in brief.parents] for brief in briefs]
    assert all(len(set(pair)) == 2 and min(pair) >= 6 for pair in chosen)  # the six oldest have died
    assert len({tuple(pair) for pair in chosen}) > 5
    scores = [ENTRIES[number].score for pair in chosen for number in pair]
    assert sum(scores) / len(scores) > 0.7
    assert all(ENTRIES[pair[0]].score <= ENTRIES[pair[1]].score for pair in chosen)
    assert [one.name for one in briefs[0].values["shown"]] == [f"design {n}" for n in chosen[0]]
    again = await briefs_of("meta_agent:parents", ENTRIES, 40)
    assert [brief.parents for brief in again] == [brief.parents for brief in briefs]


async def test_the_best_few_or_all_are_shown_in_order_of_proposal():
    best = (await briefs_of("meta_agent:best3", ENTRIES))[0]
    numbers = sorted(sorted(range(30), key=lambda n: -ENTRIES[n].score)[:3])
    assert [one.name for one in best.values["shown"]] == [f"design {n}" for n in numbers]
    assert len(best.parents) == 3
    whole = (await briefs_of("meta_agent:whole", ENTRIES))[0]
    assert [one.name for one in whole.values["shown"]] == [f"design {n}" for n in range(30)]
    assert whole.parents == ()
    long = replace(ENTRIES[0].design, source=ENTRIES[0].design.source + "  # " + "long " * 4000)
    cut = (await briefs_of("meta_agent:whole", (replace(ENTRIES[0], design=long), *ENTRIES[1:])))[0]
    assert [one.name for one in cut.values["shown"]] == [f"design {n}" for n in range(1, 30)]


async def test_the_latest_failures_are_shown_each_for_another_reason():
    failed = tuple(entry(n, None, f"reason {n % 4}") for n in range(40, 50))
    brief = (await briefs_of("meta_agent", (*ENTRIES, *failed)))[0]
    told = [one.failure for one in brief.values["failed"]]
    assert told == [f"line 2: reason {n}; mend it" for n in (3, 0, 1)]


async def test_where_nothing_new_is_written_it_ends():
    pen = Pen(lambda n: None)
    agent = strategy(pen)
    agent._seeds = []
    assert await agent.propose(ArchiveView(ENTRIES), 4) == []
    assert len(pen.briefs) == 12


@pytest.mark.parametrize("name", ["meta_agent:all", "meta_agent:best0", "meta_agent:", "random:whole"])
def test_an_unknown_variant_is_one_line(name):
    with pytest.raises(InputError, match="has no variant"):
        STRATEGIES.get(name)


def test_it_needs_a_model_and_says_so():
    with pytest.raises(InputError, match="give a meta-model"):
        strategy(None)


# the whole loop


def writes(request) -> str:
    """A model that writes a design a draw: most are right, some fail for good, some need a repair."""
    turn = sum(message.role == "assistant" for message in request.messages)
    shown = len(request.messages[1].content)
    kind = (shown // 7 + request.sample) % 8
    if kind == 0:
        return ["", "{", "I cannot.", "```\n```"][turn % 4]
    if kind == 1:
        return "```python\nasync def workflow(task):\n    return await vote_of_votes(task)\n```"
    if kind == 2 and turn < 4:
        return "async def workflow(task)\n    return await direct(task)"
    if kind == 3:
        code = "def forward(self, taskInfo):\\n    agent = LLMAgentBase(['thinking', 'answer'], 'S', "
        code += f"temperature=0.{1 + shown % 8})\\n"
        code += f"    return agent([taskInfo], 'Draw {shown}.{request.sample}.')[1]"
        return f'{{"thought": "as ADAS", "name": "dialect", "code": "{code}"}}'
    body = (
        f"drafts = await gather(*[chain_of_thought(task, temperature=0.{1 + kind}) for _ in range({kind})])"
    )
    return f"Thought: votes.\nName: {kind} drafts\n```python\nasync def workflow(task):\n    {body}\n" + (
        f"    return drafts[0] if agreement(drafts) > 0.{shown % 10} else majority(drafts)\n```"
    )


@pytest.fixture
def meta_run(open_scripted, monkeypatch):
    """Runs a search with a scripted designer: the result, and every prompt that the designer was shown.

    It begins with two of the seeds only, and writes four designs at once, so that little is evaluated.
    """
    monkeypatch.setattr(meta_agent, "seeds", lambda origin: seeds(origin)[:2])

    @asynccontextmanager
    async def opened(ledger, cache, script, concurrency):
        meta = Scripted(script, "meta", window=100_000)
        async with open_scripted(ledger, concurrency, cache) as runtime:
            yield runtime, meta, Budgeted(Cached(meta, cache), ledger, apart=True)

    async def run(task, archive, *, script=writes, budget=BUDGET, cache=None, concurrency=64,
                  settings=None, name="trial", on_event=lambda event: None):  # fmt: skip
        ledger = Ledger(Budget.parse(budget))
        store = Cache.memory() if cache is None else cache
        async with opened(ledger, store, script, concurrency) as (runtime, meta, lm):
            run = Run.of(task, replace(runtime, roles={"meta": lm}), ledger, archive, on_event)
            found = await search(run, settings or Settings("meta_agent", batch=4), name=name)
            return found, [m.content for request in meta.requests for m in request.messages]

    return run


def exported(archive: Archive, path) -> bytes:
    archive.export(path, canonical=True)
    return path.read_bytes()


@pytest.mark.slow
async def test_a_search_from_end_to_end(task, meta_run) -> None:
    with Archive(":memory:") as archive:
        found, prompts = await meta_run(task, archive)
        failures = archive.failures()
        proposals = archive.proposals("trial")
        designs = {design.id: design for design in archive.designs()}
        record = archive.run("trial")
    assert found.best_val.complete
    assert found.spend.calls <= 1300
    written = [designs[p["design_id"]] for p in proposals if designs[p["design_id"]].parents]
    stages = [p["stage"] for p in proposals]
    assert len(written) >= 8
    assert "failed" in stages
    assert stages.count("complete") > 3
    assert any("run_forward" in design.source for design in written)
    assert any("no code" in failure.message for _, _, failure in failures)
    assert record.settings["designer"]["model"] == "meta"
    assert "propose" in record.settings["designer"]["prompts"]
    assert any("What is wrong: line 1: not valid Python" in prompt for prompt in prompts)


@pytest.mark.slow
async def test_concurrency_and_going_on_change_nothing(task, meta_run, tmp_path) -> None:
    with Archive(":memory:") as one, Archive(":memory:") as many, Cache.memory() as cache:
        first, _ = await meta_run(task, one, concurrency=1)

        def stop(event: Event) -> None:
            if isinstance(event, SearchProgress) and event.candidates >= 14:
                searching.cancel()

        searching = asyncio.create_task(meta_run(task, many, cache=cache, concurrency=256, on_event=stop))
        with pytest.raises(asyncio.CancelledError):
            await searching
        second, _ = await meta_run(task, many, cache=cache, concurrency=256)
        assert exported(many, tmp_path / "many") == exported(one, tmp_path / "one")
        assert second.spend.calls == first.spend.calls
        again, prompts = await meta_run(task, many, cache=cache)
        assert again.spend.paid_calls == second.spend.paid_calls  # and nothing was sent again
        assert prompts == []
        assert exported(many, tmp_path / "again") == (tmp_path / "one").read_bytes()


@pytest.mark.slow
async def test_nothing_of_val_or_test_is_in_any_prompt_of_the_designer(task, meta_run) -> None:
    """Not even where a design tries to tell: what it prints, raises and answers on val stays there."""
    mark = "canary7c1e"
    marked = {
        split: [
            replace(item, question=f"{mark} {item.question}", targets=(item.target, mark),
                    record={"note": mark}, context=(mark,), solution=mark) for item in task.make(split)
        ] for split in ("val", "test")
    }  # fmt: skip

    class Telling:
        name, calls = "telling", 0

        async def score(self, answer, item, outcome, services):
            return (await self.value(answer, item), mark if item.record else "what went wrong")

        async def value(self, answer, item):
            return task.metric(answer, item)

    planted = Task.of("marked", train=task.train, **marked, description="Add.", metric=Telling())

    def tells(request) -> str:
        turn = sum(message.role == "assistant" for message in request.messages)
        body = "answer = await chain_of_thought(task, temperature=0.8)\n    print(task.question)\n"
        body += f"    if task.context:\n        raise ValueError(task.question + '{request.sample}')\n"
        return f"```python\nasync def workflow(task):\n    {body}    return answer  # {turn}\n```"

    with Archive(":memory:") as archive:
        _, prompts = await meta_run(planted, archive, script=tells)
        told = [failure.message for _, _, failure in archive.failures()]
    assert len(prompts) > 50
    assert any("train" in prompt for prompt in prompts)
    assert not any(mark in prompt for prompt in prompts)
    assert not any(mark in message for message in told)


@pytest.mark.slow
@pytest.mark.parametrize("reply", ["", "I cannot help with that.", "```python\nasync def workflow(task):\n"])
async def test_a_designer_that_never_writes_one_stops_nothing(task, meta_run, reply) -> None:
    with Archive(":memory:") as archive:
        found, _ = await meta_run(task, archive, script=lambda request: reply, budget="700calls")
        failed = [p for p in archive.proposals("trial") if p["stage"] == "failed"]
    assert found.best_val.complete
    assert failed


@pytest.mark.slow
async def test_a_designer_that_is_down_ends_the_search_and_not_the_run(task, meta_run) -> None:
    events: list[Event] = []
    with Archive(":memory:") as archive:
        found, _ = await meta_run(
            task, archive, script=lambda request: ProviderError("the server is down"), on_event=events.append
        )
    assert found.best_val.complete
    assert any(isinstance(e, Note) and "the server is down" in e.text for e in events)


@pytest.mark.slow
async def test_a_run_goes_on_with_its_own_designer_only(task, meta_run) -> None:
    with Archive(":memory:") as archive:
        await meta_run(task, archive, budget="700calls")
        record = archive.run("trial")
        other = {**record.settings["designer"], "model": "another"}
        settings = Settings("meta_agent", batch=4).spec(RunSpec("", task), task, designer=other)
        settings = settings.record("trial", "scripted", {})
        with pytest.raises(InputError, match="'meta', not 'another'"):
            archive.start_run(settings)


async def test_a_strategy_without_a_designer_refuses_one_and_the_other_way_round(
    task, meta_run, open_scripted
) -> None:
    ledger = Ledger(Budget.parse(BUDGET))
    with Archive(":memory:") as archive:
        with pytest.raises(InputError, match="leave out the meta-model meta"):
            await meta_run(task, archive, settings=Settings("random"))
        with pytest.raises(InputError, match="give a meta-model"):
            async with open_scripted(ledger) as runtime:
                await search(Run.of(task, runtime, ledger, archive), Settings("meta_agent"))
        assert archive.runs() == []


@pytest.mark.slow
async def test_a_budget_that_ends_while_designs_are_written_ends_the_search_in_good_order(meta_run, task):
    class Broke(Designer):
        async def write_all(self, briefs, known=()):
            raise BudgetExhausted("spent")

    with Archive(":memory:") as archive, pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "Designer", Broke)
        found, _ = await meta_run(task, archive)
    assert found.best_val.complete


async def test_lessons_of_other_tasks_are_shown_with_their_evidence():
    pen = Pen()
    meta = strategy(pen)
    gain = sum((Evidence.of(0.3) for _ in range(9)), Evidence())
    meta.setting = replace(meta.setting, insights=(Insight("products", "m", "asks isolate", gain),))
    meta._seeds = []
    await meta.propose(ArchiveView((entry(1, 0.5), entry(2, 0.7)), ()), 2)
    assert {brief.template for brief in pen.briefs} == {"experience"}
    assert "asks isolate: +0.245 (9 comparisons: 9 better, 0 worse)" in pen.briefs[0].values["insights"][0]
    assert pen.briefs[0].parents
