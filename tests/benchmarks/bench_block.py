"""What one block call costs above the model: sandboxed and not, beside a plain coroutine and DSPy.

    python tests/benchmarks/bench_block.py [--quick]

The model answers at once, so that what is left is overhead. All four ask for a chain of thought, one call
after the other: a coroutine that renders the prompt, asks, and reads the answer; the block from ordinary
Python (traced, its draws numbered); a design of that one block in the sandbox, item by item; and
``dspy.Predict`` with an engine that answers at once. Each is the best of several passes, since other work on
the machine only ever adds to it. The curves: more block calls in one item, and more items of one design,
evaluated at once as a search does it, with budget and cache. With 256 items in flight what counts is the
processor time of all processes together, for the whole of a call: sandbox, prompt, the reply that is read;
Python looks for reference cycles as seldom there as in the program `masdesign`.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from outcome import Curve, Outcome, Row, main, processor_time

from masdesign.__main__ import COLLECT_AT
from masdesign.building_blocks import blocks
from masdesign.building_blocks._prompt import render
from masdesign.building_blocks.read import read_answer
from masdesign.evaluation import evaluate
from masdesign.lm import Budgeted, Cached, Limited
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Answer, Completion, Item, Question, Request, Usage
from masdesign.workflow import Design, MontySandbox, Runtime, check, run_item
from masdesign.workflow.item import item_run

REPLY = "Two and two are four, and one more makes five.\nAnswer: 5"
PASSES = 5
WIDTHS = (1, 2, 4, 8, 16, 32)
ITEMS = (100, 200, 400, 800, 1600, 3200)
WAIT = 0.5
"""Seconds that a call takes where many items wait."""
AIM = 0.5
ONE = "async def workflow(task):\n    return await chain_of_thought(task)\n"


class Instant:
    """A model that answers at once."""

    model, window = "instant", 100_000

    async def complete(self, _: Request) -> Completion:
        return Completion(REPLY, Usage(60, 50))

    async def aclose(self) -> None:
        pass


class Slow(Instant):
    """The same after a while, so that all items wait at once."""

    async def complete(self, request: Request) -> Completion:
        await asyncio.sleep(WAIT)
        return await super().complete(request)


def measure(quick: bool) -> Outcome:
    calls = 50 if quick else 1000
    found = asyncio.run(ours(calls, WIDTHS[:3] if quick else WIDTHS))
    plain = found.rows["a plain coroutine"]
    found.rows["dspy.Predict"] = dspy_predict(calls)
    rows = [Row("one call: a plain coroutine", plain, "ms")]
    rows += [
        Row(f"one call: {what}", ms, "ms", "a plain coroutine", ms / plain)
        for what, ms in found.rows.items()
        if ms != plain
    ]
    gc.set_threshold(COLLECT_AT)
    rows += asyncio.run(in_waves(16 if quick else 256))
    items = asyncio.run(evaluations((50, 100) if quick else ITEMS))
    curves = (
        Curve("block-calls", "block calls in an item", "ms an item", {"in the sandbox": found.line}),
        Curve("items", "items", "ms", {"evaluating a design of one call": items}),
    )
    return Outcome("block", tuple(rows), curves)


async def in_waves(items: int) -> list[Row]:
    """Processor time a call, all processes together, of designs whose items all wait at once."""
    rows = []
    async with MontySandbox() as sandbox:
        runtime = Runtime({"": Slow()}, blocks(), sandbox)
        for what, calls in (("four in sequence", 4), ("one a design", 1)):
            step = "    answer = await chain_of_thought(task, temperature=0.8)\n"
            source = f"async def workflow(task):\n{step * calls}    return answer\n"
            checked, passes = check(source, runtime.blocks), []
            for number in range(PASSES):
                questions = [Question(f"{number} + {n} =") for n in range(items)]
                start = processor_time()
                await asyncio.gather(*[run_item(checked, question, runtime) for question in questions])
                passes.append(1e3 * (processor_time() - start) / (items * calls))
            name = f"{items} items in flight: processor time a sandboxed call, {what}"
            rows.append(Row(name, min(passes), "ms", aim=AIM))
    return rows


async def evaluations(sizes: tuple[int, ...]) -> list[tuple[float, float]]:
    """Milliseconds by the number of items; the best pass."""
    line = []
    for size in sizes:
        passes = [await evaluation(size, number) for number in range(PASSES)]
        line.append((float(size), 1e3 * min(passes)))
    return line


async def evaluation(size: int, number: int) -> float:
    """Seconds that it takes to evaluate a design on so many items, the sandbox started before."""
    items = tuple(Item(str(n), f"{number} + {n} =", "5") for n in range(size))
    task, ledger = Task.of("sums", val=items), Ledger(Budget())
    with Cache.memory() as cache:
        lm = Budgeted(Cached(Limited(Instant(), 64), cache), ledger)
        async with MontySandbox() as sandbox:
            runtime = Runtime({"": lm}, blocks(), sandbox)
            await evaluate(Design(ONE), task, "val", runtime, items=items[:1])
            start = time.perf_counter()
            await evaluate(Design(ONE), task, "val", runtime, ledger=ledger)
            return time.perf_counter() - start


async def ours(calls: int, widths: tuple[int, ...]) -> SimpleNamespace:
    """Milliseconds a call by what was called, and milliseconds an item by its calls."""
    lm, block = Instant(), blocks()["chain_of_thought"]
    questions = [Question(f"{n} + 2 =") for n in range(calls)]

    async def plain(question: Question) -> Answer:
        messages = tuple(render("chain_of_thought", role="", task=question, instruction=""))
        return read_answer((await lm.complete(Request(messages))).text)

    async with MontySandbox() as sandbox:
        runtime = Runtime({"": lm}, blocks(), sandbox)

        async def unsandboxed(question: Question) -> Answer:
            async with item_run(question, runtime):
                return await block(question)

        def sandboxed(width: int) -> Callable[[Question], Awaitable[Any]]:
            drafts = f"[chain_of_thought(task, temperature=0.8) for _ in range({width})]"
            source = f"async def workflow(task):\n    return majority(await gather(*{drafts}))\n"
            checked = check(source if width > 1 else ONE, runtime.blocks)
            return lambda question: run_item(checked, question, runtime)

        rows = {
            "a plain coroutine": await best(plain, questions),
            "the block, from Python": await best(unsandboxed, questions),
            "the block, in the sandbox": await best(sandboxed(1), questions),
        }
        few = questions[: max(10, calls // 10)]
        line = [(float(width), await best(sandboxed(width), few)) for width in widths]
    return SimpleNamespace(rows=rows, line=line)


async def best(call: Callable[[Question], Awaitable[Any]], questions: list[Question]) -> float:
    """Milliseconds a question, in the best pass."""
    passes = []
    for _ in range(PASSES):
        fresh = [Question(f"{len(passes)} + {question.question}") for question in questions]
        start = time.perf_counter()
        for question in fresh:
            await call(question)
        passes.append(time.perf_counter() - start)
    return 1e3 * min(passes) / len(questions)


def dspy_predict(calls: int) -> float:
    """Milliseconds a call of ``dspy.Predict``."""
    import dspy
    from dspy.lm15 import Message, Response, TextPart
    from dspy.lm15 import Usage as Used

    class Engine:
        def complete(self, _: Any) -> Any:
            said = "[[ ## reasoning ## ]]\nTwo and two.\n\n[[ ## answer ## ]]\n5\n\n[[ ## completed ## ]]"
            return Response(
                id=None,
                model="instant",
                message=Message.assistant([TextPart(said)]),
                finish_reason="stop",
                usage=Used(input_tokens=60, output_tokens=50, total_tokens=110),
            )

        def close(self) -> None:
            pass

    engine = Engine()
    lm = dspy.LM("instant/instant", engine=engine, cache=False, num_retries=0)
    with dspy.context(lm=lm):
        predict = dspy.Predict("question -> reasoning, answer")
        assert predict(question="2 + 3 =").answer == "5"
        passes = []
        for _ in range(PASSES):
            start = time.perf_counter()
            for n in range(calls):
                predict(question=f"{len(passes)} + {n} + 2 =")
            passes.append(time.perf_counter() - start)
    return 1e3 * min(passes) / calls


if __name__ == "__main__":
    main(measure, __doc__)
