"""Sources that mean harm: each is a failure that says what happened, and the next design runs."""

import asyncio
import dataclasses
import re
import time

import pytest

from masdesign.errors import SourceError
from masdesign.types import Item, Question
from masdesign.workflow import Design, Limits, check, run_item

SECRET = "s3cr3t-target"
GOOD = "async def workflow(task):\n    return await think(task)"


def workflow(*lines):
    return "async def workflow(task):\n" + "\n".join("    " + line for line in lines)


HOSTILE = {
    "endless loop": (workflow("while True:", "    pass"), "interpreter time", None),
    "endless catching": (
        workflow("while True:", "    try:", "        1 / 0", "    except BaseException:", "        pass"),
        "interpreter time",
        None,
    ),
    "endless at the top": ("while True:\n    pass\n" + GOOD, "interpreter time", None),
    "a sum of very many terms": (
        workflow("x = " + "+".join(["1"] * 900), "return await think(task)"),
        "the source nests too deeply",
        None,
    ),
    "files": (workflow("return open('/etc/passwd').read()"), "open is not there: a workflow has no files", 2),
    "a bomb of text": (workflow("x = 'a' * 10**10", "return x"), "more than 16 MiB of memory", 2),
    "a bomb of numbers": (workflow("x = 2 ** 10**9", "return str(x)"), "more than 16 MiB of memory", 2),
    "a bomb of lists": (workflow("x = [0] * 10**9", "return str(x)"), "more than 16 MiB of memory", 2),
    "a bomb of formats": (
        workflow("return f'{1:>1000000000}'"),
        "more than 16 MiB of memory|interpreter time",
        None,
    ),
    "a walk to all classes": (
        workflow("return str(().__class__.__bases__[0].__subclasses__())"),
        r"__ is not there",
        2,
    ),
    "the walk by getattr": (
        workflow("return str(getattr((), '__cla' + 'ss__'))"),
        "AttributeError: 'tuple' object has no attribute '__class__'",
        2,
    ),
    "ten thousand calls": (
        workflow("return majority(await gather(*[think(task) for _ in range(10000)]))"),
        "more than 256 block calls|more than 64 calls",
        None,
    ),
    "one call after another": (
        workflow("while True:", "    await think(task)"),
        "more than 64 calls",
        3,
    ),
    "calls in a loop that catches": (
        workflow(
            "while True:",
            "    try:",
            "        await think(task)",
            "    except BaseException:",
            "        pass",
        ),
        "more than 64 calls",
        None,
    ),
    "deep recursion": ("def f(n):\n    return f(n + 1)\n" + workflow("return f(0)"), "nested deeper", 2),
    "os": ("import os\n" + GOOD, "import of os: a workflow has no files", 1),
    "subprocess": (workflow("import subprocess", "return 'x'"), "import of subprocess", 2),
    "socket": ("from socket import socket\n" + GOOD, "import of socket", 1),
    "import by name": (workflow("return __import__('os').environ"), "__import__ is not there", 2),
    "code from text": (workflow("return str(eval(task.question))"), "eval is not there", 2),
    "a flood of print": (
        workflow("while True:", "    print('x' * 1000)"),
        "printed more than 100000 characters|interpreter time",
        None,
    ),
    "a huge answer": (
        workflow("a = await think(task)", "return 'x' * 2_000_000"),
        "the answer has 2000000 characters",
        None,
    ),
    "a huge argument": (
        workflow("return await ask('x' * 2_000_000)"),
        "more than 1000000 characters were passed to blocks",
        2,
    ),
    "a huge number": (workflow("return await vote(task, n=10 ** 5000)"), "a number above|digits", None),
    "a billion draws in one block": (workflow("return await vote(task, n=10**9)"), "more than 64 calls", 2),
    "much kept while waiting": (
        "import random\n"
        + workflow(
            "x = [random.random() for _ in range(500000)]", "a = await think(task)", "return str(len(x))"
        ),
        "while waiting|MiB of memory",
        None,
    ),
    "a number": (
        workflow("a = await think(task)", "return 42"),
        "expected 'Answer | str', found 'Literal",
        3,
    ),
    "nothing": (workflow("await think(task)"), r"the workflow returned None \(NoneType\)", None),
    "a call not awaited": (workflow("a = await think(task)", "return think(task)"), "Coroutine", 3),
    "an object of its own": (
        "class Trick:\n    def __init__(self):\n        self.text = 'x'\n"
        + workflow("await think(task)", "t = Trick()", "return t"),
        "Trick",
        None,
    ),
    "an answer of lists": (
        workflow("a = await think(task)", "x = [['x']][0]", "return Answer(x)"),
        "not an answer|returned|expected|Expected",
        None,
    ),
    "no model asked": (workflow("return '2'"), "answered without asking a model", None),
    "a target": (workflow("await think(task)", "return task.target"), "no attribute 'target'", 3),
    "a target by getattr": (
        workflow("await think(task)", "return getattr(task, 'tar' + 'get')"),
        "no attribute 'target'",
        3,
    ),
    "vars": (workflow("return str(vars(task))"), "vars is not there", 2),
    "dict": (workflow("return str(task.__dict__)"), "__dict__ is not there", 2),
    "dir": (workflow("return str(dir(task))"), "dir is not there", 2),
    "globals": (workflow("return str(globals())"), "globals is not there", 2),
    "the host's own call": (
        workflow("return str(await _md_call('os.system', ['id'], {}))"),
        "_md_call",
        2,
    ),
    "the host's own call, hidden": (
        "f = [0]\ndef _md_call(*a): return a\n" + workflow("return await think(task)"),
        "_md_call cannot be defined",
        2,
    ),
    "an unknown model": (workflow("return await think(task, model='gpt-9')"), "unknown model 'gpt-9'", 2),
    "an unhashable trick": (workflow("return await think({'$': 'Question', 'own': 1})"), "", None),
    "a broken helper": (
        "def normalise(x):\n    return 1 / 0\n"
        + workflow("a = await think(task)", "return str(normalise(a.text))"),
        "ZeroDivisionError",
        2,
    ),
    "no workflow": ("x = 1", "the source has no workflow", None),
    "not Python": ("async def workflow(task:\n", "not valid Python", 1),
}


