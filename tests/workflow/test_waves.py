import ast
import asyncio
import random
from dataclasses import replace

import pytest

from masdesign.errors import BudgetExhausted, ContextOverflow, CredentialsError, InternalFault, ProviderError
from masdesign.types import Completion, Message, Question
from masdesign.workflow import Design, Runtime, block, gather, item_run, run_item, running

HEAD = "async def workflow(task):\n"


def workflow(*lines):
    return HEAD + "\n".join("    " + line for line in lines)


class Late:
    """Completions come back in an order of chance; what was in flight together is noted."""

    model, window = "late", 10_000

    def __init__(self, seed):
        self.rng, self.requests, self.flying, self.together = random.Random(seed), [], 0, []

    async def complete(self, request):
        self.requests.append((request.messages[-1].content, request.sample))
        self.flying += 1
        self.together.append(self.flying)
        await asyncio.sleep(self.rng.random() / 200)
        self.flying -= 1
        return Completion(f"{request.messages[-1].content}/{request.sample}")

    async def aclose(self):
        pass


MIXED = workflow(
    "async def chain(n):",
    "    a = await ask('same')",
    "    for _ in range(n):",
    "        a = await ask('same', a)",
    "    return a",
    "xs = await gather(chain(1), vote(task, n=3), chain(2), ask('same'))",
    "return await ask('end', *xs)",
)


async def test_numbers_of_draws_do_not_depend_on_which_completion_comes_back_first(sandbox, blocks):
    seen = []
    for seed in range(4):
        lm = Late(seed)
        outcome = await run_item(Design(MIXED), Question("q"), Runtime({"": lm}, blocks, sandbox))
        assert outcome.failure is None
        seen.append((lm.requests, outcome.answer.text))
    assert all(s == seen[0] for s in seen)


async def test_what_is_issued_together_is_in_flight_together(sandbox, blocks):
    lm = Late(0)
    source = workflow("return majority(await gather(*[think(task, temperature=1.0) for _ in range(20)]))")
    await run_item(Design(source), Question("q"), Runtime({"": lm}, blocks, sandbox))
    assert lm.together == list(range(1, 21))
    assert lm.requests == [("q", n) for n in range(20)]


async def test_samples_count_by_model_prompt_and_parameters(runtime, tiny):
    other = tiny(model="other")
    runtime.models = {**runtime.models, "other": other, "same": runtime.models[""]}
    source = workflow(
        "await think(task)",
        "await think(task)",
        "await think(task, temperature=0.5)",
        "await think(task, model='other')",
        "await think(task, instruction='!')",
        "return await think(task, model='same')",
    )
    await run_item(Design(source), Question("q"), runtime)
    assert [r.sample for r in runtime.models[""].requests] == [0, 1, 0, 0, 2]
    assert [r.sample for r in other.requests] == [0]


async def test_host_blocks_may_nest_gathers(runtime):
    @block(calls=8)
    async def nested(task: Question) -> str:
        """Gathers of gathers."""

        async def one(name):
            return (await running().complete([Message("user", name)])).text

        async def pair(name):
            return await gather(one(name), one(name))

        rows = await gather(pair("a"), pair("b"), gather(), gather(one("a")))
        return repr(rows)

    runtime.blocks = {"nested": nested}
    outcome = await run_item(Design(workflow("return await nested(task)")), Question("q"), runtime)
    drawn = ast.literal_eval(outcome.answer.text)
    assert sorted(drawn[0] + drawn[3]) == ["answer 0", "answer 1", "answer 2"]
    assert drawn[1:3] == [["answer 0", "answer 1"], []]
    again = await run_item(Design(workflow("return await nested(task)")), Question("q"), runtime)
    assert again.answer == outcome.answer


async def test_world_goes_into_every_request(runtime):
    runtime.world = 3
    await run_item(Design(workflow("return await think(task)")), Question("q"), runtime)
    assert [r.world for r in runtime.models[""].requests] == [3]


CATCHING = workflow(
    "try:",
    "    drafts = await gather(*[think(task) for _ in range(3)])",
    "except BaseException:",
    "    return 'caught'",
    "return majority(drafts)",
)


@pytest.mark.parametrize(
    ("error", "kind"), [(ProviderError("down"), "provider"), (ContextOverflow("too long"), "design")]
)
async def test_a_workflow_cannot_catch_what_its_model_raises(runtime, tiny, error, kind):
    runtime.models = {"": tiny(lambda r: error if r.sample == 1 else "fine")}
    outcome = await run_item(Design(CATCHING), Question("q"), runtime)
    assert outcome.answer is None
    assert (outcome.failure.kind, outcome.failure.message) == (kind, str(error))


