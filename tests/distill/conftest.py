"""A task of sums, and a scripted model that errs as a real one does: on it, designs differ."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.distill.distil import DistillSettings, distil
from masdesign.distill.methods import METHODS
from masdesign.lm import Budgeted, Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.session.run import Run
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item, Request
from masdesign.workflow import Design, MontySandbox, Runtime

VOTE = Design("async def workflow(task):\n    return await self_consistency(task, n=5)\n", name="vote")


def _sums(name: str, count: int) -> list[Item]:
    return [Item(f"{name}{i}", f"{name}: {i} + {i * 7 % 13} =", str(i + i * 7 % 13)) for i in range(count)]


@pytest.fixture(scope="session")
def sums() -> Callable[[str, int], list[Item]]:
    """Items by the name of their split and their number."""
    return _sums


@pytest.fixture(scope="session")
def task() -> Task:
    return Task.of("sums", train=_sums("train", 12), val=_sums("val", 30), test=_sums("test", 20))


@pytest.fixture
def script() -> Callable[[Request], str]:
    """The model that errs."""
    return reply


def uniform(*parts: object) -> float:
    return int(hashlib.sha256(repr(parts).encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def reply(request: Request) -> str:
    """Right or wrong by chance alone; a prompt that asks for steps or a check is right more often."""
    prompt = "\n".join(message.content for message in request.messages)
    a, b = map(int, re.findall(r": (\d+) \+ (\d+) =", prompt)[-1])
    draw = uniform(prompt, request.temperature, request.sample, request.world)
    if "Check the solution" in prompt and "Work in these steps" not in prompt:
        return f"Verdict: {'right' if draw < 0.5 else 'wrong'}"
    good = draw < (0.9 if "Check" in prompt else 0.6)
    return f"{a} and {b} make that.\nAnswer: {a + b if good else a + b + 1 + int(draw * 1000) % 5}"


@pytest.fixture
def run(task: Task):
    """``await run("transcribe", VOTE, archive=…, budget=…)``: a distillation with the scripted model."""

    async def distilled(
        method: str,
        teacher: Design = VOTE,
        *,
        script: Callable[[Request], str] = reply,
        on: Task = task,
        archive: Archive | None = None,
        budget: str | None = None,
        meta: Callable[[Request], str] | None = None,
        name: str = "",
        window: int = 4096,
        **settings,
    ):
        ledger = Ledger(Budget.parse(budget))
        async with opened(script, ledger, window=window) as (runtime, lm):
            store = archive or Archive(":memory:")
            writer = Scripted(meta, model="writer") if meta else None
            if writer is not None:
                runtime = replace(runtime, roles={"meta": Budgeted(writer, ledger)})
            run, maker = Run.of(on, runtime, ledger, store), METHODS.get(method)()
            found = await distil(run, teacher, maker, DistillSettings(method, **settings), name=name)
            return found, lm, writer

    return distilled


@asynccontextmanager
async def opened(script, ledger=None, *, window=4096):
    """A runtime around a script, and the model itself."""
    lm = Scripted(script, window=window)
    async with MontySandbox() as sandbox:
        cached = Cached(lm, Cache.memory())
        model = Budgeted(cached, ledger) if ledger is not None else cached
        yield Runtime(models={"": model}, blocks=blocks(), sandbox=sandbox), lm


@pytest.fixture
def open_runtime():
    """``async with open_runtime(script) as (runtime, lm)``."""
    return opened
