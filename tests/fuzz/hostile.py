"""A thousand hostile designs: payloads in positions. Their outcomes are kept in ``hostile.json``.

python tests/fuzz/hostile.py      writes the outcomes anew; a change of one is read before it is kept
"""

from __future__ import annotations

import asyncio
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from masdesign.building_blocks import blocks
from masdesign.lm import Scripted
from masdesign.types import Question
from masdesign.workflow import Design, ItemOutcome, Limits, MontySandbox, Runtime, run_item

OUTCOMES = Path(__file__).with_name("hostile.json")
LIMITS = Limits(calls=16, actions=8, seconds=0.5, memory_mb=16, text=100_000, printed=10_000)

EXPRESSIONS = (
    # files, processes, the network, the machine
    "open('/etc/passwd').read()",
    "open('/tmp/x', 'w').write('x')",
    "__import__('os').system('id')",
    "__import__('socket').create_connection(('127.0.0.1', 80))",
    "__builtins__['open']('/etc/passwd')",
    "input('target?')",
    "breakpoint()",
    "exit(0)",
    "help(task)",
    "memoryview(b'x').obj",
    # code from text
    "eval('1 + 1')",
    "exec('x = 1')",
    "compile('1', 'x', 'eval')",
    "globals()['task']",
    "locals()",
    "vars(task)",
    "dir(task)",
    "type('X', (), {})()",
    # the object graph
    "().__class__.__mro__[1].__subclasses__()",
    "task.__class__.__init__.__globals__",
    "getattr(task, '__cl' + 'ass__')",
    "getattr(task, 'tar' + 'get')",
    "setattr(task, 'question', 'x')",
    "delattr(task, 'question')",
    "(lambda: 0).__code__",
    "(lambda: 0).__globals__",
    "chain_of_thought.__globals__['os']",
    "chain_of_thought.function",
    "chain_of_thought.source",
    "'{0.__class__.__init__}'.format(task)",
    "f'{task.__class__}'",
    "task.target",
    "task.targets",
    "task.record",
    "task.id",
    "object.__subclasses__(object)",
    "super().__init__()",
    # the host's own doors
    "_md_call('os.system', ['id'], {})",
    "_md_call.__self__",
    "gather.__wrapped__",
    "running()",
    "current_run.get()",
    # bombs
    "'a' * 10**10",
    "[0] * 10**9",
    "2 ** 10**9",
    "10 ** 10 ** 8",
    "list(range(10**9))",
    "bytes(10**10)",
    "'x'.center(10**10)",
    "'ab'.replace('', 'x' * 10**6) * 10**6",
    "str(9 ** 9 ** 6)",
    "{i: str(i) * 100 for i in range(10**7)}",
    "sum(range(10**10))",
    "max(i for i in iter(int, 1))",
    # what is no answer, and wrong arguments
    "1 / 0",
    "[][0]",
    "{}['x']",
    "None.text",
    "int('x')",
    "'\\ud800'",
    "chain_of_thought()",
    "chain_of_thought(task, task, task)",
    "chain_of_thought('text')",
    "chain_of_thought(task, temperature='hot')",
    "chain_of_thought(task, temperature=float('nan'))",
    "chain_of_thought(task, temperature=-1.0)",
    "chain_of_thought(task, model='nobody')",
    "chain_of_thought(task, nothing=1)",
    "self_consistency(task, n=10**9)",
    "self_consistency(task, n=-1)",
    "self_consistency(task, n=True)",
    "majority(5)",
    "majority([task])",
    "Question()",
    "Question('x', 5)",
    "Question('x' * 10**6)",
    "Answer(task)",
    "Verdict('x', 'y')",
)
"""Expressions that mean harm, or are wrong."""

POSITIONS = {
    "top level": "x = {0}\n\n\nasync def workflow(task):\n    return await chain_of_thought(task)\n",
    "before a call": "async def workflow(task):\n    x = {0}\n    return await chain_of_thought(task)\n",
    "after a call": "async def workflow(task):\n    a = await chain_of_thought(task)\n    x = {0}\n    return a\n",
    "awaited": "async def workflow(task):\n    a = await chain_of_thought(task)\n    x = await {0}\n    return a\n",
    "returned": "async def workflow(task):\n    a = await chain_of_thought(task)\n    return {0}\n",
    "a default": "async def workflow(task, x={0}):\n    return await chain_of_thought(task)\n",
    "in an f-string": (
        'async def workflow(task):\n    a = await chain_of_thought(task)\n    return Answer(f"{{{0}}}")\n'
    ),
    "in a comprehension": (
        "async def workflow(task):\n    a = await chain_of_thought(task)\n"
        "    x = [{0} for _ in range(2)]\n    return a\n"
    ),
    "in a helper": (
        "def helper(task):\n    return {0}\n\n\n"
        "async def workflow(task):\n    a = await chain_of_thought(task)\n    x = helper(task)\n    return a\n"
    ),
    "caught": (
        "async def workflow(task):\n    a = await chain_of_thought(task)\n    try:\n        x = {0}\n"
        "    except BaseException as error:\n        return Answer(str(error)[:200])\n    return a\n"
    ),
    "in a handler": (
        "async def workflow(task):\n    a = await chain_of_thought(task)\n    try:\n        1 / 0\n"
        "    except ZeroDivisionError:\n        x = {0}\n    return a\n"
    ),
    "printed": "async def workflow(task):\n    a = await chain_of_thought(task)\n    print({0})\n    return a\n",
    "asked": "async def workflow(task):\n    return await ask('Say: ' + str({0}), task)\n",
}
"""Where an expression stands."""

