"""Draw many programs, keep those that pass the tests in the question, and take the commonest behaviour."""

import ast
import doctest
import re
from collections import defaultdict
from collections.abc import Sequence

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.read import read_numbered
from masdesign.types import Answer, Question
from masdesign.workflow import ToolError, block, gather, running

CALLS = (
    "Do not solve the problem. Write {} calls of the program that it asks for, with different arguments. "
    "Write one line each: Call 1: ..."
)
_ASSERTION = re.compile(r"^[ \t]{0,20}assert ([^\n]+)", re.MULTILINE)
_VALUES = """
def _value(call):
    try:
        return repr(call())
    except Exception as error:
        return type(error).__name__
[{}]
"""


@block(
    cost="n + 1 calls",
    reference="arXiv:2203.07814",
    calls=lambda n=8, **_: n + 1,
    needs="python",
)
async def alphacode(
    task: Question,
    n: int = 8,
    inputs: int = 6,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Filters n programs by the question's own tests, and clusters them by behaviour.

    It helps where the answer is a Python program and the question shows what it should do: lines of ``>>>``
    with their results, and ``assert``. The programs that pass most of them are run on ``inputs`` new calls
    that the model writes; those that give the same values are a cluster, and the first of the largest is
    the answer. Where no call can be read, the calls are those of the question. Only for tasks that declare
    the tool ``python``. ``text`` is empty where no program could be read.

    Cost: n + 1 calls, and runs of the interpreter.

    The item fails where n or inputs is below 1, or the task does not declare the tool ``python``.

    Reference: Li et al. 2022, Competition-Level Code Generation with AlphaCode, arXiv:2203.07814.

    Example::

        async def workflow(task):
            return await alphacode(task, n=4)
    """
    at_least_one("alphacode", n=n, inputs=inputs)
    if "python" not in running().runtime.tools:  # said before a call is paid for
        raise running().failed(
            "alphacode: the task does not declare the tool python", "declare it, or use best_of_n"
        )
    drafts = await gather(
        *[
            chain_of_thought(task, instruction=instruction, role=role, temperature=temperature, model=model)
            for _ in range(n)
        ]
    )
    programs = list({draft.text: draft for draft in drafts if draft.text.strip()}.values())
    if len(programs) < 2:
        return programs[0] if programs else drafts[0]
    tests = read_tests(task.question)
    passed = [await _values(p.text, [test for _, test in tests]) for p in programs]
    most = max(values.count("True") for values in passed)
    left = [p for p, values in zip(programs, passed, strict=True) if values.count("True") == most]
    if len(left) < 2:
        return left[0]
    reply = await ask(CALLS.format(inputs), task, output="", role=role, model=model)
    calls = [call for call in read_numbered(reply.text, "call")[:inputs] if _is_expression(call)]
    clusters: dict[tuple[str, ...], list[Answer]] = defaultdict(list)
    for program in left:
        clusters[tuple(await _values(program.text, calls or [call for call, _ in tests]))].append(program)
    return max(clusters.values(), key=lambda cluster: sum(drafts.count(program) for program in cluster))[0]


def read_tests(question: str) -> list[tuple[str, str]]:
    """The tests that a question shows: what is called, and an expression that is true where it is right.

    >>> read_tests("Add.\\n>>> add(1, 2)\\n3\\nassert add(0, 0) == 0")
    [('add(1, 2)', '(add(1, 2)) == (3)'), ('add(0, 0) == 0', 'add(0, 0) == 0')]
    """
    try:
        examples = doctest.DocTestParser().get_examples(question)
    except ValueError:  # what looks like an example is none
        examples = []
    shown = [(e.source.strip(), e.want.split("\nassert ")[0].strip()) for e in examples if e.want.strip()]
    tests = [
        (call, f"({call}) == ({want})" if _is_literal(want) else f"repr({call}) == {want!r}")
        for call, want in shown
        if _is_expression(call)
    ]
    asserted = [test.strip() for test in _ASSERTION.findall(question)]
    return tests + [(test, test) for test in asserted if _is_expression(test)]


async def _values(program: str, expressions: Sequence[str]) -> list[str]:
    """What each expression gives after the program, as text; the error's name where it raises."""
    if not expressions:
        return []
    calls = ", ".join(f"_value(lambda: {expression})" for expression in expressions)
    try:
        values = ast.literal_eval(await running().run_python(program + _VALUES.format(calls)))
    except (ToolError, ValueError, SyntaxError, RecursionError):
        return ["no program"] * len(expressions)
    return [str(value) for value in values]


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False
    return True


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
