import pytest

from masdesign.errors import SourceError
from masdesign.workflow import check

HEAD = "async def workflow(task):\n"


def workflow(*lines):
    return HEAD + "\n".join("    " + line for line in lines)


GOOD = {
    "verify and vote": workflow(
        "drafts = await gather(*[think(task, temperature=0.8) for _ in range(5)])",
        "verdicts = await gather(*[verify(task, draft) for draft in drafts])",
        "kept = [d for d, v in zip(drafts, verdicts) if v.ok]",
        "return majority(kept or drafts)",
    ),
    "text": workflow("a = await think(task)", "return a.text"),
    "f-string": workflow("a = await think(task)", "return f'{a.text}: {len(a.reasoning):>3}'"),
    "helpers and closures": (
        "from collections import Counter\n"
        "LIMIT = 3\n"
        "def pick(answers):\n    return answers[0]\n"
        "async def solve(task, n):\n    return await gather(*[think(task) for _ in range(n)])\n"
        + workflow(
            "async def once():",
            "    return await think(task)",
            "drafts = await solve(task, LIMIT) + [await once()]",
            "counts = Counter(d.text for d in drafts)",
            "return pick(drafts) if agreement(drafts) > 0.5 else counts.most_common(1)[0][0]",
        )
    ),
    "dicts and loops": workflow(
        "seen = {}",
        "best = None",
        "for i in range(3):",
        "    a = await think(task, temperature=0.1 * i)",
        "    seen[a.text] = seen.get(a.text, 0) + 1",
        "    if best is None or len(a.reasoning) > len(best.reasoning):",
        "        best = a",
        "return max(seen, key=lambda t: seen[t]) if seen else best",
    ),
    "two kinds gathered": workflow(
        "a = await think(task)",
        "b, v = await gather(think(task), verify(task, a))",
        "return a if v.ok else b",
    ),
    "the free form": workflow(
        "plan = await ask('Plan.', task, role='planner')",
        "subs = [line for line in plan.reasoning.split('\\n') if line.strip()]",
        "parts = await gather(*[think(Question(s, task.context)) for s in subs[:3]])",
        "return await ask('Merge.', task, *parts, 'briefly')",
    ),
    "rewritten": workflow(
        "a = await think(task)",
        "counts = {a.text: 1, 'b': 2}",
        "del counts['b']",
        "best = max(counts, key=counts.get)",
        "return next(t for t in [best] if t)",
    ),
    "first of none": workflow("a = await think(task)", "found = first([a], None)", "return found or a"),
    "try": workflow("try:", "    a = await think(task)", "except ValueError:", "    return 'x'", "return a"),
    "built-ins": workflow(
        "a = await think(task)",
        "texts = list(map(str.strip, filter(None, [a.text, 'b '])))",
        "return format(getattr(a, 'text', '') or texts[0], '>3')",
    ),
    "annotated": "async def workflow(task: Task) -> Answer:\n    return await think(task)",
}

BAD = {
    "a wrong keyword": (workflow("return await think(task, temprature=1)"), 2, "temprature", ""),
    "a missing await": (workflow("a = think(task)", "return a.text"), 3, "Coroutine", "await"),
    "a call that nobody awaits": (workflow("think(task)", "return 'x'"), 2, "not awaited", "await"),
    "an unknown block": (workflow("a = 1", "return await chian(task)"), 3, "chian", "catalogue"),
    "a wrong type": (workflow("return await verify(task, 5)"), 2, "Expected 'Answer'", ""),
    "a task of text": (workflow("return await think('x')"), 2, "Expected 'Question'", ""),
    "a missing argument": (workflow("return await verify(task)"), 2, "answer", ""),
    "the wrong return": (
        workflow("a = await think(task)", "return 5"),
        3,
        "Answer | str",
        "return an Answer",
    ),
    "no such attribute": (workflow("a = await think(task)", "return a.anwser"), 3, "anwser", ""),
    "a block in key=": (
        workflow("a = await think(task)", "return max([a], key=lambda d: verify(task, d))"),
        3,
        "verify is a block",
        "gather",
    ),
    "a block in map": (workflow("return list(map(think, [task]))[0]"), 2, "think is a block", "gather"),
    "inheritance": (
        "class A(Exception):\n    pass\n" + workflow("return await think(task)"),
        1,
        "inherit",
        "",
    ),
    "a generator": ("def g():\n    yield 1\n" + workflow("return await think(task)"), 2, "yield", "list"),
    "with": (workflow("with x as y:", "    return await think(task)"), 2, "with", ""),
    "async for": (workflow("async for x in y:", "    pass", "return 'x'"), 2, "async for", "gather"),
    "create_task": (
        "import asyncio\n" + workflow("t = asyncio.create_task(think(task))", "return await t"),
        3,
        "create_task",
        "gather",
    ),
    "a module that is not there": ("import numpy\n" + workflow("return 'x'"), 1, "numpy", "it has"),
    "statistics": ("from statistics import mean\n" + workflow("return 'x'"), 1, "statistics", "mean"),
    "await outside async": (
        "def f(t):\n    return await think(t)\n" + workflow("return f(task)"),
        2,
        "",
        "async",
    ),
    "an unknown model": (workflow("return await think(task, model='huge')"), 2, "'huge'", "small"),
    "no workflow": ("x = 1", None, "no workflow", "async def workflow"),
    "a sync workflow": ("def workflow(task):\n    return 'x'", 1, "not an async", "async def workflow"),
    "no task": ("async def workflow():\n    return 'x'", 1, "must take the task", ""),
    "more than a task": ("async def workflow(task, n):\n    return 'x'", 1, "must take the task", ""),
    "bad syntax": ("async def workflow(task):\n    return (1", 2, "not valid Python", ""),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_correct_design_passes(blocks, name):
    checked = check(GOOD[name], blocks)
    assert 1 <= checked.call_bound <= 64
    assert checked.source == GOOD[name]


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_design_is_told_where_why_and_what_to_do(blocks, name):
    source, line, reason, cure = BAD[name]
    with pytest.raises(SourceError) as caught:
        check(source, blocks, models=("", "small"))
    assert caught.value.line == line
    assert reason in caught.value.reason
    assert cure in caught.value.cure
    assert "\n" not in str(caught.value)


async def test_the_correct_ones_run(run):
    for name, source in GOOD.items():
        outcome = await run(source)
        assert outcome.failure is None, (name, outcome.failure)
        assert outcome.calls <= outcome.trace.bound, name


def test_a_known_model_may_be_asked_for(blocks):
    check(workflow("return await think(task, model='small')"), blocks, models=("", "small"))


def test_lines_of_a_rewritten_source_lead_back_to_the_original(blocks):
    checked = check(GOOD["rewritten"], blocks)
    assert checked.source_rewritten != checked.source
    assert sorted(set(checked.program.lines.values())) == [1, 2, 3, 4, 5, 6]


async def test_a_failure_in_a_rewritten_source_names_the_line_of_the_original(run):
    source = workflow(
        "", "# a comment", "x = {1: 2}", "del x[1]", "a = await think(task)", "return str(x[1])"
    )
    outcome = await run(source)
    assert outcome.failure.line == 7
    assert outcome.failure.message.startswith("KeyError")


def test_a_design_may_define_what_the_language_has(blocks):
    check("def majority(xs):\n    return xs[0]\n" + workflow("return majority([await think(task)])"), blocks)
