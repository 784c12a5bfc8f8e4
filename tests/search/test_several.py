"""A search over several models: what is grown, what is compared with what, and in which unit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random

import pytest

from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.errors import InputError
from masdesign.evaluation import open_runtime
from masdesign.lm import Repertoire
from masdesign.search import SearchResult, Settings, batches, search
from masdesign.search.candidate import Candidate
from masdesign.search.events import Note
from masdesign.search.grammar.classics import classics, mixtures
from masdesign.search.grammar.emit import emit
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.names import name, thought
from masdesign.search.grammar.nodes import (
    Answer,
    Cascade,
    Direct,
    Escalate,
    Filter,
    Panel,
    Repair,
    RepairAll,
    Route,
    Samples,
    Steps,
    Vote,
    walk,
)
from masdesign.search.grammar.playable import draws, playable
from masdesign.search.grammar.redundant import redundant
from masdesign.search.grammar.slots import assemble, cut_down
from masdesign.search.grammar.tree import design_of
from masdesign.search.grammar.vary import crossover, mutate, simplifications, simplify
from masdesign.search.objective import ScoreObjective
from masdesign.search.several import alone, other_models, prices
from masdesign.search.stages import Stages
from masdesign.session.run import Run
from masdesign.session.spec import RunSpec
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item
from masdesign.workflow import Design, check

LARGE = Grammar(models=("large",), python=True)
ONE_TEXT = Repertoire(frozenset({"direct", "chain_of_thought"}), draws=1)
RECORDED = Grammar(models=("mid", "large"), repertoires=dict.fromkeys(("", "mid", "large"), ONE_TEXT))


def lineage(grammar: Grammar) -> list[Answer]:
    """Trees grown, mutated, crossed and simplified from one seed."""
    rng = Random(7)
    trees = [*classics(grammar), *(grammar.grow(rng) for _ in range(100))]
    for _ in range(300):
        tree, other = rng.choice(trees), rng.choice(trees)
        found = (
            mutate(tree, grammar, rng),
            crossover(tree, other, grammar, rng),
            simplify(tree, grammar, rng),
        )
        trees += [new for new in found if new is not None]
    return trees


def test_with_one_model_the_same_seed_grows_the_same_designs_as_ever() -> None:
    trees = lineage(Grammar(python=True))
    told = "\n".join(f"{name(tree)}\n{thought(tree)}\n{emit(tree)}" for tree in trees)
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == "73ce5aafb84eaf82"
    assert "model" not in told


@pytest.mark.slow
def test_with_several_models_every_kind_of_step_asks_any_of_them() -> None:
    rng, known = Random(0), blocks()
    trees = [LARGE.grow(rng) for _ in range(300)]
    sources = [emit(tree) for tree in trees]
    assert sum('model="large"' in source for source in sources) > 150
    assert any(isinstance(part, Escalate) for tree in trees for _, part in walk(tree))
    assert any(isinstance(part, Route) for tree in trees for _, part in walk(tree))
    for tree, source in zip(trees[:60], sources, strict=False):
        assert check(source, known, models=("large",)).call_bound <= 13
        assert max(map(len, source.splitlines())) <= 110
        assert "large" in name(tree) or 'model="large"' not in source


def test_variation_reaches_the_other_model_and_back() -> None:
    rng = Random(0)
    found = {mutate(Vote(Samples(3)), LARGE, rng) for _ in range(200)}
    assert Vote(Samples(3, model="large")) in found
    back = {mutate(Steps(model="large"), LARGE, rng) for _ in range(200)}
    assert Steps() in back
    panel = Vote(Panel((Steps(), Direct(), Steps(model="large"))))
    assert any(
        new and "direct on large" in name(new) for new in (mutate(panel, LARGE, rng) for _ in range(200))
    )
    assert Vote(Samples(3)) in set(simplifications(Escalate(Samples(3), Steps(model="large"))))


def test_a_design_of_several_models_reads_as_it_works() -> None:
    tree = Route(40, Steps(), Escalate(Samples(3), Cascade(Direct("mid"), Steps(model="large"), "large")))
    assert emit(tree) == (
        "async def workflow(task):\n"
        "    if len(task.question.split()) < 40:\n"
        "        return await chain_of_thought(task)\n"
        "    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])\n"
        "    if agreement(drafts) < 1.0:\n"
        '        answer = await direct(task, model="mid")\n'
        '        verdict = await verify(task, answer, model="large")\n'
        "        if verdict.ok:\n"
        "            return answer\n"
        '        return await chain_of_thought(task, model="large")\n'
        "    return majority(drafts)\n"
    )
    assert name(tree) == (
        "step by step below 40 words, else vote of 3, below 1.0 agreement "
        "direct on mid, judged by large, else step by step on large"
    )
    inner = emit(Repair(tree, model="large"))
    assert "    else:\n        drafts = " in inner
    assert "        else:\n            answer = majority(drafts)\n" in inner
    check(inner, blocks(), models=("mid", "large"))
    helper = emit(Vote(RepairAll(RepairAll(Samples(3)), model="large")))
    assert 'repaired(task, draft, model="large")' in helper
    assert "repaired(task, draft) for" in helper
    check(helper, blocks(), models=("large",))


@pytest.mark.parametrize(
    "tree",
    [
        Route(40, Steps(), Steps()),
        Route(40, Route(20, Steps(), Direct()), Steps(model="large")),
        Route(40, Steps(), Route(20, Direct(), Steps(model="large"))),
        Route(40, Steps(), Route(60, Steps(), Steps(model="large"))),
        Vote(Panel((Steps(), Steps(model="large")))),
        Escalate(Samples(2), Steps(model="large"), below=0.5),
        Escalate(Panel((Steps(), Steps(model="large"))), Steps(model="large")),
    ],
)
def test_steps_without_effect_are_known(tree: Answer) -> None:
    assert redundant(tree)


def test_only_what_the_models_answer_is_grown() -> None:
    trees = lineage(RECORDED)
    assert len({emit(tree) for tree in trees}) > 60
    assert all(playable(tree, RECORDED.repertoires) for tree in trees)
    for source in map(emit, trees):
        assert not any(step in source for step in ("verify", "revise", "choose", "debate", "self_consist"))
        assert "temperature" not in source
    assert any(isinstance(tree, Vote) for tree in trees)
    assert any(isinstance(tree, Escalate) for tree in trees)
    assert not playable(Vote(Filter(Samples(3))), {"": ONE_TEXT})
    assert playable(Cascade(Steps(), Steps(model="large"), "judge"), {"": ONE_TEXT, "large": ONE_TEXT})


def test_ways_that_exclude_each_other_draw_once() -> None:
    assert draws(Route(40, Steps(), Vote(Panel((Steps(), Direct(), Steps(model="large"))))), "") == 2
    assert draws(Escalate(Samples(3), Steps(model="large")), "large") == 1


def test_a_model_alone_is_its_single_call() -> None:
    assert alone("large").id == design_of(Steps(model="large")).id
    assert mixtures(()) == ()


# -- a whole search

WORDS = "Ann counts eggs and then Bob counts more of them until all are counted " * 3


@pytest.fixture
def files(tmp_path: Path) -> tuple[Task, dict[str, str]]:
    """The small model is right on short questions, the large one on nearly all; a third is no better."""
    rows, items = [], []
    for n in range(62):
        length = 5 + n % 3 * 20
        question = f"{' '.join(WORDS.split()[:length])} {n} plus one?"
        right = {"small": length < 20, "same": length < 20, "large": n % 10 > 0}
        rows.append(
            {"question": question, "ground_truth": f"A: {n + 1}"}
            | {name: {"is_correct": ok, "solution": f"A: {n + 1 if ok else n}"} for name, ok in right.items()}
        )
        items.append(Item(f"i{n}", question, str(n + 1)))
    file = tmp_path / "solutions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    task = Task.of("eggs", train=items[:2], val=items[2:32], test=items[32:])
    return task, {name: f"recorded:{file}#{name}" for name in ("small", "large")}


async def found(
    files: tuple[Task, dict[str, str]],
    archive: Archive,
    *,
    objective: str = "advantage",
    price: dict[str, str] | None = None,
) -> tuple[SearchResult, list[str]]:
    task, models = files
    notes: list[str] = []
    ledger = Ledger(Budget.parse("3000calls"))
    async with open_runtime(models, price=price, ledger=ledger) as runtime:
        assert other_models(runtime.models) == ("large",)

        def on_event(event) -> None:
            if isinstance(event, Note):
                notes.append(event.text)

        run = Run.of(task, runtime, ledger, archive, on_event)
        result = await search(run, Settings(objective=objective), name="mix")
    return result, notes


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded solutions are asked for once; a search of them then has nothing new to ask."""
    monkeypatch.setattr(batches, "PATIENCE", 2)


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
async def test_a_search_finds_a_mixture_and_shows_its_frontier(files) -> None:
    with Archive(":memory:") as archive:
        result, notes = await found(files, archive, price={"small": "1/1", "large": "20/20"})
    assert isinstance(result.best.source, str)
    assert 'model="large"' in result.best.source
    assert "len(task.question.split())" in result.best.source
    assert (result.cost_unit, result.failures) == ("usd", 0)
    assert not any("--price" in note for note in notes)
    assert "little left to learn" in notes[-1]
    assert result.advantage.score > 0.05
    assert [b.name for b in result.baselines] == ["direct", "step_by_step", "step_by_step on large"]
    usd = [val.usd_per_item for val in result.frontier_val]
    assert usd == sorted(usd)
    assert [d.id for d in result.frontier] == [val.design_id for val in result.frontier_val]
    document = result.to_json()
    assert set(document["best"]["by_model"]) == {"small", "large"}
    assert document["frontier_val"][0]["usd_per_item"] == usd[0]
    assert json.loads(json.dumps(document)) == document


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
async def test_a_search_for_the_frontier_looks_at_all_of_it_on_test(files) -> None:
    with Archive(":memory:") as archive:
        result, _ = await found(files, archive, price={"small": "1/1", "large": "20/20"}, objective="pareto")
        record = archive.run("mix")
        assert record.outcome is not None
    assert [test.design_id for test in result.frontier_test] == [design.id for design in result.frontier]
    assert len(result.frontier) > 2
    assert all(test.items == 30 for test in result.frontier_test)
    assert result.mixture is not None
    assert result.mixture.above.score > 0.05
    assert "lies above the line between single models" in str(result.mixture)
    assert result.to_json()["mixture"]["above"]["test"] == result.mixture.above.score
    assert record.outcome["mixture"] == result.mixture.to_json()


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
async def test_without_prices_tokens_are_compared_and_the_user_is_told(files) -> None:
    with Archive(":memory:") as archive:
        result, notes = await found(files, archive, objective="score")
    assert result.cost_unit == "tokens"
    assert any("give their prices" in note for note in notes)
    assert any("objectives advantage and pareto" in note for note in notes)