@pytest.mark.parametrize("error", [BudgetExhausted("spent"), CredentialsError("refused")])
async def test_what_ends_the_run_leaves_the_item(runtime, tiny, error):
    runtime.models = {"": tiny(lambda r: error if r.sample == 1 else "fine")}
    with pytest.raises(type(error)):
        await run_item(Design(CATCHING), Question("q"), runtime)


async def test_a_block_cannot_catch_it_either(runtime, tiny):
    @block(calls=2)
    async def careless(task: Question) -> str:
        """Catches all."""
        try:
            await running().complete([Message("user", "x")])
        except ProviderError:
            return "never mind"
        return "fine"

    runtime.blocks, runtime.models = {"careless": careless}, {"": tiny(lambda r: ProviderError("down"))}
    outcome = await run_item(Design(workflow("return await careless(task)")), Question("q"), runtime)
    assert outcome.failure.kind == "provider"


async def test_a_block_that_breaks_ends_the_run(runtime):
    @block()
    async def broken(task: Question) -> str:
        """Divides by zero."""
        await running().complete([Message("user", "x")])
        return str(1 / 0)

    runtime.blocks = {"broken": broken}
    with pytest.raises(InternalFault, match=r"block 'broken' failed .ZeroDivisionError: division by zero"):
        await run_item(Design(workflow("return await broken(task)")), Question("q"), runtime)


async def test_an_item_that_is_cancelled_leaves_nothing_in_flight(sandbox, blocks):
    class Never(Late):
        async def complete(self, request):
            self.flying += 1
            if self.flying == 6:
                self.all_there.set()
            try:
                await asyncio.sleep(60)
            finally:
                self.flying -= 1

    lm = Never(0)
    lm.all_there = asyncio.Event()
    task = asyncio.create_task(run_item(Design(MIXED), Question("q"), Runtime({"": lm}, blocks, sandbox)))
    await lm.all_there.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert lm.flying == 0


async def test_blocks_run_on_the_host_too(runtime, blocks):
    async with item_run(Question("q"), runtime) as run:
        answers = await gather(*[blocks["think"](run.question) for _ in range(3)])
    assert [a.text for a in answers] == ["0", "1", "2"]
    assert run.root.calls == 3


async def test_a_block_outside_a_run_says_so(blocks):
    with pytest.raises(Exception, match="outside an item's run"):
        await blocks["think"](Question("q"))


async def test_a_temperature_out_of_range_is_the_designs_own_fault(runtime):
    outcome = await run_item(
        Design(workflow("return await think(task, temperature=-1.0)")), Question("q"), runtime
    )
    assert (outcome.failure.kind, outcome.failure.line) == ("design", 2)


class Work:
    """A clock of processor time that only `toil` moves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


WORK = Work()


@block(calls=0)
async def toil(seconds: float) -> str:
    """Works for so many seconds, waits, and works as long again."""
    WORK.now += seconds / 2
    await asyncio.sleep(0)
    WORK.now += seconds / 2
    return "done"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("calls", "seconds", "failure"),
    [
        ("await toil(4.0)", 4, None),
        ("await gather(toil(2.0), toil(2.0), toil(2.0))", 6, None),
        ("await toil(11.0)", 11, "blocks worked longer than 10 s"),
        ("await gather(toil(4.0), toil(4.0), toil(4.0))", 12, "blocks worked longer than 10 s"),
        ("[await toil(4.0) for _ in range(9)]", 12, "blocks worked longer than 10 s"),
        ("await toil(9.5)\n    while True: pass", 9.5, "ran longer than 0.5 s of interpreter time"),
    ],
)
async def test_what_blocks_work_for_an_item_counts_against_its_time(
    calls, seconds, failure, blocks, runtime, monkeypatch
):
    monkeypatch.setattr(WORK, "now", 0.0)
    runtime = replace(runtime, blocks={**blocks, "toil": toil}, work_clock=WORK)
    source = f"async def workflow(task):\n    {calls}\n    return await think(task)\n"
    outcome = await run_item(Design(source), Question("q"), runtime)
    assert WORK.now == seconds
    if failure is None:
        assert outcome.failure is None
    else:
        assert (outcome.failure.kind, outcome.failure.message.startswith(failure)) == ("design", True)
        assert (outcome.failure.line == 2) is failure.startswith("blocks")
