import asyncio
import gc
import os
from pathlib import Path

import pytest

from masdesign.evaluation.blank import BlankLM
from masdesign.types import Question
from masdesign.workflow import Design, Limits, MontySandbox, Runtime, ToolError, run_item

HEAD = "async def workflow(task):\n"


def workflow(*lines):
    return HEAD + "\n".join("    " + line for line in lines)


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("((1 + 2) * 3)", "9"),
        ("x = 4\nx * 2", "8"),
        ("print(6 * 7)", "42"),
        ("import math\nmath.factorial(20)", "2432902008176640000"),
        ("[i for i in range(3)]", "[0, 1, 2]"),
        ("True and False", "False"),
        ("10**100", "1" + "0" * 100),
        ("x = 1", ""),
    ],
)
async def test_programs_give_their_last_value_or_what_they_print(sandbox, source, output):
    assert await sandbox.run_python(source) == output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("1 +", "not valid Python"),
        ("while True: pass", "interpreter time"),
        ("open('/etc/passwd').read()", "no files"),
        ("import os\nos.environ['HOME']", "no files and no environment"),
        ("'a' * 10**10", "memory"),
        ("think('x')", "NameError|not defined"),
        ("'a' * 3_000_000", "characters"),
        ("(" * 3000, "not valid Python"),
    ],
)
async def test_a_program_that_fails_is_a_tool_error_in_words(sandbox, source, reason):
    with pytest.raises(ToolError, match=reason):
        await sandbox.run_python(source, Limits(seconds=0.5, memory_mb=32))
    assert await sandbox.run_python("1 + 1") == "2"


async def test_a_design_gets_python_only_where_its_task_declares_it(runtime, blocks):
    from masdesign.types import Question as Q
    from masdesign.workflow import block, running

    @block()
    async def compute(task: Q) -> str:
        """Runs the question."""
        return await running().run_python(task.question)

    runtime.blocks, runtime.allow_no_calls = {"compute": compute}, True
    design = Design(workflow("return await compute(task)"))
    refused = await run_item(design, Question("6 * 7"), runtime)
    assert refused.failure.kind == "design"
    assert "does not declare the tool python" in refused.failure.message
    runtime.tools = frozenset({"python"})
    assert (await run_item(design, Question("6 * 7"), runtime)).answer.text == "42"


async def test_many_items_are_in_flight_with_two_processes(runtime):
    source = workflow(
        "drafts = await gather(*[think(task, temperature=0.5) for _ in range(3)])",
        "await verify(task, drafts[0])",
        "return f'{task.question} {len(drafts)}'",
    )
    outcomes = await asyncio.gather(
        *[run_item(Design(source), Question(f"q{i}"), runtime) for i in range(60)]
    )
    assert [o.answer.text for o in outcomes] == [f"q{i} 3" for i in range(60)]


async def test_runs_can_be_repeated_random_numbers_and_clock_included(run):
    source = "import random, time\n" + workflow(
        "await think(task)",
        "return str([random.random(), random.choice('abc'), time.time(), list({'x', 'y'})])",
    )
    first, second = await run(source), await run(source)
    assert first.answer == second.answer
    other = await run(source, Question("another question"))
    assert other.answer != first.answer


async def test_one_item_leaves_nothing_for_the_next(run):
    source = "seen = []\n" + workflow("seen.append(1)", "await think(task)", "return str(len(seen))")
    assert [(await run(source)).answer.text for _ in range(3)] == ["1", "1", "1"]


async def test_interpreter_time_counts_across_waits(runtime):
    import dataclasses

    strict = dataclasses.replace(runtime, limits=Limits(seconds=0.3))
    source = workflow(
        "for i in range(60):", "    sum(j for j in range(300_000))", "    a = await think(task)", "return a"
    )
    outcome = await run_item(Design(source), Question("q"), strict)
    assert "interpreter time" in outcome.failure.message


async def test_an_empty_answer_is_a_parse_failure(runtime, blocks):
    runtime.models = {"": BlankLM()}
    outcome = await run_item(Design(workflow("return await think(task)")), Question("q"), runtime)
    assert outcome.failure.kind == "parse"
    assert outcome.calls == 1


async def test_context_and_choices_reach_the_guest(run):
    source = workflow("await think(task)", "return f'{task.context[0]} {len(task.choices)} {task.question}'")
    assert (await run(source)).answer.text == "a passage 2 1 + 1 ="


async def test_a_part_of_a_task_can_be_asked_as_a_task_of_its_own(run, runtime):
    source = workflow("return await think(Question('part', ['p'], task.choices))")
    outcome = await run(source)
    assert outcome.trace.root.children[0].inputs == (("", Question("part", ("p",), ("2", "3"))),)


async def test_answers_verdicts_and_lists_cross_whole(run):
    source = workflow(
        "a = await think(task)",
        "v = await verify(task, a)",
        "b = await ask('i', a, v, task, 'text', Answer('x', 'y'))",
        "return f'{a == Answer(a.text, a.reasoning)} {v.ok} {v.critique} {isinstance(b, Answer)}'",
    )
    outcome = await run(source)
    assert outcome.answer.text == "True False answer 0 True"
    (_, instruction), (_, a), (_, v), (_, q), *_ = outcome.trace.root.children[2].inputs
    assert (instruction, a.text, v.ok, q) == (
        "i",
        "0",
        False,
        Question("1 + 1 =", ("a passage",), ("2", "3")),
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_closed_sandbox_leaves_no_process(kind, blocks):
    from masdesign.workflow import ItemOutcome  # noqa: F401

    def children():
        found = set()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid() and fields[0] != "Z":
                found.add(int(stat.parent.name))
        return found

    gc.collect()
    before = children()
    sandbox = MontySandbox()
    runtime = Runtime({"": BlankLM("x")}, blocks, sandbox)
    await sandbox.run_python("1")
    assert (
        await run_item(Design(workflow("return await think(task)")), Question("q"), runtime)
    ).failure is None
    during = children() - before
    assert during
    if kind == "sync":
        sandbox.close()
    else:
        await sandbox.__aexit__(None, None, None)
    assert not (await asyncio.to_thread(_gone, during, children))


def _gone(pids, children):
    import time

    for _ in range(100):
        if len(pids & children()) <= 1:  # the checker's process stays for the whole program
            return set()
        time.sleep(0.05)
    return pids & children()