async def test_a_design_that_is_not_recorded_ends_at_its_first_item(files) -> None:
    task, models = files
    source = "async def workflow(task):\n    return await {}"
    ledger = Ledger(Budget.parse("3000calls"))
    async with open_runtime(models, ledger=ledger) as runtime:
        stages = Stages(task, runtime, ledger)
        calls = ("self_consistency(task)", 'chain_of_thought(task, role="A poet.")', 'ask("Solve.", task)')
        batch = [Candidate(i, Design(source.format(call))) for i, call in enumerate(calls)]
        await stages.try_batch(batch, [], ScoreObjective())
    assert all(candidate.broken and candidate.evaluation is None for candidate in batch)
    assert all("not recorded" in candidate.failure.message for candidate in batch)
    assert ledger.spend.calls == 1


class Named:
    """Choices by chance, and their names."""

    def __init__(self, seed: int) -> None:
        self.rng, self.names = Random(seed), list[str]()

    def suggest_categorical(self, name: str, choices):
        self.names.append(name)
        return self.rng.choice(choices)

    def suggest_int(self, name: str, low: int, high: int) -> int:
        self.names.append(name)
        return self.rng.randint(low, high)


def test_slots_choose_a_model_only_where_there_are_several() -> None:
    plain, several = Named(0), [Named(seed) for seed in range(300)]
    assemble(plain, Grammar())
    assert not any("model" in name or "route" in name for name in plain.names)
    trees = [cut_down(assemble(choices, LARGE), LARGE) for choices in several]
    assert len({tuple(choices.names) for choices in several}) == 1
    assert sum(tree is not None and 'model="large"' in emit(tree) for tree in trees) > 100
    recorded = [cut_down(assemble(Named(seed), RECORDED), RECORDED) for seed in range(300)]
    assert {type(tree) for tree in recorded if tree is not None} >= {Steps, Vote, Route}


async def test_a_run_goes_on_at_its_own_prices_only(files) -> None:
    task, models = files
    async with (
        open_runtime(models, price={"small": "1/1", "large": "20/20"}) as dear,
        open_runtime(models, price={"small": "1/1", "large": "2/2"}) as cheap,
        open_runtime(models) as unpriced,
    ):
        found = [prices(runtime.models) for runtime in (dear, cheap, unpriced)]
    assert found == ["default=1/1 large=20/20", "default=1/1 large=2/2", ""]
    with Archive(":memory:") as archive:
        archive.start_run(Settings().spec(RunSpec("", task), task, prices=found[0]).record("mix", "m", {}))
        with pytest.raises(InputError, match="prices"):
            archive.start_run(
                Settings().spec(RunSpec("", task), task, prices=found[1]).record("mix", "m", {})
            )
