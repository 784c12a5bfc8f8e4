"""The winner's workflow as a graph: which steps, how often, what they use, where they fail.

The steps of many items are laid over one another. Steps of one kind at one distance from the question
are one node (five drafts at once are ``chain_of_thought × 5``), and an edge says that a result went on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from masdesign.types import Answer
from masdesign.workflow import Trace
from masdesign.workflow.graph import graph
from masdesign.workflow.trace import Node

Key = tuple[int, str, str]
"""Distance from the question, the block's name, the model asked (empty where there is one only)."""


@dataclass(slots=True)
class FlowStep:
    """One node: sums over the items looked at."""

    name: str
    level: int
    model: str = ""
    items: int = 0
    """Items in which it was taken."""
    times: int = 0
    tokens: int = 0
    unread: int = 0
    """Times that no answer could be read from its reply."""
    cut: int = 0
    """Times that a reply was cut at its greatest length."""
    broken: int = 0
    """Times that it gave nothing, since a call or the step itself failed."""

    @property
    def failures(self) -> int:
        """Times that it failed in any of these ways."""
        return self.unread + self.cut + self.broken


@dataclass(slots=True)
class Flow:
    """Steps by key, and how many items had a result go from one to another."""

    items: int = 0
    steps: dict[Key, FlowStep] = field(default_factory=dict)
    edges: dict[tuple[Key, Key], int] = field(default_factory=dict)

    @property
    def ordered(self) -> list[FlowStep]:
        """The steps between question and answer, nearest the question first."""
        inner = [step for key, step in self.steps.items() if key not in (QUESTION, ANSWER)]
        return sorted(inner, key=lambda step: (step.level, step.name, step.model))


QUESTION: Key = (0, "question", "")
ANSWER: Key = (10**6, "answer", "")


def flow(traces: Iterable[Trace]) -> Flow:
    """Lay the traces over one another."""
    drawn = Flow(steps={QUESTION: FlowStep("question", 0), ANSWER: FlowStep("answer", 1)})
    for trace in traces:
        _add(drawn, trace)
    deepest = max((step.level for key, step in drawn.steps.items() if key != ANSWER), default=0)
    drawn.steps[ANSWER].level = deepest + 1
    return drawn


def _add(drawn: Flow, trace: Trace) -> None:
    calls = graph(trace)
    keys: dict[int | str, Key] = {"question": QUESTION, "answer": ANSWER}
    for node, facts in calls.nodes(data=True):
        if isinstance(node, int):
            keys[node] = _take(drawn, facts["step"], facts["level"])
    for key in set(keys.values()):
        drawn.steps[key].items += 1
    for edge in {(keys[a], keys[b]) for a, b in calls.edges}:
        drawn.edges[edge] = drawn.edges.get(edge, 0) + 1
    drawn.items += 1


def _take(drawn: Flow, node: Node, level: int) -> Key:
    models = sorted({child.model for child in node.children if child.model})
    key = (level, node.name, "+".join(models))
    step = drawn.steps.setdefault(key, FlowStep(node.name, level, key[2]))
    requests = [child for child in node.children if child.kind == "model"]
    step.times += 1
    step.tokens += node.usage.tokens
    if node.output is None or any(child.completion is None for child in requests):
        step.broken += 1
    elif any(child.completion and child.completion.finish == "length" for child in requests):
        step.cut += 1
    elif isinstance(node.output, Answer) and not node.output.text.strip():
        step.unread += 1
    return key
