"""`tree_of_actions` in the text house, with a scripted model, in a process that may kill itself.

    python act_and_die.py CALLS [AFTER MILLISECONDS]

CALLS is the place of recorded calls and events. With AFTER it sends itself SIGKILL so many milliseconds after
that many calls were answered that no earlier process had answered. It prints the results as JSON.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
import threading

from masdesign.building_blocks import blocks
from masdesign.environments import house
from masdesign.evaluation import evaluate
from masdesign.evaluation.episodes import acting_in
from masdesign.lm import Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.tasks import load_task
from masdesign.types import Completion, Request
from masdesign.workflow import Design, MontySandbox, Runtime

TREE = Design(
    "async def workflow(task):\n"
    "    return await tree_of_actions(task, simulations=10, debaters=2, max_steps=30)\n"
)
ITEMS = 3


class Reply:
    """Mostly the oracle's next action; a value and a choice by chance. It may kill its process."""

    def __init__(self, items, after: int, seconds: float) -> None:
        self.items, self.left, self.seconds = items, after, seconds

    def __call__(self, request: Request) -> str:
        self.left -= 1
        if self.left == 0:
            threading.Timer(self.seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
        text = "\n".join(message.content for message in request.messages)
        draw = int(hashlib.sha256(f"{text} {request.sample}".encode()).hexdigest()[:8], 16)
        if "How near" in text:
            return f"Reason: number {draw % 97}.\nScore: {draw % 10}"
        if "Which attempt" in text:
            return f"Argument: number {draw % 97}.\nChoice: {1 + draw % 2}"
        (item,) = [item for item in self.items if item.question in text]
        turns, actions = [m.content for m in request.messages if m.role == "assistant"], house.oracle(item)
        step = len(turns) - turns.count("Action: look {}")
        if draw % 4 == 0 or step >= len(actions):
            return "Action: look {}"
        return f"Action: {actions[step].tool} {json.dumps(dict(actions[step].arguments))}"


class Slow(Scripted):
    """Takes its time, so that calls are committed before the end comes."""

    async def complete(self, request: Request) -> Completion:
        await asyncio.sleep(0.05)
        return await super().complete(request)


async def main(place: str, after: int = 0, milliseconds: int = 0) -> None:
    task = load_task("house")
    items = task.val[:ITEMS]
    lm = Slow(Reply(items, after, milliseconds / 1000), window=100_000)
    with Cache(place) as cache:
        async with MontySandbox() as sandbox:
            runtime = Runtime({"": Cached(lm, cache)}, blocks(), sandbox)
            runtime.acting = acting_in(task.environment, runtime, cache)
            evaluation = await evaluate(TREE, task, "val", runtime, items=items)
            runtime.acting.journal.close()
    fields = ("item_id", "score", "calls", "usage", "failure", "answer")
    rows = [{name: repr(getattr(result, name)) for name in fields} for result in evaluation.results]
    print(json.dumps({"rows": rows, "new": len(lm.requests)}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
