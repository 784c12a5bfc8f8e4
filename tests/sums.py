"""A small task, and a scripted model that is right more often than not and different at every draw."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator

import pytest

from masdesign.building_blocks import blocks
from masdesign.lm import Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.tasks import Task
from masdesign.types import Item, Request
from masdesign.workflow import MontySandbox, Runtime

SHARE_RIGHT = 0.65


def answer_of(request: Request) -> str:
    """The sum asked for, or something near it: decided by the prompt, and by the draw where there is one."""
    text = "\n".join(message.content for message in request.messages if message.role != "system")
    a, b = map(int, re.findall(r"(\d+) \+ (\d+) =", text)[-1])
    draw = (request.sample, request.world) if request.temperature else ()
    seed = hashlib.sha256(f"{text}{request.temperature > 0}{draw}".encode()).digest()
    wrong = seed[0] / 256 >= SHARE_RIGHT
    return f"{'well ' * (seed[2] % 5)}Answer: {a + b + (1 + seed[1] % 3) * wrong}"


@pytest.fixture
def sums() -> Task:
    """60 val items, 30 of test, 10 of train."""
    made = [Item(f"i{i}", f"{i} + {i * 7 % 13} =", str(i + i * 7 % 13)) for i in range(100)]
    return Task.of("sums", train=made[:10], val=made[10:70], test=made[70:])


@pytest.fixture
def script() -> Scripted:
    """The scripted model itself: ``requests`` lists what really reached it."""
    return Scripted(answer_of)


@pytest.fixture
async def runtime(script: Scripted) -> AsyncIterator[Runtime]:
    """Blocks, a real sandbox, and the scripted model behind a cache."""
    async with MontySandbox() as sandbox:
        with Cache.memory() as cache:
            yield Runtime(models={"": Cached(script, cache)}, blocks=blocks(), sandbox=sandbox)
