"""10,000 workflows in flight: throughput up to the rate limit, memory, nothing lost, nothing wrong.

    python tests/benchmarks/bench_flight.py [--quick]

The provider is simulated in this process, beneath our own stack (budget, cache, limit on calls in flight,
retries), so that what is measured is ours and no HTTP client's: latencies are log-normal (median 100 ms); it
turns away what comes faster than 2,000 calls a second, with 429 and Retry-After; and of the rest it fails
2 %, with 429 and 500. Each workflow makes three calls, in two steps of a sandboxed design. All of them are
begun at once. The provider is right by construction: whatever is unscored was lost, what scores 0 is wrong.
"""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from outcome import Curve, Outcome, Row, children, main, processor_time

from masdesign.building_blocks import blocks
from masdesign.errors import ProviderError
from masdesign.evaluation.scoring import Scoring
from masdesign.lm import Budgeted, Cached, Limited, Retrying
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Completion, Item, Question, Request, Usage
from masdesign.workflow import MontySandbox, Runtime, check, run_item

SOURCE = """
async def workflow(task):
    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(2)])
    verdict = await verify(task, drafts[0])
    return drafts[0] if verdict.ok else drafts[1]
"""
CALLS = 3
WORKFLOWS, QUICK = 10_000, 200
MEDIAN, SPREAD = 0.1, 0.5
"""Of the latency: seconds, and the standard deviation of its logarithm."""
RATE = 2000.0
"""Calls a second that the provider takes."""
FAULTS = 0.02
CONCURRENCY = (16, 32, 64, 128, 256, 512)
"""The last is twice what the rate limit lets through."""
AIM = 0.8
"""Milliseconds of processor time a call in this process: above 1,000 calls a second of one process."""


class Simulated:
    """A provider with latencies, a rate limit and faults, all drawn from its own seed."""

    model, window = "simulated", 4096

    def __init__(self, seed: int) -> None:
        self._rng, self._next = Random(seed), 0.0
        self.refused, self.failed, self.answered = 0, 0, 0

    async def complete(self, request: Request) -> Completion:
        """Raises `ProviderError` as a real one does: over the limit at once, a fault after its latency."""
        now = time.monotonic()
        if self._next - now > 0.1:  # a tenth of a second of calls may come at once
            self.refused += 1
            raise ProviderError("too many requests", kind="rate_limit", retry_after=self._next - now)
        self._next = max(self._next, now) + 1 / RATE
        await asyncio.sleep(MEDIAN * math.exp(SPREAD * self._rng.gauss(0, 1)))
        if self._rng.random() < FAULTS:
            self.failed += 1
            kind = self._rng.choice(["rate_limit", "server"])
            raise ProviderError("a fault", kind=kind, retry_after=0.2 if kind == "rate_limit" else None)
        self.answered += 1
        return Completion(reply(request.messages[-1].content), Usage(120, 40))

    async def aclose(self) -> None:
        pass


def reply(prompt: str) -> str:
    """Right in every case: a sum, or the verdict on one."""
    if "Verdict" in prompt:
        return "It adds up.\nVerdict: right"
    left, right = prompt.split("Problem: ")[1].split(" =")[0].split(" + ")
    return f"First the one, then the other.\nAnswer: {int(left) + int(right)}"


@dataclass(frozen=True)
class Flight:
    """What became of so many workflows."""

    seconds: float
    processor: float
    """Seconds of processor time of this process, without the sandbox's."""
    whole: float
    """The same with the sandbox's."""
    lost: int
    wrong: int
    most_in_flight: int
    peak_mib: float
    refused: int
    failed: int


def measure(quick: bool) -> Outcome:
    workflows = QUICK if quick else WORKFLOWS
    steps = CONCURRENCY[:3:2] if quick else CONCURRENCY
    line = []
    for concurrency in steps:
        count = QUICK if quick else round(most(concurrency) * 10 / CALLS)  # ten seconds each
        seconds = asyncio.run(fly(count, concurrency)).seconds
        line.append((float(concurrency), count * CALLS / seconds))
    ideal = [(float(concurrency), most(concurrency)) for concurrency in steps]
    flight = asyncio.run(fly(workflows, steps[-1]))
    rate = workflows * CALLS / flight.seconds
    name, processor = f"{workflows:,} workflows in flight", 1e3 / (workflows * CALLS)
    rows = (
        Row(f"{name}: calls a second", rate, "", "the most that the provider takes", rate / most(steps[-1])),
        Row(f"{name}: processor time a call", processor * flight.processor, "ms", aim=AIM),
        Row(f"{name}: the same with the sandbox's processes", processor * flight.whole, "ms"),
        Row(f"{name}: peak memory, sandbox included", flight.peak_mib, "MiB", aim=1000),
        Row(f"{name}: lost", flight.lost, "", aim=0),
        Row(f"{name}: scored wrong", flight.wrong, "", aim=0),
    )
    notes = (
        f"{flight.most_in_flight:,} of {workflows:,} workflows were in flight at once; the provider turned "
        f"{flight.refused:,} calls away and failed {flight.failed:,} of {workflows * CALLS:,}.",
    )
    curve = Curve(
        "calls-in-flight", "calls in flight", "calls a second", {"measured": line, "the most there is": ideal}
    )
    return Outcome("flight", rows, (curve,), notes)


def most(concurrency: int) -> float:
    """Calls a second that so many in flight could have at most."""
    return min(RATE, concurrency / (MEDIAN * math.exp(SPREAD**2 / 2)))


async def fly(workflows: int, concurrency: int) -> Flight:
    """All of them at once, with so many calls in flight."""
    items = tuple(Item(str(n), f"{n} + {n % 97} =", str(n + n % 97)) for n in range(workflows))
    task = Task.of("sums", val=items)
    provider, ledger = Simulated(0), Ledger(Budget())
    with Cache.memory() as cache, Peak() as peak:
        stack = Cached(Limited(Retrying(provider, rng=Random(1)), concurrency), cache)
        async with MontySandbox() as sandbox:
            runtime = Runtime({"": Budgeted(stack, ledger)}, blocks(), sandbox)
            checked = check(SOURCE, runtime.blocks)
            await run_item(checked, Question.of(items[0]), runtime)  # starts the sandbox
            in_flight = top = 0

            async def run(item: Item) -> float | None:
                nonlocal in_flight, top
                in_flight += 1
                top = max(top, in_flight)
                with ledger.account(CALLS):
                    outcome = await run_item(checked, Question.of(item), runtime)
                in_flight -= 1
                return (await Scoring(task, runtime).result(item, outcome)).score

            start, processor, whole = time.perf_counter(), time.process_time(), processor_time()
            scores = await asyncio.gather(*map(run, items))
            seconds, processor = time.perf_counter() - start, time.process_time() - processor
            whole = processor_time() - whole
    return Flight(
        seconds=seconds,
        processor=processor,
        whole=whole,
        lost=sum(score is None for score in scores),
        wrong=sum(score == 0 for score in scores),
        most_in_flight=top,
        peak_mib=peak.mib,
        refused=provider.refused,
        failed=provider.failed,
    )


class Peak:
    """The most memory that this process and its children held together, looked at ten times a second."""

    mib = 0.0

    def __enter__(self) -> Peak:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.mib = max(self.mib, resident())
            if self._ended.wait(0.1):
                return


def resident() -> float:
    """Memory of this process and its children, in MiB."""
    pages = 0
    for process in (Path("/proc/self"), *children()):
        try:
            _, all_, shared, *_ = map(int, (process / "statm").read_text().split())
            pages += all_ - shared * (process.name != "self")  # the program itself is there once
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main(measure, __doc__)
