"""The public contracts hold for what is shipped, and do fail where a plug-in does not keep them."""

import inspect
from typing import Any

import pytest

from masdesign.building_blocks import blocks
from masdesign.lm import Scripted
from masdesign.search import Proposal, Strategy
from masdesign.search.strategies import STRATEGIES
from masdesign.testing import BlockContract, ModelContract, ScorerContract, StrategyContract
from masdesign.types import Answer, Completion, Question, Usage
from masdesign.workflow import Design, block

OFFLINE = ["random", "evolution", "portfolio"]
ASKING = {name: block for name, block in blocks().items() if block.calls != 0}
"""All but `act`, which asks no model and needs an episode: its own tests are those of the agent."""


def broken(contract):
    """Names of the tests of the contract that fail."""
    found = []
    for name, test in inspect.getmembers(contract, inspect.ismethod):
        if name.startswith("test_"):
            marks = [m for m in getattr(test, "pytestmark", ()) if m.name == "parametrize"]
            values = [(value,) for value in marks[0].args[1]] if marks else [()]
            for arguments in values:
                try:
                    test(*arguments)
                except (Exception, pytest.fail.Exception):  # noqa: BLE001
                    found.append(name)
                    break
    return found


@pytest.mark.slow
@pytest.mark.parametrize("shipped", ASKING.values(), ids=list(ASKING))
def test_every_block_keeps_it(shipped):
    samples = {"steps": 'Answer("", "1 + 2 = 3")'} if shipped.name == "next_step" else {}
    contract = type("Contract", (BlockContract,), {"block": shipped, "samples": samples})
    assert broken(contract()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", OFFLINE)
def test_strategies_keep_it(name):
    contract = type("Contract", (StrategyContract,), {"strategy": STRATEGIES.get(name)})
    assert broken(contract()) == []


class TestScripted(ModelContract):
    def make(self):
        return Scripted(lambda request: "Answer: 4")


@block(cost="")
async def bad(task: Question, **rest: Any) -> Any:
    calls = bad.__dict__.setdefault("count", [])
    calls.append(1)
    if len(calls) % 2:
        raise ValueError("now and then")
    return Answer(str(len(calls)))


class Bad(Strategy):
    name = ""

    def propose(self, view, n):
        return [Proposal(Design("async def workflow(task): return '4'"))] * (n + 1)


class BadModel:
    model, window = " ", 0

    async def complete(self, request):
        if "long" in request.messages[0].content or request.model:
            raise KeyError("oh")
        return Completion("4", Usage(0, 0)) if not request.sample else 1 / 0

    async def aclose(self):
        self.closed = getattr(self, "closed", 0) + 1
        assert self.closed < 2


@pytest.mark.parametrize(
    ("contract", "members"),
    [
        (BlockContract, {"block": bad}),
        (StrategyContract, {"strategy": Bad}),
        (ModelContract, {"make": lambda self: BadModel()}),
    ],
)
def test_what_keeps_nothing_fails_everything(contract, members):
    names = broken(type("Contract", (contract,), members)())
    tests = [name for name, _ in inspect.getmembers(contract, inspect.isfunction) if name.startswith("test_")]
    assert set(tests) - set(names) <= {"test_a_question_is_a_value_of_the_prompt"}


class TestMatch(ScorerContract):
    scorer = "exact"
    cases = (("Rome", "Rome", 1.0), ("Paris", "Rome", 0.0))


class TestJudge(ScorerContract):
    scorer = "judge:any"
    cases = (("Rome", "Rome", 1.0),)


@pytest.mark.slow
def test_a_scorer_that_raises_breaks_it():
    class Raising(ScorerContract):
        scorer = staticmethod(lambda answer, item: 2.0 if answer.text else 1 / 0)
        cases = (("a", "a", 1.0),)

    assert set(broken(Raising())) >= {
        "test_answers_have_the_scores_that_they_should_have",
        "test_an_odd_answer_has_a_score_too",
    }
