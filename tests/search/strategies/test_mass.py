"""MASS: its stages, what it learns from each, and what it does where other words are of no use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from masdesign.archive.view import ArchiveView, Entry
from masdesign.building_blocks import blocks
from masdesign.experiments.baselines import step_by_step
from masdesign.lm import Budgeted, Repertoire, Scripted
from masdesign.search.designer import Designer
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.wording import shipped
from masdesign.search.objective import ScoreObjective, shrunk_by_id
from masdesign.search.strategies.mass import MASS
from masdesign.search.strategy import Setting
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item, Request
from masdesign.workflow import Design, MontySandbox, Runtime, call_bound, check


def entry(design: Design, score: float) -> Entry:
    return Entry(design, score, 50.0, 200, None, "complete")


def run(
    score: Callable[[Design], float], batches: int, grammar: Grammar | None = None, seed: int = 0
) -> tuple[MASS, tuple[Entry, ...]]:
    """The strategy and what it came to in a world of that score; step by step is known, as in a run."""
    strategy = MASS(Setting(grammar or Grammar(), ScoreObjective(), Random(seed)))
    entries: tuple[Entry, ...] = (entry(step_by_step(), score(step_by_step())),)
    for _ in range(batches):
        found = strategy.propose(ArchiveView(entries), 8)
        assert isinstance(found, Iterator)
        entries += tuple(entry(p.design, score(p.design)) for p in found)
    return strategy, entries


def careful_verifiers(design: Design) -> float:
    """Verifying pays, most where it recomputes; a patient teacher solves better; debating hurts."""
    gains = {"verify(": 0.1, "Recompute": 0.1, "patient teacher": 0.1, "debate_round(": -0.2}
    return 0.4 + sum(gain for mark, gain in gains.items() if mark in design.source)


def test_the_first_stage_tries_one_agent_then_each_block_with_the_best_of_its_wordings() -> None:
    _, entries = run(careful_verifiers, 4)
    solo = [e.design for e in entries[1:9]]
    assert {d.source.count("await") for d in solo} == {1}
    assert len({d.id for d in solo} | {step_by_step().id}) == len(shipped()["chain_of_thought"])
    later = [e.design.source for e in entries[9:]]
    assert all("patient teacher" in source for source in later if "chain_of_thought(" in source)
    verifying = [s for s in later if "verify(" in s and "revise" not in s and "weights" not in s]
    assert sum("VERIFY" in source for source in verifying) >= len(shipped()["verify"]) - 1


def test_influence_is_measured_against_what_a_block_was_added_to() -> None:
    strategy, entries = run(careful_verifiers, 5)
    found = strategy.influences(shrunk_by_id(entries))
    assert found["keep"] == pytest.approx(0.7 / 0.5, abs=0.05)  # scores are shrunk a little
    assert found["discuss"] == pytest.approx(0.3 / 0.5, abs=0.05)
    assert found["vote"] == pytest.approx(1.0, abs=0.01)


@pytest.mark.slow
def test_influential_blocks_are_taken_more_often() -> None:
    _, entries = run(careful_verifiers, 16)
    topologies = [e.design.source for e in entries[80:]]
    verified = sum("verify(" in source for source in topologies)
    debated = sum("debate_round(" in source for source in topologies)
    assert verified > 0.4 * len(topologies)
    assert debated < 0.1 * len(topologies)


@pytest.mark.slow
def test_the_third_stage_rewords_the_best_topology() -> None:
    _, entries = run(careful_verifiers, 14)
    ids = {e.design.id for e in entries}
    reworded = [e.design for e in entries if e.design.parents]
    assert len(reworded) >= 8
    assert all(set(d.parents) <= ids for d in reworded)
    assert all("verify(" in d.source for d in reworded)


@pytest.mark.slow
def test_what_it_writes_is_well_formed_and_within_the_bound() -> None:
    known = blocks()
    _, entries = run(careful_verifiers, 10, Grammar(tools=("python",)))
    for each in entries[1:]:
        check(each.design, known)
        assert call_bound(each.design, known) <= Grammar().max_calls


@pytest.mark.slow
def test_a_model_of_recorded_answers_is_asked_in_the_recorded_words() -> None:
    grammar = Grammar(repertoires={"": Repertoire(frozenset({"chain_of_thought", "direct"}), draws=8)})
    _, entries = run(careful_verifiers, 6, grammar)
    assert len(entries) > 5
    assert not any("instruction=" in e.design.source or "role=" in e.design.source for e in entries)
    assert not any("verify(" in e.design.source for e in entries)


@pytest.mark.slow
def test_several_models_share_a_topology() -> None:
    _, entries = run(careful_verifiers, 10, Grammar(models=("large",)))
    assert any('model="large"' in e.design.source for e in entries)
    for each in entries:
        check(each.design, blocks(), models=("", "large"))


def wordings(request: Request) -> str:
    """What a model writes: a role the first time, nothing for the judge."""
    prompt = request.messages[1].content
    if "`verify`" in prompt:
        return "I would rather not."
    return f"Instruction: Mind the carry, {request.sample}.\nRole: {'none' if request.sample else 'A clerk.'}"


async def test_with_a_model_the_wordings_come_from_it() -> None:
    ledger = Ledger(Budget.parse(None))
    meta = Scripted(wordings, "meta", window=100_000)
    task = Task.of("sums", train=[Item("t", "train canary", "3")], val=[Item("v", "val canary", "8")])
    async with MontySandbox() as sandbox:
        lm = Budgeted(Scripted(lambda request: "Answer: 3"), ledger)
        designer = Designer(Budgeted(meta, ledger), Runtime({"": lm}, blocks(), sandbox), ledger, task)
        strategy = MASS(Setting(Grammar(), ScoreObjective(), Random(0), designer=designer))
        entries: tuple[Entry, ...] = (entry(step_by_step(), 0.4),)
        for _ in range(4):
            found = strategy.propose(ArchiveView(entries), 8)
            assert not isinstance(found, Iterator)
            entries += tuple(
                entry(p.design, 0.4 + 0.1 * ("carry, 1" in p.design.source)) for p in await found
            )
    sources = [e.design.source for e in entries[1:]]
    assert "Mind the carry, 0. Say on the last line: Answer: ..." in sources[0]
    assert 'CHAIN_OF_THOUGHT_ROLE = "A clerk."' in sources[0]
    assert "ROLE" not in sources[1]
    assert all("carry, 1" in source for source in sources[10:])
    assert any("strict" in source for source in sources)  # of the judge those that ship
    prompts = [request.messages[1].content for request in meta.requests]
    assert ledger.spend.calls >= 3 * len(shipped())
    assert all("train canary" in p and "val canary" not in p for p in prompts)
