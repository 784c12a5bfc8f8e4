"""A design's calls as a picture: which answer went into which call, as Mermaid or GraphML."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count
from typing import TYPE_CHECKING

from masdesign.building_blocks import blocks
from masdesign.types import Completion, Question, Request, Usage
from masdesign.workflow import Design, MontySandbox, Runtime, Trace, run_item
from masdesign.workflow.graph import graph

if TYPE_CHECKING:
    import networkx

_REPLY = """\
Step {n}.
Question 1: part {n}a
Question 2: part {n}b
Problem: problem {n}
Passages: 1
Program: {n}
Score: 5
Choice: 1
Verdict: wrong
Answer: {n}"""
_WIDTH = 60


class _Rehearsal:
    """A model whose replies all differ, so that each can be followed, and that finds every solution wrong, so
    that the longer way is taken."""

    model, window = "rehearsal", 1_000_000

    def __init__(self) -> None:
        self._numbers = count(1)

    async def complete(self, request: Request) -> Completion:
        return Completion(_REPLY.format(n=next(self._numbers)), Usage(1, 1))

    async def aclose(self) -> None:
        pass


async def rehearse(design: Design, question: Question | None = None, *, tools: Collection[str] = ()) -> Trace:
    """The trace of the design on a question, its model's replies made up; no model is called.

    Parameters:
        tools: what the task of the design declares; of these ``retrieval`` decides which steps are taken.

    Raises:
        SourceError: the design cannot run.
    """
    from masdesign.errors import SourceError

    lm = _Rehearsal()
    example = question or Question("a question", ("a passage", "another passage"))
    async with MontySandbox(1) as sandbox:
        given = frozenset({"python", "calculator", *tools})
        runtime = Runtime(_AnyModel({"": lm}), blocks(), sandbox, tools=given)
        outcome = await run_item(design, example, runtime)
    failure = outcome.failure
    if failure is not None and failure.kind == "design":
        raise SourceError(failure.message, line=failure.line, cure=failure.cure)
    return outcome.trace


class _AnyModel(dict[str, _Rehearsal]):
    """Whatever name a design asks for, it is the same model."""

    def get(self, name: str, default: object = None) -> _Rehearsal:
        return self[""]

    def __missing__(self, name: str) -> _Rehearsal:
        return self[""]


def flow(trace: Trace) -> networkx.DiGraph[int | str]:
    """The graph of the trace; a step whose result went into no other one leads to the answer."""
    drawn = graph(trace)
    ends = [n for n in drawn if n != "answer" and drawn.out_degree(n) == 0]
    drawn.add_edges_from((n, "answer") for n in ends)
    return drawn


def mermaid(trace: Trace) -> str:
    """The calls of a trace as a Mermaid flow chart.

    >>> from masdesign.workflow import Node
    >>> print(mermaid(Trace(Question("?"), Node("workflow", "workflow"), 0)))
    flowchart TD
        question(["question"])
        answer(["answer"])
        question --> answer
    """
    drawn = flow(trace)
    lines = ["flowchart TD"]
    for node, data in drawn.nodes(data=True):
        opened, closed = ("[", "]") if isinstance(node, int) else ("([", "])")
        lines.append(f'    {_id(node)}{opened}"{_label(str(data["name"]))}"{closed}')
    lines += [f"    {_id(a)} --> {_id(b)}" for a, b in drawn.edges]
    return "\n".join(lines)


def graphml(trace: Trace) -> str:
    """The calls of a trace as GraphML: ``name``, ``level``, and of a step ``tokens`` and ``answer``."""
    import networkx

    drawn = flow(trace)
    for _, data in drawn.nodes(data=True):
        data.pop("step", None)  # the trace's own node, no plain value
        for key, value in data.items():
            if isinstance(value, str):
                data[key] = "".join(c for c in value if c.isprintable() or c in "\n\t")
    return "\n".join(networkx.generate_graphml(drawn))


def _id(node: int | str) -> str:
    return f"step{node + 1}" if isinstance(node, int) else node


def _label(text: str) -> str:
    """A text that Mermaid shows as it is, and takes for nothing else."""
    shown = "".join(c for c in " ".join(text.split())[:_WIDTH] if c.isprintable())
    return "".join(c if c.isalnum() or c in " _-.,()+" else f"#{ord(c)};" for c in shown)
