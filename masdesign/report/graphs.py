"""The winner as a graph: the steps of its workflow, and its family.

A step has how often it was taken, what it uses, and where it fails. The steps of many items are laid over one
another. Steps of one kind at one distance from the question are one node (five drafts at once are
``chain_of_thought × 5``), and an edge says that a result went on.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from masdesign.archive.tables.designs import lineage
from masdesign.types import Answer
from masdesign.workflow import Design, Trace
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
    for edge in dict.fromkeys((keys[a], keys[b]) for a, b in calls.edges):  # in their order
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


MOST_RELATIVES, MOST_A_GENERATION = 20, 5
"""Most relatives drawn, the nearest first; and most of one generation."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A member of the family."""

    design_id: str
    generation: int
    """0 is the winner's; ancestors lie below it, descendants above, and a parent below all its children."""
    parents: tuple[str, ...]
    """Those of its parents that are members, too."""


def family(design_id: str, designs: Mapping[str, Design]) -> tuple[Relation, ...]:
    """The design and its nearest relatives that are in the archive, the oldest generation first.

    >>> father, son = Design("x", parents=()), Design("y", parents=(Design("x").id, "gone"))
    >>> known = {father.id: father, son.id: son}
    >>> [(r.generation, len(r.parents)) for r in family(son.id, known)]
    [(-1, 0), (0, 1)]
    """
    relatives = lineage(design_id, {member: design.parents for member, design in designs.items()})
    away = {relative.design_id: relative.generations for relative in reversed(relatives.descendants)}
    away |= {relative.design_id: -relative.generations for relative in relatives.ancestors}
    near = sorted((abs(n), n > 0, other) for other, n in away.items() if other in designs)
    taken: Counter[int] = Counter()
    members = {design_id: 0}
    for _, _, other in near:
        taken[away[other]] += 1
        if taken[away[other]] <= MOST_A_GENERATION and len(members) <= MOST_RELATIVES:
            members[other] = away[other]
    own = {other: dict.fromkeys(designs[other].parents) for other in members}
    parents = {other: tuple(parent for parent in own[other] if parent in members) for other in members}
    _spread(members, parents)
    return tuple(
        Relation(other, n, parents[other])
        for other, n in sorted(members.items(), key=lambda pair: (pair[1], pair[0]))
    )


def _spread(members: dict[str, int], parents: Mapping[str, tuple[str, ...]]) -> None:
    """Move relatives away from the winner till a parent stands before its children: both may be the winner's.

    An import may claim a design that is its own ancestor: it is moved no more often than there are members.
    """
    for _ in members:
        for child, its in parents.items():
            for parent in its:
                if members[parent] < 0 and members[child] <= 0:
                    members[parent] = min(members[parent], members[child] - 1)
                elif members[parent] >= 0 and members[child] > 0:
                    members[child] = max(members[child], members[parent] + 1)
