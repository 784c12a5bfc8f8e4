"""Items that run elsewhere come to what they come to here, whatever is lost on the way."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sys
from dataclasses import replace

import pytest
from loopback import Echo, Loopback

from masdesign.building_blocks import blocks, versions
from masdesign.errors import BilledError, ContextOverflow, CredentialsError, InputError, ProviderError
from masdesign.evaluation import EvaluationCut, evaluate
from masdesign.evaluation.executors import remote
from masdesign.evaluation.executors.local import Local
from masdesign.evaluation.executors.remote import CHUNK, Remote
from masdesign.evaluation.executors.shipped import blocks_of, ship
from masdesign.lm import Budgeted, Cached, Limited, Scripted
from masdesign.lm.abacus.tokenizer import WEIGHTS
from masdesign.lm.protocol import price_of
from masdesign.plugins import load_plugins
from masdesign.records.cache import Cache
from masdesign.registry import overlay
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item, Message, Question, Request, Usage
from masdesign.workflow import Design, MontySandbox, Runtime, check
from masdesign.workflow.adas import from_adas

DESIGNS = {
    "a vote": "return await self_consistency(task, n=5)",
    "waves": (
        "drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])\n"
        "    verdicts = await gather(*[verify(task, draft) for draft in drafts])\n"
        "    kept = [d for d, v in zip(drafts, verdicts) if v.ok]\n"
        "    return majority(kept or drafts)"
    ),
    "waves of many lengths": (
        "async def way(n):\n"
        "        answer = await direct(task, temperature=0.8)\n"
        "        for _ in range(n):\n"
        "            answer = await revise(task, answer, 'Look again.')\n"
        "        return answer\n"
        "    return majority(await gather(way(0), way(1), way(3)))"
    ),
    "chance": (
        "import random\n    if random.random() < 0.5:\n        return await direct(task)\n"
        "    return await chain_of_thought(task)"
    ),
    "a program": "return await write_program(task)",
    "examples": "return await few_shot(task, n=2)",
    "a crash after a call": "answer = await direct(task)\n    return Answer(str(1 / 0))",
    "no call": "return 'four'",
    "an unknown model": "return await direct(task, model='huge')",
    "too many calls": "return majority(await gather(*[direct(task, temperature=0.5) for _ in range(80)]))",
    "programs beside calls": (
        "ways = [write_program(task), chain_of_thought(task), write_program(task, temperature=0.5)]\n"
        "    a, b, c = await gather(*ways)\n"
        "    return b if a.text == c.text else a"
    ),
    "another model": "return await revise(task, await direct(task, model='small'), 'Look again.')",
}


def reply(request):
    text = "".join(message.content for message in request.messages)
    if "2 + 2" in text and request.sample:
        return ProviderError("the line is dead")
    if "3 + 3" in text:
        return BilledError("no reply that can be read", Usage(3, 4))
    draw = hashlib.sha256(f"{text}{request.sample}{request.world}{request.temperature}".encode()).digest()[0]
    if "Verdict" in text:
        return f"Verdict: {'right' if draw % 2 else 'wrong'}"
    return f"```python\nprint({draw} % 7)\n```\nAnswer: {draw % 7}"


@pytest.fixture
async def runtime():
    items = tuple(Item(f"t{i}", f"{i} + 1 =", str(i + 1)) for i in range(5))
    models = {"": Scripted(reply, "large"), "small": Scripted(reply, "small")}
    async with MontySandbox() as sandbox:
        yield Runtime(
            models=models, blocks=blocks(), sandbox=sandbox, tools=frozenset({"python"}), train=lambda: items
        )


def without_times(outcome):
    """All of an outcome but the seconds."""

    def timeless(node):
        return {
            k: [timeless(c) for c in v] if k == "children" else v for k, v in node.items() if k != "seconds"
        }

    trace = outcome.trace.to_json()
    return replace(outcome, seconds=0.0, trace=None), trace["bound"], timeless(trace["root"])


@pytest.mark.slow
@pytest.mark.parametrize("name", DESIGNS)
async def test_an_item_comes_to_the_same_as_here(runtime, name):
    design = check(f"async def workflow(task):\n    {DESIGNS[name]}\n", runtime.blocks)
    elsewhere = Remote(Loopback(lost=0.3))
    questions = [Question(f"{i} + {i} =") for i in range(6)]
    here = await asyncio.gather(*(Local().run(design, q, runtime) for q in questions))
    there = await asyncio.gather(*(elsewhere.run(design, q, runtime) for q in questions))
    assert list(map(without_times, there)) == list(map(without_times, here))
    assert {outcome.failure.kind for outcome in here if outcome.failure} <= {"provider", "design", "parse"}


async def test_the_adas_dialect_waits_for_one_call_at_a_time(runtime):
    source = from_adas(
        "def forward(self, taskInfo):\n"
        "    agent = LLMAgentBase(['thinking', 'answer'], 'Solver', temperature=0.8)\n"
        "    thinking, answer = agent([taskInfo], 'Think.')\n"
        "    return agent([taskInfo, thinking, answer], 'Think again.', 1)[1]\n"
    )
    design = check(source, runtime.blocks)
    cluster = Loopback()
    here = await Local().run(design, Question("1 + 1 ="), runtime)
    there = await Remote(cluster).run(design, Question("1 + 1 ="), runtime)
    assert without_times(there) == without_times(here)
    assert there.calls == 2
    assert len(cluster.sizes) == 3


def sums(count):
    items = [Item(f"i{i}", f"{i} + {i} =", f"label-{i}") for i in range(count)]
    return Task.of("sums", val=items, scorer="label")


VOTE = Design(f"async def workflow(task):\n    {DESIGNS['waves']}\n")


@pytest.mark.slow
async def test_items_go_out_in_chunks_and_no_label_with_them(runtime):
    cluster = Loopback(cores=1)
    evaluation = await evaluate(VOTE, sums(140), "val", replace(runtime, executor=Remote(cluster)))
    assert evaluation.to_json(times=False) == (await evaluate(VOTE, sums(140), "val", runtime)).to_json(
        times=False
    )
    assert max(cluster.sizes) == CHUNK
    assert len(cluster.sizes) < 140
    assert b"label-" not in cluster.sent


@pytest.mark.slow
@pytest.mark.parametrize("limit", [1, 37, 200])
async def test_one_budget_is_cut_at_the_same_call_wherever_items_run(runtime, limit):
    spent = []
    for cores in (0, 1, 7):
        ledger = Ledger(Budget(limit))
        with Cache.memory() as cache:
            charged = Budgeted(Cached(Scripted(lambda request: "Answer: 4"), cache), ledger)
            executor = Remote(Loopback(cores, lost=0.4, seed=cores)) if cores else None
            here = replace(runtime, models={"": charged}, executor=executor)
            with pytest.raises(EvaluationCut) as cut:
                await evaluate(VOTE, sums(60), "val", here, ledger=ledger)
        assert ledger.spend.calls <= limit
        spent.append((ledger.spend.calls, cut.value.partial.to_json(times=False)))
    assert spent[1:] == spent[:1] * 2


async def test_calls_in_flight_are_limited_for_all_places_together(runtime):
    class Slow(Scripted):
        now = most = 0

        async def complete(self, request):
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.001)
            self.now -= 1
            return await super().complete(request)

    model = Slow(lambda request: "Answer: 4")
    elsewhere = replace(runtime, models={"": Limited(model, 5)}, executor=Remote(Loopback(4)))
    assert (await evaluate(VOTE, sums(30), "val", elsewhere)).complete
    assert model.most == 5


async def test_a_refused_key_ends_the_run(runtime):
    refusing = Scripted(lambda request: CredentialsError("the key was refused"))
    elsewhere = replace(runtime, models={"": refusing}, executor=Remote(Loopback()))
    with pytest.raises(CredentialsError, match="refused"):
        await evaluate(VOTE, sums(4), "val", elsewhere)


async def test_what_the_cluster_loses_for_good_is_unscored(runtime):
    class Gone(Loopback):
        async def run(self, function, *args):
            raise ProviderError("the cluster lost what it ran")

    evaluation = await evaluate(VOTE, sums(4), "val", replace(runtime, executor=Remote(Gone())))
    assert evaluation.unscored == 4
    assert evaluation.failures["provider"] == 4


async def test_a_node_with_other_blocks_takes_no_item(runtime):
    changed = replace(runtime.blocks["verify"], source=runtime.blocks["verify"].source + "    return None\n")
    here = replace(runtime, blocks={**runtime.blocks, "verify": changed}, executor=Remote(Loopback()))
    with pytest.raises(InputError, match="install the same masdesign on every node"):
        await evaluate(VOTE, sums(4), "val", here)


async def test_an_item_that_is_given_up_is_not_run_on(runtime):
    asked = asyncio.Event()

    class Silent(Scripted):
        async def complete(self, request):
            asked.set()
            await asyncio.Event().wait()

    elsewhere = replace(runtime, models={"": Silent(reply)}, executor=Remote(Loopback()))
    evaluating = asyncio.create_task(evaluate(VOTE, sums(4), "val", elsewhere))
    await asked.wait()
    evaluating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await evaluating
    elsewhere.executor.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_seconds_are_those_that_the_completions_took(runtime):
    moments = iter(range(1000))
    ticking = replace(runtime, clock=lambda: float(next(moments)))
    design = check("async def workflow(task):\n    return await direct(task)\n", runtime.blocks)
    outcome = await Remote(Loopback()).run(design, Question("1 + 1 ="), ticking)
    assert outcome.seconds == 2.0
    (call,) = [node for node in outcome.trace.root.walk() if node.kind == "model"]
    assert call.seconds == 1.0


@pytest.mark.slow
async def test_abacus_says_the_same_elsewhere():
    cluster = Loopback(3)
    here, there = Local().abacus(WEIGHTS), Remote(cluster).abacus(WEIGHTS)
    assert (here.model, here.window, price_of(here)) == (there.model, there.window, price_of(there))
    asked = [
        Request((Message("user", f"{i} + 1 ="),), temperature=0.8, sample=s, max_tokens=8)
        for i in range(6) for s in range(3)
    ]  # fmt: skip
    try:
        for lm in (here, there):
            with pytest.raises(ContextOverflow, match="window"):
                await lm.complete(Request((Message("user", "1 + 1 " * 2000),)))
        assert await asyncio.gather(*map(there.complete, asked)) == await asyncio.gather(
            *map(here.complete, asked)
        )
    finally:
        await here.aclose()
        for placed in cluster.placed:
            await placed.made._lm.aclose()


async def test_a_lost_node_leaves_abacus_to_the_others(monkeypatch):
    monkeypatch.setattr(remote, "AbacusOfNode", Echo)
    cluster = Loopback(3)
    lm = Remote(cluster).abacus(WEIGHTS)
    one, two = cluster.placed
    two.calls_left = 1
    asked = [Request((Message("user", str(i)),)) for i in range(9)]
    replies = [completion.text for completion in await asyncio.gather(*map(lm.complete, asked))]
    assert replies.count("2") == 1
    assert replies.count("1") == 8
    one.calls_left = 0
    with pytest.raises(ProviderError, match="all the nodes"):
        await lm.complete(asked[0])


LOUD = """
from accent import accented
from masdesign.building_blocks._step import reply
from masdesign.building_blocks.read import read_answer
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(templates=("loud",))
async def loud(task: Question) -> Answer:
    'Shouts.'
    text = await reply("loud", role="", temperature=0.5, model="", task=task)
    return Answer(accented(read_answer(text, bare=True).text))