@pytest.fixture
def strict(runtime):
    return dataclasses.replace(runtime, limits=Limits(seconds=2.0, memory_mb=16))


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_design_fails_in_words_and_the_sandbox_serves_on(strict, name):
    source, message, line = HOSTILE[name]
    outcome = await run_item(Design(source), Question("1 + 1 ="), strict)
    assert outcome.answer is None
    assert outcome.failure.kind == "design"
    assert outcome.failure.message
    assert "Traceback" not in outcome.failure.message
    assert re.search(message, outcome.failure.message), outcome.failure
    if line is not None:
        assert outcome.failure.line == line, outcome.failure
    assert outcome.calls <= 64
    again = await run_item(Design(GOOD), Question("1 + 1 ="), strict)
    assert again.failure is None
    assert again.answer.text == "0"


BINDINGS = (
    "async def _md_now(*a): return a",
    "class _md_Answer: pass",
    "x = lambda _md_out: 1",
    "import json as _md_in",
    "from json import loads as _md_in",
    "[_md_now for _md_now in [1]]",
    "(_md_now := 1)",
    "global _md_task",
    "try: pass\n    except ValueError as _md_now: pass",
    "match [1]:\n        case [*_md_now]: pass",
    "match {'a': 1}:\n        case {**_md_now}: pass",
    "match 1:\n        case _md_now: pass",
    "_\uff4dd_now = 1",  # the parser reads it as _md_now
)


@pytest.mark.parametrize("binding", BINDINGS)
def test_no_name_of_the_prelude_is_bound_anew(runtime, binding):
    with pytest.raises(SourceError, match=r"line [23]: _md_\w+ cannot be defined"):
        check(workflow(binding, "return await think(task)"), runtime.blocks)


async def test_an_error_s_own_words_are_bounded(strict):
    """Every item's failure is kept: one design could fill an archive."""
    source = workflow("await think(task)", "raise ValueError('x' * 10**6)")
    outcome = await run_item(Design(source), Question("1 + 1 ="), strict)
    assert "xxx" in outcome.failure.message
    assert len(outcome.failure.message) < 1000


async def test_nothing_that_a_guest_can_print_of_its_task_holds_the_target(strict):
    item = Item("id-7", "1 + 1 =", SECRET, record={"secret": SECRET})
    question = Question(item.question, item.context, item.choices)
    outcome = await run_item(
        Design(workflow("a = await think(task)", "return repr(task) + str(task) + repr([task])")),
        question,
        strict,
    )
    assert outcome.failure is None
    assert SECRET not in outcome.answer.text
    assert "id-7" not in outcome.answer.text


@pytest.mark.slow
async def test_many_hostile_items_at_once_do_not_hold_up_the_loop(strict):
    lags, stop = [], False

    async def heartbeat():
        while not stop:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            lags.append(time.perf_counter() - before)

    beating = asyncio.create_task(heartbeat())
    endless = Design(HOSTILE["endless loop"][0])
    outcomes = await asyncio.gather(*[run_item(endless, Question(str(i)), strict) for i in range(4)])
    stop = True
    await beating
    assert {o.failure.kind for o in outcomes} == {"design"}
    assert len(lags) > 20  # a loop that was held up for 0.6 s would have beaten a few times


MANY = {
    "empty choices": "await think(Question('x', [], [''] * 400000))",
    "empty passages": "await think(Question('x', [''] * 400000))",
    "short passages": "await think(Question('x', ['p'] * 15000))",
    "a list of empty texts": "await ask('x', *([''] * 400000))",
    "numbers": "await think(task, instruction=[1] * 100000)",
    "lists in lists": "await ask('x', [[[]] * 300] * 300)",
    "an answer of many": "await ask('x', *[Answer('') for _ in range(40000)])",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MANY)
async def test_what_the_host_goes_through_is_counted(strict, name):
    start = time.perf_counter()
    outcome = await run_item(Design(workflow(f"a = {MANY[name]}", "return a")), Question("1 + 1 ="), strict)
    assert outcome.failure.kind == "design"
    assert outcome.calls == 0
    assert time.perf_counter() - start < 8


async def test_many_calls_with_many_values_are_charged_to_the_item(strict):
    body = ["for i in range(200):", "    await think(Question(str(i), ['p'] * 900))", "return 'x'"]
    outcome = await run_item(Design(workflow(*body)), Question("1 + 1 ="), strict)
    assert "characters were passed to blocks" in outcome.failure.message
    assert outcome.calls < 40


async def test_a_count_that_cannot_be_made_is_the_design_s_fault(strict):
    source = workflow("n = [5, 'five'][1]", "a = await think(task)", "return await vote(task, n=n)")
    outcome = await run_item(Design(source), Question("1 + 1 ="), strict)
    assert outcome.failure.kind == "design"
