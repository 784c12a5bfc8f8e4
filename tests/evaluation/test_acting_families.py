"""`agent` in the real environments: an oracle's actions, said by a scripted model, solve every item."""

import json
import random
from dataclasses import replace

import pytest
from loopback import Loopback

from masdesign.building_blocks import blocks
from masdesign.environments import house, repair, wide_search
from masdesign.errors import NotRecorded
from masdesign.evaluation import evaluate
from masdesign.evaluation.executors.remote import Remote
from masdesign.experiments.votes import evaluate_votes, self_consistency_design
from masdesign.lm import Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.records.journal import Journal
from masdesign.tasks import load_task
from masdesign.types import Request
from masdesign.workflow import Design, Limits, MontySandbox, Runtime
from masdesign.workflow.gate import Acting

ORACLES = {"house": house.oracle, "repair": repair.oracle, "wide_search": wide_search.oracle}
AGENT = Design("async def workflow(task):\n    return await agent(task, max_steps=40)\n")
ITEMS = 6


def oracle_model(task, oracle):
    """Says the oracle's next action for the item that it is shown."""
    actions = {item.question: oracle(item) for item in task.val}

    def reply(request: Request) -> str:
        asked = request.messages[0].content
        (question,) = [q for q in actions if q in asked]
        step = sum(message.role == "assistant" for message in request.messages)
        if step >= len(actions[question]):
            (item,) = [item for item in task.val if item.question == question]
            return f"Answer: {item.target}"
        action = actions[question][step]
        return f"Thought: next.\nAction: {action.tool} {json.dumps(dict(action.arguments))}"

    return Scripted(reply, window=100_000)


def random_model(task, seed=0):
    rng = random.Random(seed)
    names = [tool.name for tool in task.environment.tools if not tool.schema.get("required")]

    def reply(request: Request) -> str:
        return f"Action: {rng.choice(names)} {{}}" if names and rng.random() < 0.8 else "Answer: 7"

    return Scripted(reply, window=100_000)


async def played(task, lm, journal, **changes):
    async with MontySandbox() as sandbox:
        runtime = Runtime(
            {"": Cached(lm, Cache.memory())}, blocks(), sandbox, limits=Limits(calls=64),
            acting=Acting(task.environment, journal), **changes,
        )  # fmt: skip
        return await evaluate(AGENT, task, "val", runtime)


@pytest.mark.slow
@pytest.mark.parametrize("name", ORACLES)
async def test_an_oracle_solves_every_item_and_replay_is_equal_without_the_environment(name):
    task, journal = load_task(name, items=ITEMS), Journal()
    live = await played(task, oracle_model(task, ORACLES[name]), journal)
    assert [r.score for r in live.results] == [1.0] * ITEMS, [r.failure for r in live.results]

    class Gone:
        def __getattr__(self, attribute):
            if attribute == "open":
                raise AssertionError("the environment was opened")
            return getattr(task.environment, attribute)

    again = await played(replace(task, environment=Gone()), oracle_model(task, ORACLES[name]), journal)
    assert again.to_json(times=False) == live.to_json(times=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", ORACLES)
async def test_a_random_policy_solves_next_to_nothing(name):
    task = load_task(name, items=ITEMS)
    assert (await played(task, random_model(task), Journal())).score <= 1 / ITEMS


@pytest.mark.slow
async def test_an_episode_stays_here_where_its_item_runs_elsewhere():
    """Nodes are lost on the way; replies go out by their number, and no prompt of an earlier step again."""
    task, cluster = load_task("house", items=ITEMS), Loopback(lost=0.3)
    here = await played(task, oracle_model(task, house.oracle), Journal())
    there = await played(task, oracle_model(task, house.oracle), Journal(), executor=Remote(cluster))
    assert there.to_json(times=False) == here.to_json(times=False)
    assert cluster.sent.count(b"Thought: next.") < 2 * sum(r.calls**2 for r in here.results)


@pytest.mark.slow
async def test_a_long_episode_is_replayed_bit_for_bit():
    """An episode of as many steps as the house allows, and again from its events alone."""
    task, journal = load_task("house", items=1), Journal()
    look = next(tool.name for tool in task.environment.tools if not tool.schema.get("required"))
    moves = iter(range(10**6))

    def wander(request):
        go = sorted({word.strip(".,") for word in request.messages[-1].content.split()} | {"north"})
        return f"Action: {look} {{}}" if next(moves) % 2 else f'Action: go {{"room": "{go[0]}"}}'

    design = Design("async def workflow(task):\n    return await agent(task, max_steps=100)\n")
    cache = Cache.memory()
    async with MontySandbox() as sandbox:
        found = []
        for lm in (Scripted(wander, window=10**6), Scripted(lambda r: NotRecorded("asked"), window=10**6)):
            runtime = Runtime(
                {"": Cached(lm, cache)}, blocks(), sandbox, limits=Limits(calls=128),
                acting=Acting(task.environment, journal),
            )  # fmt: skip
            found.append(await evaluate(design, task, "val", runtime))
    assert found[0].results[0].calls >= 80  # then the house ends it
    assert found[1].to_json(times=False) == found[0].to_json(times=False)


async def test_votes_that_do_not_act_are_scored_by_what_the_episode_has_come_to():
    """Each as it would be alone: a score of 0, and neither an item without a score nor a failure."""
    task = load_task("house", items=ITEMS)
    lm = Scripted(lambda request: "Answer: done" if request.sample % 2 else "I cannot tell", window=10**5)
    async with MontySandbox() as sandbox:
        runtime = Runtime(
            {"": Cached(lm, Cache.memory())}, blocks(), sandbox, acting=Acting(task.environment, Journal())
        )
        drawn: list[list[float]] = []
        votes = await evaluate_votes(
            task, "val", runtime, [1, 3], on_draws=lambda item, scores: drawn.append(list(scores))
        )
        for k, vote in votes.items():
            alone = await evaluate(self_consistency_design(k), task, "val", runtime)
            assert vote.to_json(times=False) == alone.to_json(times=False)
            assert [r.score for r in vote.results] == [0.0] * ITEMS
    assert drawn == [[0.0] * 3] * ITEMS