"""


@pytest.fixture
def loud_runtime(runtime, tmp_path, fresh_imports):
    """With a block of a user's own file, its prompt and a module beside it."""
    (tmp_path / "loud.py").write_text(LOUD)
    (tmp_path / "loud.j2").write_text("{{ task.question }} NOW!")
    (tmp_path / "accent.py").write_text("def accented(text):\n    return text + '!'\n")
    with overlay():
        load_plugins([str(tmp_path / "loud.py")])
        return replace(runtime, blocks=blocks())


async def test_a_users_own_block_comes_to_the_same_elsewhere(loud_runtime):
    design = check("async def workflow(task):\n    return await loud(task)\n", loud_runtime.blocks)
    cluster = Loopback(lost=0.3)
    questions = [Question(f"{i} + {i} =") for i in range(6)]
    here = await asyncio.gather(*(Local().run(design, q, loud_runtime) for q in questions))
    elsewhere = Remote(cluster)
    there = await asyncio.gather(*(elsewhere.run(design, q, loud_runtime) for q in questions))
    assert list(map(without_times, there)) == list(map(without_times, here))
    assert here[0].answer.text.endswith("!")
    assert b"NOW!" in cluster.sent


def test_a_node_needs_nothing_but_what_was_sent(loud_runtime, tmp_path):
    sent = ship(loud_runtime.blocks)
    source = "async def workflow(task):\n    return await loud(task)\n"
    expected = versions(source, loud_runtime.blocks)
    for path in list(tmp_path.iterdir()):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    del sys.modules["loud"], sys.modules["accent"]
    assert sorted(name for name, _ in sent.files) == ["accent.py", "loud.j2", "loud.py"]
    assert versions(source, blocks_of(sent)) == expected
    assert "loud/loud.j2" in expected


def test_a_block_without_a_file_of_its_own_is_one_line(runtime):
    namespace = {"__name__": "__main__"}
    exec(LOUD.replace("from accent import accented\n", ""), namespace)  # noqa: S102
    with pytest.raises(InputError, match="block loud cannot be sent to a cluster"):
        ship({**runtime.blocks, "loud": namespace["loud"]})


def test_files_of_one_name_are_one_line(loud_runtime, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "quiet.py").write_text(
        LOUD.replace("loud", "quiet").replace("accent import", "loud import")
    )
    (tmp_path / "other" / "loud.py").write_text("def accented(text):\n    return text\n")
    del sys.modules["loud"]
    with overlay():
        load_plugins([str(tmp_path / "other" / "quiet.py")])
        with pytest.raises(InputError, match=r"two files of plug-ins are called loud.py"):
            ship({**loud_runtime.blocks, "quiet": blocks()["quiet"]})
