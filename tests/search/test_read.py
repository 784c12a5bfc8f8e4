"""What the grammar writes is read back as the tree that it came from."""

from __future__ import annotations

from random import Random

import pytest

from masdesign.search.grammar.classics import BASELINES, CLASSICS, mixtures
from masdesign.search.grammar.emit import emit
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.nodes import Answer, Cascade, Direct, Escalate, Repair, Samples, Steps
from masdesign.search.grammar.read import read
from masdesign.search.grammar.tree import design_of
from masdesign.workflow import Design


@pytest.mark.slow
@pytest.mark.parametrize("models", [(), ("large",), ("middle", "large")])
def test_what_is_grown_is_read_back(models: tuple[str, ...]) -> None:
    rng, grammar = Random(0), Grammar(python=True, models=models)
    trees: list[Answer] = [grammar.grow(rng) for _ in range(200)]
    trees += [*BASELINES, *CLASSICS, *mixtures(models)]
    unread = [tree for tree in trees if (found := read(emit(tree))) is None or emit(found) != emit(tree)]
    assert unread == []


@pytest.mark.parametrize(
    "tree",
    [
        Repair(Cascade(Direct(), Steps(), "large"), 2),
        Cascade(Repair(Steps()), Escalate(Samples(3), Repair(Steps(0.5)))),
        Escalate(Samples(3), Cascade(Direct(), Steps())),
        Repair(Escalate(Samples(2), Steps())),
    ],
)
def test_nested_answers(tree: Answer) -> None:
    assert read(emit(tree)) == tree


def test_layout_and_names_do_not_matter() -> None:
    source = "async def workflow( task ):\n    '''Asks.'''\n    return (await direct(task))  # at once\n"
    assert read(source) == Direct()


@pytest.mark.parametrize(
    "source",
    [
        "",
        "def workflow(task): pass",
        "async def workflow(task):\n    return await direct(task, role='judge')",
        "async def workflow(task):\n    answer = await direct(task)\n    return answer",
        "async def workflow(task):\n    drafts = await gather(direct(task), direct(task))\n"
        "    print(drafts)\n    return majority(drafts)",
        "async def workflow(task):\n    if True:\n        return await direct(task)\n",
        "async def other(task):\n    return await direct(task)",
        "async def workflow(task:",
    ],
)
def test_what_the_grammar_does_not_write_is_not_read(source: str) -> None:
    found = read(source)
    assert found is None or design_of(found).id == Design(source).id
    assert found is None
