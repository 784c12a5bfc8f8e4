"""A small task, and a scripted model that errs as a real one does: on it, designs differ."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from masdesign.building_blocks import blocks
from masdesign.lm import Budgeted, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item, Request
from masdesign.workflow import MontySandbox, Runtime

RIGHT_AT_ONCE, RIGHT_BY_STEPS, JUDGED_WELL = 0.2, 0.55, 0.85
WINDOW = 64
"""More than any call here uses; it bounds what a budget in tokens has to reserve."""


def sums(name: str, count: int) -> list[Item]:
    return [Item(f"{name}{i}", f"{name}: {i} + {i * 7 % 13} =", str(i + i * 7 % 13)) for i in range(count)]


@pytest.fixture(scope="session")
def task() -> Task:
    return Task.of("sums", train=sums("train", 5), val=sums("val", 26), test=sums("test", 10))


def reply(request: Request) -> str:
    """Right or wrong by chance alone, the same for the same request."""
    prompt = request.messages[-1].content
    numbers = re.search(r": (\d+) \+ (\d+) =", prompt)
    assert numbers
    right = int(numbers[1]) + int(numbers[2])
    draw = _uniform(prompt, request.temperature, request.sample, request.world)
    if "Check the solution" in prompt:
        truth = f"Answer: {right}\n" in prompt + "\n"
        return f"Verdict: {'right' if truth == (draw < JUDGED_WELL) else 'wrong'}"
    if "Choice:" in prompt:
        return "Choice: 1"
    good = draw < (RIGHT_AT_ONCE if "at once" in prompt else RIGHT_BY_STEPS)
    return f"Adding up.\nAnswer: {right if good else right + 1 + int(draw * 1000) % 5}"


def _uniform(*parts: object) -> float:
    return int(hashlib.sha256(repr(parts).encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


@pytest.fixture(name="reply")
def reply_() -> Callable[[Request], str]:
    """What the scripted model says."""
    return reply


OpenRuntime = Callable[..., AbstractAsyncContextManager[Runtime]]


@pytest.fixture
def open_scripted() -> OpenRuntime:
    """``open_scripted(ledger, concurrency=64, cache=None)`` gives a runtime whose model is scripted."""

    @asynccontextmanager
    async def opened(
        ledger: Ledger, concurrency: int = 64, cache: Cache | None = None
    ) -> AsyncIterator[Runtime]:
        store = Cache.memory() if cache is None else cache
        model = Scripted(reply, window=WINDOW)
        lm = Budgeted(Cached(Limited(model, concurrency), store), ledger)
        async with MontySandbox() as sandbox:
            yield Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox)
        if store is not cache:
            store.close()

    return opened
