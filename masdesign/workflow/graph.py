"""The trace as a graph, and what its form says: which answer went into which call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from masdesign.types import Answer, Question, Verdict
from masdesign.workflow.helpers import normalise
from masdesign.workflow.trace import Node, Trace

if TYPE_CHECKING:
    import networkx

_JUDGES = frozenset({"verify", "choose"})


@dataclass(frozen=True, slots=True)
class Features:
    """The form of one item's run."""

    depth: int
    """Calls on the longest way from the question to the answer."""
    width: int
    """The most calls at one distance from the question."""
    calls: int
    """Completions had."""
    verifier: bool
    """Whether a step judged another's answer."""
    early_exit: bool
    """Whether fewer completions were had than the design could ask for, where a bound is known."""


def graph(trace: Trace) -> networkx.DiGraph[int | str]:
    """The steps that asked a model, in order of issue, and an edge where one's result went into another.

    Nodes are 0, 1, 2 … (attributes ``name``, ``tokens``, ``level``, ``answer``, ``step``), ``"question"`` and
    ``"answer"``. A value is recognised by its text, so equal answers count as one: an edge leads from
    each step that gave it.
    """
    import networkx

    steps = _steps(trace.root)
    result: networkx.DiGraph[int | str] = networkx.DiGraph()
    result.add_node("question", name="question", level=0)
    made: dict[object, list[int]] = {}
    for i, step in enumerate(steps):
        sources = {j for value in _values(step.inputs) for j in made.get(_key(value), [])}
        level = 1 + max((result.nodes[j]["level"] for j in sources), default=0)
        result.add_node(
            i, name=step.name, tokens=step.usage.tokens, level=level, answer=_shown(step), step=step
        )
        result.add_edges_from((j, i) for j in (sorted(sources) or ("question",)))
        for key in _keys(step.output):
            made.setdefault(key, []).append(i)
    result.add_node("answer", name="answer", level=1 + max((d["level"] for _, d in result.nodes(data=True))))
    result.add_edges_from((j, "answer") for j in _into_answer(trace, steps, result))
    return result


def features(trace: Trace) -> Features:
    """The form of the run, for strategies that keep diversity."""
    flow = graph(trace)
    levels = [d["level"] for n, d in flow.nodes(data=True) if isinstance(n, int)]
    return Features(
        depth=max(levels, default=0),
        width=max((levels.count(n) for n in levels), default=0),
        calls=trace.calls,
        verifier=any(n.name in _JUDGES or isinstance(n.output, Verdict) for n in trace.root.walk()),
        early_exit=trace.calls < trace.bound < 64,
    )


def _steps(node: Node) -> list[Node]:
    """The innermost blocks that asked a model themselves."""
    steps = []
    for child in node.children:
        if child.kind == "block":
            if any(c.kind == "model" for c in child.children):
                steps.append(child)
            else:
                steps.extend(_steps(child))
    return steps


def _into_answer(trace: Trace, steps: list[Node], flow: networkx.DiGraph[int | str]) -> list[int | str]:
    final = trace.root.output
    if isinstance(final, Answer):
        answers = {i: step.output for i, step in enumerate(steps) if isinstance(step.output, Answer)}
        same = [i for i, answer in answers.items() if normalise(answer.text) == normalise(final.text)]
        if same:
            return list(same)
    return [n for n in flow if n != "answer" and flow.out_degree(n) == 0]


def _values(inputs: tuple[tuple[str, object], ...]) -> list[object]:
    values: list[object] = []
    stack = [value for _, value in inputs]
    while stack:
        value = stack.pop()
        if isinstance(value, (list, tuple)):
            stack.extend(value)
        elif isinstance(value, Question):  # a part that a design asks on its own, with what it is to read
            stack += [value.question, *value.context]
        else:
            values.append(value)
    return values


def _key(value: object) -> object:
    return (
        value if isinstance(value, (Answer, Verdict)) else ("text", value) if isinstance(value, str) else None
    )


def _keys(output: object) -> list[object]:
    """The ways in which a result may turn up as an argument: whole, or one of its texts."""
    match output:
        case Answer(text, reasoning):
            return [output, *(("text", t) for t in {text, reasoning} if t)]
        case Verdict(_, critique):
            return [output, *([("text", critique)] if critique else [])]
        case str() if output:
            return [("text", output)]
        case list() | tuple():
            return [key for value in output for key in _keys(value)]
    return []


def _shown(step: Node) -> str:
    match step.output:
        case Answer(text):
            return text
        case Verdict(ok):
            return "right" if ok else "wrong"
    return str(step.output)
