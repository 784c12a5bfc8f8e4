"""Prints what the sandbox costs: overhead a block call, and the memory of 2,000 items in flight.

    python tests/benchmarks/bench_sandbox.py [ITEMS]

Figures are of wall time, so other work on the machine counts; the CPU time beside them does not.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from masdesign.types import Answer, Completion, Message, Question, Usage, Verdict
from masdesign.workflow import Checked, Design, MontySandbox, Runtime, block, check, run_item, running

SOURCE = """
async def workflow(task):
    drafts = await gather(*[think(task, temperature=0.8) for _ in range(5)])
    verdicts = await gather(*[verify(task, draft) for draft in drafts])
    kept = [d for d, v in zip(drafts, verdicts) if v.ok]
    return majority(kept or drafts)
"""
CALLS = 10


@block()
async def think(task: Question, *, temperature: float = 0.0) -> Answer:
    """Thinks."""
    reply = await running().complete([Message("user", task.question)], temperature=temperature)
    return Answer("4", reply.text)


@block()
async def verify(task: Question, answer: Answer) -> Verdict:
    """Judges."""
    reply = await running().complete([Message("user", task.question + answer.text)])
    return Verdict(True, reply.text)


class Instant:
    """Answers at once; or, while ``gate`` is set, when the gate opens."""

    model, window = "instant", 100_000

    def __init__(self) -> None:
        self.gate: asyncio.Event | None = None
        self.full = asyncio.Event()
        self.waiting, self.expected = 0, 0

    async def complete(self, _: object) -> Completion:
        if self.gate is not None:
            self.waiting += 1
            if self.waiting == self.expected:
                self.full.set()
            await self.gate.wait()
        return Completion("two and two are four. " * 8, Usage(60, 50))

    async def aclose(self) -> None:
        pass


def resident() -> float:
    """Memory of this process and its children, in MiB."""
    mine = os.getpid()
    pids = [mine]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == mine:
            pids.append(int(stat.parent.name))
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def main(items: int) -> None:
    """Both measurements."""
    lm, blocks = Instant(), {"think": think, "verify": verify}
    async with MontySandbox() as sandbox:
        runtime = Runtime({"": lm}, blocks, sandbox)
        start = time.perf_counter()
        checked = check(SOURCE, blocks)
        print(f"a first check, its process started: {1e3 * (time.perf_counter() - start):.0f} ms")
        start = time.perf_counter()
        check(SOURCE + "\n# again", blocks)
        print(f"check of another: {1e3 * (time.perf_counter() - start):.0f} ms")
        await run_item(checked, Question("warm up"), runtime)

        print(f"one item at a time: {await timed(checked, runtime, 200, at_once=False)}")
        print(f"{items} items at once: {await timed(checked, runtime, items, at_once=True)}")

        before, lm.gate, lm.expected = resident(), asyncio.Event(), 5 * items
        questions = [Question(f"{i} + 3 =") for i in range(items)]
        tasks = [asyncio.create_task(run_item(Design(SOURCE), q, runtime)) for q in questions]
        await lm.full.wait()
        print(f"{items} items in flight: {resident():.0f} MiB in all, {resident() - before:.0f} of it theirs")
        lm.gate.set()
        outcomes = await asyncio.gather(*tasks)
        assert all(o.failure is None and o.calls == CALLS for o in outcomes)


async def timed(design: Checked, runtime: Runtime, items: int, *, at_once: bool) -> str:
    """Milliseconds a block call."""
    start, cpu = time.perf_counter(), time.process_time()
    runs = [run_item(design, Question(f"{i} + 2 ="), runtime) for i in range(items)]
    if at_once:
        await asyncio.gather(*runs)
    else:
        for run in runs:
            await run
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    calls = items * CALLS
    return f"{1e3 * wall / calls:.3f} ms a block call ({1e3 * cpu / calls:.3f} of this process's CPU)"


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
