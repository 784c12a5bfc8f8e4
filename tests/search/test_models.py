"""A search over several models: what is grown, what is compared with what, and in which unit."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.errors import InputError
from masdesign.evaluation import open_runtime
from masdesign.lm import Repertoire
from masdesign.search import SearchResult, Settings, search
from masdesign.search.events import Note
from masdesign.search.grammar import structures
from masdesign.search.grammar.classics import classics, mixtures
from masdesign.search.grammar.emit import emit
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.playable import draws, playable
from masdesign.search.grammar.slots import assemble, cut_down
from masdesign.search.grammar.tree import design_of
from masdesign.search.grammar.vary import crossover, mutate, simplify
from masdesign.search.loop import batches
from masdesign.search.loop.candidate import Candidate
from masdesign.search.loop.stages import Stages
from masdesign.search.models import alone, other_models, prices
from masdesign.search.objective import ScoreObjective
from masdesign.session.run import Run
from masdesign.session.spec import RunSpec
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item
from masdesign.workflow import Design, check

LARGE = Grammar(models=("large",), tools=("python",))
ONE_TEXT = Repertoire(frozenset({"direct", "chain_of_thought"}), draws=1)
RECORDED = Grammar(models=("mid", "large"), repertoires=dict.fromkeys(("", "mid", "large"), ONE_TEXT))


def lineage(grammar: Grammar) -> list[Expression]:
    """Trees grown, mutated, crossed and simplified from one seed."""
    rng = Random(7)
    trees = [*classics(grammar), *(grammar.grow(rng) for _ in range(40))]
    for _ in range(60):
        tree, other = rng.choice(trees), rng.choice(trees)
        varied = (
            mutate(tree, grammar, rng),
            crossover(tree, other, grammar, rng),
            simplify(tree, grammar, rng),
        )
        trees += [new for new in varied if new is not None]
    return trees


def test_with_one_model_no_step_names_one() -> None:
    assert not any("model=" in emit(tree) for tree in lineage(Grammar()))


@pytest.mark.slow
def test_with_several_models_every_kind_of_step_asks_any_of_them() -> None:
    rng, known = Random(0), blocks()
    trees = [LARGE.grow(rng) for _ in range(150)]
    asking = {part.name for tree in trees for part in tree.walk() if part.model == "large"}
    assert len(asking) > 15
    assert {"verify", "revise", "focus"} <= asking
    for tree in trees[:40]:
        assert check(emit(tree), known, models=("large",)).call_bound <= 13
        assert "large" in tree.title or 'model="large"' not in emit(tree)


def test_variation_reaches_the_other_model_and_back() -> None:
    rng = Random(0)
    votes = LARGE.parse("self_consistency(n=3)")
    assert votes.set("model", "large") in {mutate(votes, LARGE, rng) for _ in range(400)}
    steps = LARGE.parse("chain_of_thought(model='large')")
    assert LARGE.parse("chain_of_thought()") in {mutate(steps, LARGE, rng) for _ in range(400)}


def test_a_design_of_several_models_reads_as_it_works() -> None:
    grammar = Grammar(models=("mid", "large"))
    tree = grammar.parse(
        "escalate(repeat(chain_of_thought(temperature=0.8), n=3), "
        "retry(direct(model='mid'), verify(model='large'), chain_of_thought(model='large')), below=1.0)"
    )
    assert emit(tree) == (
        "async def workflow(task):\n"
        "    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])\n"
        "    if agreement(drafts) < 1.0:\n"
        '        answer = await direct(task, model="mid")\n'
        '        verdict = await verify(task, answer, model="large")\n'
        "        if verdict.ok:\n"
        "            return answer\n"
        '        return await chain_of_thought(task, model="large")\n'
        "    return majority(drafts)\n"
    )
    check(emit(tree), blocks(), models=("mid", "large"))
    assert tree.title.endswith("direct on mid, else chain of thought on large where verify on large objects")


def test_only_what_the_models_answer_is_grown() -> None:
    trees = lineage(RECORDED)
    assert len({emit(tree) for tree in trees}) > 40
    assert all(playable(tree, RECORDED.repertoires) for tree in trees)
    assert {part.name for tree in trees for part in tree.walk()} & blocks().keys() == {"chain_of_thought"}
    assert not any("temperature" in emit(tree) for tree in trees)
    assert {tree.name for tree in trees} >= {"escalate", "route", "vote"}
    judged = Grammar(models=("large", "judge")).parse(
        "retry(chain_of_thought(), verify(model='judge'), chain_of_thought(model='large'))"
    )
    assert playable(judged, {"": ONE_TEXT, "large": ONE_TEXT})
    assert not playable(judged, {"": ONE_TEXT, "judge": ONE_TEXT})


def test_ways_that_exclude_each_other_draw_once() -> None:
    text = (
        "route(chain_of_thought(), vote(trio(chain_of_thought(), direct(), chain_of_thought(model='large'))))"
    )
    assert draws(LARGE.parse(text), "") == 2
    text = "escalate(repeat(chain_of_thought(temperature=0.8), n=3), chain_of_thought(model='large'))"
    assert draws(LARGE.parse(text), "large") == 1
    assert draws(LARGE.parse(text), "") == 3


def test_a_model_alone_is_its_single_call() -> None:
    assert alone("large").id == design_of(LARGE.parse("chain_of_thought(model='large')")).id
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


async def search_noting(
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
    """Recorded solutions are asked for once; a search of them then has nothing new to ask.

    Few structures can be played here, and most of a search goes by in drawing them: fewer are drawn.
    """
    monkeypatch.setattr(batches, "PATIENCE", 8)
    monkeypatch.setattr(structures, "DRAWS", 100)


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
async def test_a_search_finds_a_mixture_and_shows_its_frontier(files) -> None:
    with Archive(":memory:") as archive:
        result, notes = await search_noting(files, archive, price={"small": "1/1", "large": "20/20"})
    assert isinstance(result.best.source, str)
    assert 'model="large"' in result.best.source
    assert "len(task.question.split())" in result.best.source
    assert (result.cost_unit, result.failures) == ("usd", 0)
    assert not any("--price" in note for note in notes)
    assert any("little left to learn" in note for note in notes)
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
        result, _ = await search_noting(
            files, archive, price={"small": "1/1", "large": "20/20"}, objective="pareto"
        )
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
async def test_without_prices_tokens_are_compared_and_the_user_is_told(files, monkeypatch) -> None:
    monkeypatch.setattr(batches, "PATIENCE", 2)
    with Archive(":memory:") as archive:
        result, notes = await search_noting(files, archive, objective="score")
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


def test_slots_choose_a_model_only_where_there_are_several() -> None:
    plain, several = Named(0), [Named(seed) for seed in range(60)]
    assemble(plain, Grammar())
    assert not any(name.endswith(" model") for name in plain.names)
    trees = [cut_down(assemble(choices, LARGE), LARGE) for choices in several]
    assert sum(tree is not None and 'model="large"' in emit(tree) for tree in trees) > 20
    recorded = [cut_down(assemble(Named(seed), RECORDED), RECORDED) for seed in range(200)]
    assert "chain_of_thought" in {tree.name for tree in recorded if tree is not None}


async def test_a_run_goes_on_at_its_own_prices_only(files) -> None:
    task, models = files
    async with (
        open_runtime(models, price={"small": "1/1", "large": "20/20"}) as dear,
        open_runtime(models, price={"small": "1/1", "large": "2/2"}) as cheap,
        open_runtime(models) as unpriced,
    ):
        prices_seen = [prices(runtime.models) for runtime in (dear, cheap, unpriced)]
    assert prices_seen == ["default=1/1 large=20/20", "default=1/1 large=2/2", ""]
    with Archive(":memory:") as archive:
        archive.start_run(
            Settings().spec(RunSpec("", task), task, prices=prices_seen[0]).record("mix", "m", {})
        )
        with pytest.raises(InputError, match="prices"):
            archive.start_run(
                Settings().spec(RunSpec("", task), task, prices=prices_seen[1]).record("mix", "m", {})
            )
