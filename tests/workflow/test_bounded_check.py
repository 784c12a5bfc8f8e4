"""Checking a source is bounded, runs nothing of it, and never ends in anything but that source's failure."""

import asyncio
import sys
import time
from contextlib import suppress

import pytest

from masdesign.errors import SourceError
from masdesign.workflow import Design, check, check_in_thread
from masdesign.workflow.parsing import MAX_DEPTH, MAX_NESTED_CALLS, parse
from masdesign.workflow.static_types import _PATIENCE

GOOD = "async def workflow(task):\n    return await think(task)\n"


def _after(line):
    return f"{GOOD}{line}\n"


def _mutual(count):
    calls = "\n".join(f"    f{j}(x)" for j in range(count))
    return "".join(f"def f{i}(x):\n{calls}\n    return x\n" for i in range(count)) + GOOD


def _ifs(count):
    lines = "".join(f"    if x == {i}:\n        v{i} = [x]\n" for i in range(count))
    return f"async def workflow(task):\n    x = 1\n{lines}    return await think(task)\n"


HUGE = "0x" + "f" * 4000
REFUSED = {
    "a hexadecimal literal of 4,000 digits": _after(f"N = {HUGE}"),
    "a binary literal": _after("N = 0b" + "1" * 20000),
    "an octal literal": _after("N = 0o" + "7" * 9000),
    "a decimal literal of 4,301 digits": _after("N = " + "9" * 4301),
    "a negative literal": _after(f"N = -{HUGE}"),
    "a literal in a pattern": _after(f"match 1:\n    case {HUGE}:\n        pass"),
    "a literal in an f-string": _after('T = f"{' + HUGE + '}"'),
    "a literal in a format": _after('T = f"{1:{' + HUGE + '}}"'),
    "a literal in a default": f"def f(x={HUGE}):\n    return x\n" + GOOD,
    "brackets": _after("x = " + "[" * 180 + "]" * 180),
    "parentheses around a fault": _after("x = " + "(" * 150 + "a b" + ")" * 150),
    "dicts": _after("x = " + "{1: " * 120 + "1" + "}" * 120),
    "calls in calls": _after("x = " + "max(" * 60 + "1, 2" + ")" * 60),
    "calls in keywords": _after("x = " + "dict(a=" * 60 + "1" + ")" * 60),
    "lambdas": _after("x = " + "lambda a: " * 120 + "1"),
    "subscripts": _after("x = [[]]\ny = x" + "[0]" * 120),
    "operators": _after("x = " + "-" * 120 + "1"),
    "blocks within blocks": _after(
        "".join(" " * i + "if 1:\n" for i in range(80)) + " " * 80 + f"x = {'-' * 30}1"
    ),
    "too many parts": _after("x = [" + "1," * 40000 + "]"),
    "too many characters": _after("#" * 100_001),
    "half a character": _after('x = "\ud800"'),
    "a zero": _after("x = '\0'"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_past_a_limit_is_refused_in_a_line(blocks, name):
    source, start = REFUSED[name], time.perf_counter()
    with pytest.raises(SourceError) as caught:
        check(source, blocks)
    assert time.perf_counter() - start < 5
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert Design(source).id == Design(source).id  # an id never raises


SLOW = {
    "mutually recursive functions": _mutual(40),
    "many functions": _mutual(120)[:99_000],
    "700 ifs": _ifs(700),
    "1,500 ifs": _ifs(1500),
    "overloads just within the limit": _after(
        "x = " + "max(" * MAX_NESTED_CALLS + "1, 2" + ")" * MAX_NESTED_CALLS
    ),
    "many of them": _after("\n".join("x = " + "max(" * 12 + "[1, 2]" + ")" * 12 for _ in range(300))),
    "a huge range": f"async def workflow(task):\n    for i in range({2**900}):\n        await think(task)\n",
    "a huge count": f"async def workflow(task):\n    return await vote(task, n={2**900})\n",
    "a count that is no number": "async def workflow(task):\n    return await vote(task, n=b'3')\n",
    "lists of unions": _after(
        "\n".join(f"a{i} = [1, 'x', None, 2.0, a{i - 1}] if a{i - 1} else a{i - 1}" for i in range(1, 300))
    ).replace(GOOD, GOOD + "a0 = [1]\n"),
    "a chain of methods": _after("x = 'a'" + ".strip()" * 90),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_what_takes_long_is_done_or_refused_in_seconds(blocks, name):
    start = time.perf_counter()
    with suppress(SourceError):
        check(SLOW[name], blocks)
    assert time.perf_counter() - start < 2 * sum(_PATIENCE)
    start = time.perf_counter()
    with suppress(SourceError):
        check(SLOW[name], blocks)
    assert time.perf_counter() - start < 1, "the outcome is remembered"


def test_nothing_runs_while_a_source_is_checked(blocks, capfd):
    check('print("PRINTED")\nprint("\\x1b[2J" * 3)\nwhile True:\n    print("PRINTED")\n' + GOOD, blocks)
    with pytest.raises(SourceError):
        check('print("PRINTED")\n' + GOOD + "x = unknown_name\n", blocks)
    seen = capfd.readouterr()
    assert seen.out == seen.err == ""


def test_whatever_a_check_raises_is_the_source_s_failure(blocks, monkeypatch):
    def broken(*_):
        raise KeyError("a fault of the checker")

    monkeypatch.setattr(sys.modules["masdesign.workflow.check"], "lint", broken)
    with pytest.raises(SourceError, match="cannot be checked"):
        check(GOOD + "# another source\n", blocks)


def test_a_fault_of_this_machine_is_not_the_source_s(blocks, monkeypatch):
    def broken(*_):
        raise OSError("too many open files")

    monkeypatch.setattr(sys.modules["masdesign.workflow.check"], "check_types", broken)
    with pytest.raises(OSError, match="too many"):
        check(GOOD + "# yet another source\n", blocks)


@pytest.mark.slow
async def test_the_loop_goes_on_while_a_source_is_checked(blocks):
    lags = []

    async def heartbeat():
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            lags.append(time.perf_counter() - before)

    beating = asyncio.create_task(heartbeat())
    await check_in_thread(_ifs(699), blocks)
    beating.cancel()
    assert len(lags) > 2
    again = check_in_thread(_ifs(699), blocks)
    with pytest.raises(StopIteration):  # it is remembered: no step of the loop is taken
        again.send(None)


def test_the_limits_are_far_above_what_is_written(blocks):
    elifs = "".join(f"    elif x == {i}:\n        y = {i}\n" for i in range(MAX_DEPTH - 20))
    begun = "async def workflow(task):\n    x = 1\n    if x:\n        y = 0\n"
    check(f"{begun}{elifs}    return await think(task)\n", blocks)
    parse("x = 'a'" + ".strip()" * 45)