SLOW = frozenset({"sum(range(10**10))", "max(i for i in iter(int, 1))", "list(range(10**9))"})
"""Expressions that run until the limit; they stand in few positions."""

WHOLE = {
    "no workflow": "x = 1\n",
    "a workflow that is no function": "workflow = 5\n",
    "a workflow that is no coroutine": "def workflow(task):\n    return Answer('4')\n",
    "two arguments": "async def workflow(task, other):\n    return await chain_of_thought(task)\n",
    "no argument": "async def workflow():\n    return 'x'\n",
    "a class": "class workflow:\n    pass\n",
    "a generator": "async def workflow(task):\n    yield await chain_of_thought(task)\n",
    "a decorator": "@block\nasync def workflow(task):\n    return await chain_of_thought(task)\n",
    "not Python": "async def workflow(task:\n",
    "tabs and blanks": "async def workflow(task):\n\tx = 1\n        return x\n",
    "null": "async def workflow(task):\n    return '\0'\n",
    "a carriage return": "async def workflow(task):\r    return await chain_of_thought(task)\r",
    "right to left": "async def workflow(task):\n    return await chain_of_thought(task)  # \u202e x\n",
    "a name of another script": "async def workflow(task):\n    return await ch\u0430in_of_thought(task)\n",
    "only a comment": "# async def workflow(task): ...\n",
    "empty": "",
    "blank": " \n\n\t\n",
    "replaced builtins": "str = None\n\n\nasync def workflow(task):\n    return await chain_of_thought(task)\n",
    "replaced block": (
        "async def chain_of_thought(task):\n    return Answer('4')\n\n\n"
        "async def workflow(task):\n    return await chain_of_thought(task)\n"
    ),
    "replaced Answer": (
        "class Answer:\n    text = '4'\n\n\n"
        "async def workflow(task):\n    await chain_of_thought(task)\n    return Answer()\n"
    ),
    "never ends": "async def workflow(task):\n    while True:\n        pass\n",
    "ends nowhere": "async def workflow(task):\n    await chain_of_thought(task)\n",
    "recursion": "async def workflow(task):\n    return await workflow(task)\n",
    "a flood of calls": "async def workflow(task):\n    while True:\n        await chain_of_thought(task)\n",
    "a flood at once": (
        "async def workflow(task):\n"
        "    return majority(await gather(*[chain_of_thought(task) for _ in range(10**5)]))\n"
    ),
    "a flood of text": (
        "async def workflow(task):\n    a = await chain_of_thought(task)\n"
        "    for i in range(10**4):\n        a = await ask(a.text * 100, task)\n    return a\n"
    ),
    "a flood of print": "async def workflow(task):\n    while True:\n        print('x' * 1000)\n",
}
"""Whole sources that mean harm."""


def sources() -> Iterator[tuple[str, str]]:
    """Yield name and source of every design of the corpus."""
    yield from WHOLE.items()
    for expression in EXPRESSIONS:
        for position, source in POSITIONS.items():
            if expression not in SLOW or position in ("before a call", "in a helper"):
                yield f"{expression} | {position}", source.format(expression)


def outcome_of(outcome: ItemOutcome) -> str:
    """What came of a design, in a line that changes with neither the machine nor the prelude's length.

    The interpreter numbers its objects from nought; an address longer than such a number stays as it is.
    """
    if outcome.failure is not None:
        words = textwrap.shorten(outcome.failure.message, 70, placeholder="")
        return re.sub(r"\d+", "#", f"{outcome.failure.kind}: {words}")
    assert outcome.answer is not None
    numbered = re.sub(r"\bat 0x[0-9a-f]{1,4}\b", "at 0x#", outcome.answer.text[:70])
    return f"answer: {numbered!r}"


async def outcomes(names: frozenset[str] | None = None) -> dict[str, str]:
    """Run the designs, all or those of these names; the outcome of each."""
    done = {}
    async with MontySandbox() as sandbox:
        model = Scripted(lambda request: "It is so.\nAnswer: 4", window=10_000)
        runtime = Runtime({"": model}, blocks(), sandbox, limits=LIMITS)
        for name, source in sources():
            if names is None or name in names:
                done[name] = outcome_of(await run_item(Design(source), Question("2 + 2 ="), runtime))
    return done


if __name__ == "__main__":
    OUTCOMES.write_text(json.dumps(asyncio.run(outcomes()), indent=0, ensure_ascii=True) + "\n")
