"""The portfolio: what it begins with, and how its members share the budget."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from random import Random
from types import SimpleNamespace

import pytest

from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.grammar.classics import classics
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.objective import ScoreObjective
from masdesign.search.strategies import portfolio as portfolio_module
from masdesign.search.strategies.portfolio import MEMBERS, Earned, Portfolio, choose
from masdesign.search.strategy import Proposal, Setting, Strategy
from masdesign.types import Failure
from masdesign.workflow import Design

NAMES = [kind.name for kind in MEMBERS]


def setting(seed: int = 0, seeds: tuple[Design, ...] = ()) -> Setting:
    return Setting(Grammar(), ScoreObjective(), Random(seed), seeds)


def begun(portfolio: Portfolio) -> tuple[Entry, ...]:
    """The classics, all alike."""
    designs = [p.design for p in portfolio.propose(ArchiveView(), len(classics(Grammar())))]
    return tuple(Entry(design, 0.5, 100.0, 200, None, "complete") for design in designs)


def test_it_begins_with_what_was_transferred_and_what_is_known() -> None:
    foreign = Design("async def workflow(task):\n    return await ask('Think.', task.question)", "found")
    known = design_of(Grammar().parse("self_consistency()"))
    designs = [p.design for p in Portfolio(setting(seeds=(foreign, known))).propose(ArchiveView(), 20)]
    begun = 1 + len(classics(Grammar()))
    assert [d.id for d in designs[:2]] == [foreign.id, known.id]
    assert [d.origin for d in designs[:2]] == ["portfolio/transfer"] * 2
    assert [d.id for d in designs].count(known.id) == 1
    assert {d.origin for d in designs[2:begun]} == {"portfolio/classics"}
    assert {d.origin for d in designs[begun:]} <= {f"portfolio/{name}" for name in NAMES}


class Writer(Strategy):
    """Stands for a strategy that asks a model: each of its designs takes a moment."""

    name, needs_meta_model = "writer", True

    async def propose(self, view: ArchiveView, n: int) -> list[Proposal]:
        await asyncio.sleep(0)
        seen = len(view.entries)
        sources = [f"async def workflow(task):\n    return await ask('{seen} {i}', task)" for i in range(n)]
        return [Proposal(Design(source, "written", "It may help."), FAULT) for source in sources]


FAULT = Failure("design", "a fault that could not be repaired")


@pytest.mark.slow
async def test_strategies_that_need_a_model_are_members_where_there_is_one(monkeypatch) -> None:
    monkeypatch.setattr(portfolio_module, "STRATEGIES", SimpleNamespace(all=lambda: {"writer": Writer}))
    portfolio = Portfolio(replace(setting(), designer=object()))
    first = await portfolio.propose(ArchiveView(), 60)
    written = [proposal for proposal in first if proposal.design.origin == "portfolio/writer"]
    assert written
    assert all(proposal.failure == FAULT for proposal in written)
    assert len({proposal.design.id for proposal in first}) == 60
    alone = Portfolio(setting()).propose(ArchiveView(), 60)
    assert not any(proposal.design.origin == "portfolio/writer" for proposal in alone)


@pytest.mark.slow
def test_it_breeds_from_what_was_transferred() -> None:
    foreign = design_of(Grammar().parse("self_consistency(n=7, temperature=0.5)"), origin="evolution")
    portfolio = Portfolio(setting(seeds=(foreign,)))
    first = [p.design for p in portfolio.propose(ArchiveView(), 9)]
    entries = tuple(Entry(d, 0.9 if d == first[0] else 0.2, 99.0, 200, None, "complete") for d in first)
    found = [p.design for p in portfolio.propose(ArchiveView(entries), 80)]
    assert any(foreign.id in design.parents for design in found)


@pytest.mark.slow
@pytest.mark.parametrize("favourite", NAMES)
def test_the_member_that_earns_is_given_more(favourite: str) -> None:
    """In a world where only one member's designs are any good, it comes to propose most of them."""
    portfolio = Portfolio(setting(1))
    entries = begun(portfolio)
    for _ in range(14):
        found = [p.design for p in portfolio.propose(ArchiveView(entries), 8)]
        entries += tuple(
            Entry(d, 0.9 if d.origin.endswith(favourite) else 0.4, 100.0, 200, None, "complete")
            for d in found
        )
    late = Counter(entry.design.origin for entry in entries[-48:])
    assert late[f"portfolio/{favourite}"] > 30


def test_a_cheap_success_earns_more_than_a_dear_one() -> None:
    rng = Random(0)
    arms = {"cheap": Earned(40, 10, 4.0), "dear": Earned(40, 10, 36.0)}
    assert Counter(choose(arms, rng) for _ in range(200))["cheap"] > 180


def test_what_is_unknown_is_tried() -> None:
    arms = {"known": Earned(40, 8, 20.0), "new": Earned()}
    drawn = Counter(choose(arms, Random(seed)) for seed in range(200))
    assert min(drawn.values()) > 20


def test_what_stands_at_the_top_is_counted_and_what_it_cost() -> None:
    def by(name: str, words: int, score: float | None, items: int, tokens: float | None) -> Entry:
        source = f"async def workflow(task):\n    return await ask('{name} {words}', task.question)"
        stage = "failed" if score is None else "complete" if items == 200 else "screened"
        return Entry(Design(source, origin=f"portfolio/{name}"), score, tokens, items, None, stage)

    view = ArchiveView(
        (
            by("tpe", 0, 0.9, 200, 100.0),
            by("tpe", 1, 0.8, 200, 50.0),
            by("structures", 2, 0.7, 200, 100.0),
            by("structures", 3, 0.6, 200, 100.0),
            by("structures", 4, 0.95, 20, 100.0),
            by("evolution", 5, None, 0, None),
        )
    )
    earned = Portfolio(setting()).earned(view)
    assert earned["tpe"] == Earned(2, 2, 1.5)
    assert earned["structures"] == Earned(3, 1, pytest.approx(2.1))
    assert earned["evolution"] == Earned(1, 0, pytest.approx(3.6 / 5))  # no failure is free
    assert earned["map_elites"] == Earned()


@pytest.mark.slow
def test_members_breed_from_each_other() -> None:
    portfolio = Portfolio(setting())
    entries = begun(portfolio)
    entries += tuple(
        Entry(design_of(tree), 0.1, 10.0, 200, None, "complete")
        for tree in Grammar().known(["direct()", "chain_of_thought()"])
    )
    for _ in range(12):
        found = [p.design for p in portfolio.propose(ArchiveView(entries), 8)]
        entries += tuple(Entry(d, 0.5, 100.0, 200, None, "complete") for d in found)
    origins = {entry.design.id: entry.design.origin for entry in entries}
    crossed = {(entry.design.origin, origins[parent]) for entry in entries for parent in entry.design.parents}
    assert {child for child, parent in crossed if child != parent} >= {
        "portfolio/evolution",
        "portfolio/map_elites",
    }
    grown = {parent for child, parent in crossed if child == "portfolio/evolution"}
    assert grown & {"portfolio/random", "portfolio/tpe", "portfolio/tree_search"}
