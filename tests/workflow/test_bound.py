import pytest

from masdesign.workflow import call_bound

HEAD = "async def workflow(task):\n"


def workflow(*lines):
    return HEAD + "\n".join("    " + line for line in lines)


BOUNDS = {
    "one call": (workflow("return await think(task)"), 1),
    "five drafts": (workflow("return majority(await gather(*[think(task) for _ in range(5)]))"), 5),
    "a vote": (workflow("return await vote(task, n=9)"), 9),
    "a vote by default": (workflow("return await vote(task)"), 5),
    "a vote by position": (workflow("return await vote(task, 7)"), 7),
    "a vote of unknown size": (workflow("n = len(task.choices)", "return await vote(task, n=n)"), 64),
    "a vote of a constant": ("N = 3\n" + workflow("return await vote(task, n=N * 2 + 1)"), 7),
    "drafts and verdicts": (
        workflow(
            "drafts = await gather(*[think(task) for _ in range(5)])",
            "verdicts = await gather(*[verify(task, d) for d in drafts])",
            "kept = [d for d, v in zip(drafts, verdicts) if v.ok]",
            "again = await gather(*[verify(task, k) for k in kept or drafts])",
            "return majority(kept)",
        ),
        15,
    ),
    "the dearer branch": (
        workflow("if task.choices:", "    return await think(task)", "return await vote(task, n=3)"),
        4,
    ),
    "either branch": (
        workflow(
            "if task.choices:",
            "    a = await think(task)",
            "else:",
            "    a = await vote(task, n=3)",
            "return a",
        ),
        3,
    ),
    "a loop": (workflow("for i in range(4):", "    a = await think(task)", "return a"), 4),
    "loops in a loop": (
        workflow("for i in range(3):", "    for j in [1, 2]:", "        a = await think(task)", "return a"),
        6,
    ),
    "a loop over a literal": (workflow("for r in ('a', 'b'):", "    a = await ask(r)", "return a"), 2),
    "a loop that breaks": (
        workflow(
            "for i in range(4):", "    a = await think(task)", "    if a.text:", "        break", "return a"
        ),
        4,
    ),
    "a list that a loop appends to": (
        workflow(
            "drafts = []",
            "for i in range(3):",
            "    drafts.append(await think(task))",
            "await gather(*[verify(task, d) for d in drafts])",
            "return drafts[0]",
        ),
        6,
    ),
    "a list read while it grows": (
        workflow(
            "drafts = [await think(task)]",
            "for i in range(3):",
            "    await gather(*[verify(task, d) for d in drafts])",
            "    drafts.append(await think(task))",
            "return drafts[0]",
        ),
        16,
    ),
    "rounds of a debate": (
        workflow(
            "answers = await gather(*[think(task) for _ in range(3)])",
            "for _ in range(2):",
            "    answers = await gather(*[ask('u', task, a) for a in answers])",
            "return majority(answers)",
        ),
        9,
    ),
    "while": (workflow("while True:", "    a = await think(task)", "return a"), 64),
    "a while without calls": (workflow("i = 0", "while i < 3:", "    i += 1", "return await think(task)"), 1),
    "over lines of a reply": (
        workflow("p = await think(task)", "return majority(await gather(*[ask(s) for s in p.text.split()]))"),
        64,
    ),
    "over at most three lines": (
        workflow(
            "p = await think(task)", "return majority(await gather(*[ask(s) for s in p.text.split()[:3]]))"
        ),
        4,
    ),
    "a helper": (
        "async def twice(task, n):\n    return await gather(*[think(task) for _ in range(n)])\n"
        + workflow("x = await twice(task, 2)", "y = await twice(task, n=3)", "return majority(x + y)"),
        5,
    ),
    "a helper's list": (
        "async def some(task):\n    return [await think(task), await think(task)]\n"
        + workflow("x = await some(task)", "await gather(*[verify(task, a) for a in x])", "return x[0]"),
        4,
    ),
    "recursion": (
        "async def f(task):\n    await think(task)\n    return await f(task)\n"
        + workflow("return await f(task)"),
        64,
    ),
    "a block as a value": (workflow("f = think", "return await f(task)"), 64),
    "a block in a lambda": (workflow("f = lambda: think(task)", "return await f()"), 64),
    "a block in a table": (workflow("t = {'a': think}", "return await t['a'](task)"), 64),
    "a helper as a value": (
        "async def f(task):\n    return await think(task)\n"
        + workflow("return majority(await gather(*map(f, [task] * 90)))"),
        64,
    ),
    "a closure": (
        workflow(
            "async def one():", "    return await think(task)", "return majority([await one(), await one()])"
        ),
        2,
    ),
    "a class": (
        "class A:\n    async def f(self, task):\n        return await think(task)\n"
        + workflow("return await A().f(task)"),
        64,
    ),
    "beyond the greatest": (
        workflow("return majority(await gather(*[think(task) for _ in range(999)]))"),
        64,
    ),
    "a slice": (
        workflow(
            "drafts = await gather(*[think(task) for _ in range(5)])",
            "await gather(*[verify(task, d) for d in drafts[:2]])",
            "return drafts[0]",
        ),
        7,
    ),
    "pairs": (workflow("x = [await think(task) for a in range(3) for b in 'xy']", "return x[0]"), 6),
    "a condition": (
        workflow("x = (await vote(task, n=5)) if task.choices else await think(task)", "return x"),
        5,
    ),
    "handlers": (
        workflow(
            "try:", "    return await think(task)", "except ValueError:", "    return await vote(task, n=2)"
        ),
        3,
    ),
    "a match": (
        workflow(
            "match len(task.choices):",
            "    case 0:",
            "        return await think(task)",
            "    case _:",
            "        return await vote(task, n=2)",
        ),
        2,
    ),
    "unknown keywords": (workflow("k = {'n': 9}", "return await vote(task, **k)"), 64),
    "a default": (
        "async def some(task, n=2):\n    return await vote(task, n=n)\n"
        + workflow("return await some(task)"),
        2,
    ),
    "a rebound block": (
        "def think(t):\n    return t\n" + workflow("think(task)", "return await vote(task)"),
        5,
    ),
    "a list with two names": (
        workflow(
            "a = [task]",
            "b = a",
            "for _ in range(9):",
            "    b.append(task)",
            "return majority([await think(t) for t in a])",
        ),
        64,
    ),
    "a list that a helper appends to": (
        "def more(xs):\n    for i in range(9):\n        xs.append(i)\n"
        + workflow("a = [1]", "more(a)", "return majority([await think(task) for t in a])"),
        64,
    ),
    "a list that grows while it is run through": (
        workflow("q = [1]", "for i in q:", "    a = await think(task)", "    q.append(i)", "return a"),
        64,
    ),
    "a list in a table": (
        workflow(
            "a = [1]",
            "t = {'a': a}",
            "for _ in range(9):",
            "    t['a'].append(1)",
            "return majority([await think(task) for t in a])",
        ),
        64,
    ),
    "a number that a function changes": (
        "n = 1\ndef more():\n    global n\n    n = 9\n"
        + workflow("more()", "return majority(await gather(*[think(task) for _ in range(n)]))"),
        64,
    ),
    "a number that an exception leaves as it was in between": (
        workflow(
            "n = 1",
            "try:",
            "    n = 9",
            "    x = int('a')",
            "    n = 1",
            "except ValueError:",
            "    x = 0",
            "return majority(await gather(*[think(task) for _ in range(n)]))",
        ),
        64,
    ),
    "a number that no exception changes": (
        workflow(
            "try:",
            "    n = 9",
            "except ValueError:",
            "    n = 1",
            "return majority(await gather(*[think(task) for _ in range(n)]))",
        ),
        64,
    ),
    "a list that an exception may leave empty": (
        workflow(
            "try:",
            "    drafts = await gather(*[think(task) for _ in range(5)])",
            "except ValueError:",
            "    drafts = []",
            "return majority(await gather(*[verify(task, d) for d in drafts]) and drafts)",
        ),
        10,
    ),
    "a number named in a list": (
        workflow("n = 1", "x = [n := n + i for i in range(5)]", "return await vote(task, n=n)"),
        64,
    ),
    "a function that may be another": (
        "async def f(t):\n    return await vote(t, n=9)\n"
        + workflow(
            "global f", "try:", "    f = int('a')", "except ValueError:", "    pass", "return await f(task)"
        ),
        64,
    ),
    "a table that grows by name": (
        workflow(
            "d = dict({}, a=1)", "d.update(b=2, c=3)", "return majority([await think(task) for _ in d])"
        ),
        64,
    ),
    "a table that grows by what it lacks": (
        workflow(
            "d = {'a': 1}",
            "for i in range(9):",
            "    d.setdefault(str(i), i)",
            "return majority([await think(task) for _ in d])",
        ),
        10,
    ),
    "a list that a function grows for another": (
        workflow(
            "a = [1]",
            "x = list(map(lambda i: a.append(i), range(9)))",
            "return majority([await think(task) for _ in a])",
        ),
        64,
    ),
    "exponential helpers": (
        "async def f0(t):\n    return await think(t)\n"
        + "".join(
            f"async def f{i}(t):\n    await f{i - 1}(t)\n    return await f{i - 1}(t)\n" for i in range(1, 30)
        )
        + workflow("return await f29(task)"),
        64,
    ),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds(blocks, name):
    source, bound = BOUNDS[name]
    assert call_bound(source, blocks) == bound


@pytest.mark.slow
async def test_no_run_asks_for_more_than_its_bound(run):
    for name, (source, _) in BOUNDS.items():
        outcome = await run(source)
        assert outcome.calls <= outcome.trace.bound, name
